import json
from pathlib import Path

import pyarrow as pa
import pytest

from capture.truth import IDS_SCHEMA, TruthRecord, append_truth, join_truth
from core.errors import Unavailable
from core.refs import EndpointName
from tests.fakes.captured import ENDPOINT, NOON


def asked(*ids: tuple[str, int]) -> pa.Table:
    rows = [{"inference_id": name, "row": row} for name, row in ids]
    return pa.Table.from_pylist(rows, schema=IDS_SCHEMA)


@pytest.mark.parametrize("url", ["disk", "memory://truth"])
def test_labels_come_in_the_order_of_the_ids(url: str, tmp_path: Path) -> None:
    root = str(tmp_path) if url == "disk" else f"{url}-{tmp_path.name}"
    records = [TruthRecord("x", 1, NOON), TruthRecord("x", {"is": "odd"}, NOON, row=1)]
    append_truth(root, ENDPOINT, records, NOON)
    truth = join_truth(root, ENDPOINT, asked(("y", 0), ("x", 1), ("x", 0), ("x", 0)))
    labels = [json.loads(text) if text else None for text in truth.labels.to_pylist()]
    assert labels == [None, {"is": "odd"}, 1, 1]
    assert (truth.known, truth.coverage) == (3, 0.75)


def test_the_latest_label_counts(tmp_path: Path) -> None:
    for at, label in ((NOON + 9, "late"), (NOON, "early")):
        append_truth(str(tmp_path), ENDPOINT, [TruthRecord("x", label, at)], NOON)
    assert join_truth(str(tmp_path), ENDPOINT, asked(("x", 0))).labels.to_pylist() == ['"late"']


def test_endpoints_keep_their_own_truth(tmp_path: Path) -> None:
    append_truth(str(tmp_path), EndpointName("other"), [TruthRecord("x", 1, NOON)], NOON)
    assert join_truth(str(tmp_path), ENDPOINT, asked(("x", 0))).known == 0


def test_no_ids_have_no_coverage(tmp_path: Path) -> None:
    append_truth(str(tmp_path), ENDPOINT, [], NOON)
    append_truth(str(tmp_path), ENDPOINT, [TruthRecord("x", 1, NOON)], NOON)
    truth = join_truth(str(tmp_path), ENDPOINT, asked())
    assert (truth.labels.to_pylist(), truth.coverage) == ([], 0.0)


def test_truth_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(Unavailable, match="capture log"):
        append_truth(str(tmp_path / "file"), ENDPOINT, [TruthRecord("x", 1, NOON)], NOON)
