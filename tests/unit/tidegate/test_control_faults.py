import httpx
import pytest
from sqlalchemy.exc import OperationalError

from core.errors import NotFound, TidegateError, Unavailable, UnsupportedOperation
from tests.fakes.control import TOKEN, URL, FakeControl
from tests.fakes.transport import AppTransport


def ask(control: FakeControl, method: str, path: str, **extra: object) -> httpx.Response:
    transport = AppTransport(control.app)
    headers = {"authorization": f"Bearer {TOKEN}"}
    with httpx.Client(transport=transport, base_url=URL, headers=headers) as client:
        return client.request(method, path, **extra)  # type: ignore[arg-type]  # httpx's own keywords


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/no-such", 404, NotFound.code),
        ("DELETE", "/api/v1/models", 405, UnsupportedOperation.code),
        ("GET", "/api/v1/jobs/none", 404, NotFound.code),
        ("GET", "/api/v1/models/", 404, NotFound.code),
    ],
)
def test_every_error_has_the_one_form(
    method: str, path: str, status: int, code: str, control: FakeControl
) -> None:
    answer = ask(control, method, path)
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == code


def test_a_body_that_is_no_json_is_a_fault_of_the_request(control: FakeControl) -> None:
    answer = ask(control, "PUT", "/api/v1/routes/a", content=b"{")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid_spec"


@pytest.mark.parametrize(
    ("trouble", "status", "code"),
    [
        (OperationalError("SELECT", {}, Exception("locked")), 503, Unavailable.code),
        (RuntimeError("a secret detail"), 500, TidegateError.code),
    ],
)
def test_what_the_operation_did_not_foresee_is_answered_too(
    trouble: Exception,
    status: int,
    code: str,
    control: FakeControl,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail() -> None:
        raise trouble

    monkeypatch.setattr(control.catalogue, "models", fail)
    answer = ask(control, "GET", "/api/v1/models")
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert "secret" not in answer.text
