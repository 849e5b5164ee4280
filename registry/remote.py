"""A model on a server elsewhere: what `remote.json` says of it.

{"url": "http://host:8000", "model": "fraud", "version": "", "timeout_s": 30, "headers": {}}
"""

import json
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field

from core.errors import InvalidSpec
from core.spec import Spec

_MAX_BYTES = 2**20
# What a scheme asks for: gRPC or HTTP, and whether over TLS.
_SCHEMES = {
    "http": (False, False),
    "https": (False, True),
    "grpc": (True, False),
    "grpcs": (True, True),
}


def _check_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES:
        raise ValueError(f"starts with one of {', '.join(f'{one}://' for one in _SCHEMES)}")
    if not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("is a scheme, a host and perhaps a port; credentials go in `headers`")
    # Reading the port is what finds a bad one.
    if parts.port is None and _SCHEMES[parts.scheme][0]:
        raise ValueError("a gRPC server needs its port: grpc://host:8001")
    if parts.path.strip("/") and _SCHEMES[parts.scheme][0]:
        raise ValueError("a gRPC server has no path")
    return url


Url = Annotated[str, AfterValidator(_check_url)]
Header = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=200)]
HeaderValue = Annotated[str, Field(pattern=r"^[\x20-\x7e]*$", max_length=8000)]


class RemoteModel(Spec):
    """One model of a server that speaks the Open Inference Protocol.

    `version` is empty for the server's own choice. `timeout_s` bounds each request, in seconds;
    `concurrency` is how many may be under way from one instance of a replica. `headers` go with each
    request (gRPC: as metadata); they lie in the package as they are.
    """

    url: Url
    model: str = Field(min_length=1, max_length=500)
    version: str = Field(default="", pattern=r"^[A-Za-z0-9_.-]*$", max_length=100)
    timeout_s: float = Field(default=30.0, gt=0, le=3600, allow_inf_nan=False)
    concurrency: int = Field(default=16, ge=1, le=256)
    headers: dict[Header, HeaderValue] = Field(default_factory=dict, max_length=50)

    @property
    def is_grpc(self) -> bool:
        """Whether the server is asked by gRPC."""
        return _SCHEMES[self._parts.scheme][0]

    @property
    def is_encrypted(self) -> bool:
        """Whether it is asked over TLS."""
        return _SCHEMES[self._parts.scheme][1]

    @property
    def address(self) -> str:
        """Host, port and path, as the clients want it."""
        return self._parts.netloc + self._parts.path.rstrip("/")

    @property
    def described(self) -> str:
        """The model for people: `'fraud' at http://host:8000`."""
        version = f", version {self.version}," if self.version else ""
        return f"'{self.model}'{version} at {self.url}"

    @property
    def _parts(self) -> SplitResult:
        return urlsplit(self.url)

    @classmethod
    def open(cls, file: Path) -> Self:
        """Read the file; raises InvalidSpec for one that cannot be read or says something else."""
        try:
            with file.open("rb") as opened:
                document: Any = json.loads(opened.read(_MAX_BYTES))
        except (OSError, ValueError, RecursionError) as error:
            raise InvalidSpec(
                "remote model", {"file": f"cannot be read ({error})"[:300]}
            ) from error
        return cls.read(document)
