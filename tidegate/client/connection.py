"""One HTTP connection to the control API: documents out of answers, typed errors out of envelopes."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from core.errors import DeadlineExceeded, TidegateError, Unavailable
from tidegate.control.documents import Document, Listing
from tidegate.control.envelope import read_error

Read = TypeVar("Read", bound=Document)

BASE = "/api/v1"
_CHUNK = 2**20
_SUBJECT = "control API"


class Connection:
    """Asks the control API and reads its answers; safe to share between threads.

    Every call raises the platform's own errors (`core.errors`) as the server wrote them, Unavailable
    when there is no good answer, and DeadlineExceeded when there is none in time.
    """

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def close(self) -> None:
        """Give the sockets back."""
        self._http.close()

    def get(self, kind: type[Read], *parts: str, query: Mapping[str, str] | None = None) -> Read:
        """One document."""
        return _read(kind, self.send("GET", *parts, query=query))

    def list(
        self, kind: type[Read], *parts: str, query: Mapping[str, str] | None = None
    ) -> tuple[Read, ...]:
        """The documents of a list."""
        answer = self.send("GET", *parts, query=query)
        return _read(Listing[kind], answer).items  # type: ignore[valid-type]  # a generic made at run time

    def put(
        self, kind: type[Read], *parts: str, body: Any, query: Mapping[str, str] | None = None
    ) -> Read:
        """Write a document and return what stands there now."""
        return _read(kind, self.send("PUT", *parts, json=body, query=query))

    def post(
        self, kind: type[Read], *parts: str, body: Any = None, timeout_s: float | None = None
    ) -> Read:
        """Do something and return its outcome."""
        return _read(kind, self.send("POST", *parts, json=body, timeout_s=timeout_s))

    def upload(self, kind: type[Read], *parts: str, file: Path, timeout_s: float) -> Read:
        """Send a file's bytes as the body."""
        answer = self.send("POST", *parts, content=_chunks(file), timeout_s=timeout_s)
        return _read(kind, answer)

    def delete(self, *parts: str, query: Mapping[str, str] | None = None) -> None:
        """Remove what is there."""
        self.send("DELETE", *parts, query=query)

    def text(self, *parts: str) -> str:
        """An answer that is text."""
        return self.send("GET", *parts).text

    def document(self, *parts: str) -> Any:
        """An answer as plain JSON, where the form is another room's."""
        return self.send("GET", *parts).json()

    def send(
        self,
        method: str,
        *parts: str,
        json: Any = None,
        content: Iterator[bytes] | None = None,
        query: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
    ) -> httpx.Response:
        """Ask for the path of these parts, each of them quoted."""
        path = "/".join([BASE, *(quote(part, safe="") for part in parts)])
        extra: Mapping[str, Any] = {} if timeout_s is None else {"timeout": timeout_s}
        try:
            answer = self._http.request(
                method, path, json=json, content=content, params=query, **extra
            )
        except httpx.TimeoutException as error:
            waited = timeout_s or self._http.timeout.read or 0.0
            raise DeadlineExceeded(_SUBJECT, waited) from error
        except httpx.TransportError as error:
            raise Unavailable(_SUBJECT, f"{self._http.base_url} {error}") from error
        if not answer.is_success:
            raise _explain(answer)
        return answer


def _read(kind: type[Read], answer: httpx.Response) -> Read:
    try:
        return kind.model_validate_json(answer.content)
    except ValidationError as error:
        raise Unavailable(_SUBJECT, "its answer is not of this client's version") from error


def _explain(answer: httpx.Response) -> TidegateError:
    try:
        found = read_error(answer.json())
    except ValueError:
        found = None
    return found or Unavailable(_SUBJECT, f"HTTP {answer.status_code}: {answer.text[:200]}")


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK):
            yield chunk
