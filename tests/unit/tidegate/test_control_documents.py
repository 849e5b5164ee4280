import pytest

from core.errors import InvalidSpec
from tidegate.control.documents import AliasDocument, PointRequest, TruthRequest


def test_documents_ignore_what_a_newer_server_adds() -> None:
    known = {"model": "m", "name": "live", "version": 1, "previous": None, "updated_at": 1.0}
    assert AliasDocument.model_validate({**known, "of_the_future": 1}).version == 1


def test_requests_refuse_what_they_do_not_know() -> None:
    with pytest.raises(InvalidSpec, match="expect_ed"):
        PointRequest.read({"version": 1, "expect_ed": 2})


def test_no_expectation_is_not_the_expectation_of_nothing() -> None:
    assert "expected" not in PointRequest.read({"version": 1}).model_fields_set
    assert "expected" in PointRequest.read({"version": 1, "expected": None}).model_fields_set


def test_any_json_is_a_label() -> None:
    records = [{"inference_id": "a", "label": label} for label in (1, "x", None, [1], {"a": True})]
    assert len(TruthRequest.read({"records": records}).records) == 5
    with pytest.raises(InvalidSpec):
        TruthRequest.read({"records": []})
