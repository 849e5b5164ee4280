from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from core.errors import Conflict, DeadlineExceeded, NotFound, Unavailable
from tidegate.client.connection import Connection
from tidegate.control.documents import TruthReceipt
from tidegate.control.envelope import write_error


def connect(handler: Callable[[httpx.Request], httpx.Response]) -> Connection:
    transport = httpx.MockTransport(handler)
    return Connection(httpx.Client(base_url="http://control", transport=transport))


def answering(status: int, text: str) -> Connection:
    return connect(lambda _request: httpx.Response(status, text=text))


def test_parts_of_a_path_are_quoted() -> None:
    asked: list[str] = []

    def keep(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.raw_path.decode())
        return httpx.Response(200, json={"accepted": 1})

    connect(keep).get(TruthReceipt, "models", "a/../b?c")
    assert asked == ["/api/v1/models/a%2F..%2Fb%3Fc"]


def test_an_error_comes_back_as_it_was_raised() -> None:
    error = Conflict("alias", "iris@live", "version 1", "version 2")
    connection = connect(lambda _request: httpx.Response(409, json=write_error(error)))
    with pytest.raises(Conflict) as caught:
        connection.delete("models")
    assert caught.value.args == error.args


@pytest.mark.parametrize("text", ["Bad Gateway", '{"error": "text"}'])
def test_an_error_in_another_form_is_an_outage(text: str) -> None:
    with pytest.raises(Unavailable, match="HTTP 502"):
        answering(502, text).delete("models")


def test_an_answer_of_another_version_is_an_outage() -> None:
    with pytest.raises(Unavailable, match="version"):
        answering(200, "{}").get(TruthReceipt, "models")


def test_no_answer_in_time_is_a_deadline() -> None:
    def slow(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow", request=request)

    with pytest.raises(DeadlineExceeded, match="7 s"):
        connect(slow).post(TruthReceipt, "monitors", timeout_s=7.0)


def test_a_file_is_sent_as_the_body(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")

    def count(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"accepted": len(request.read())})

    sent = connect(count).upload(TruthReceipt, "models", file=tmp_path / "file", timeout_s=1.0)
    assert sent.accepted == 7


def test_not_found_is_not_found() -> None:
    document = write_error(NotFound("job", "training-1"))
    with pytest.raises(NotFound, match="training-1"):
        connect(lambda _request: httpx.Response(404, json=document)).text("jobs")
