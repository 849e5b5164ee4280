"""The ids of a request: the caller's where it sent sane ones, else ours."""

import re
from binascii import hexlify
from itertools import count
from os import urandom

from core.http import Headers

_SANE = re.compile(rb"[A-Za-z0-9._:-]{1,128}")


def is_sane(value: bytes) -> bool:
    """Whether a caller's id can be taken over."""
    return _SANE.fullmatch(value) is not None


class Identities:
    """Gives ids that are unique in this process and beyond."""

    def __init__(self) -> None:
        self._prefix = hexlify(urandom(6)) + b"-"
        self._count = count()

    def of(self, headers: Headers) -> tuple[bytes, bytes]:
        """The request's id, and its inference id, by which ground truth is joined."""
        request_id = inference_id = None
        for name, value in headers:
            if name == b"x-request-id" and _SANE.fullmatch(value):
                request_id = value
            elif name == b"x-tidegate-inference-id" and _SANE.fullmatch(value):
                inference_id = value
        if request_id is None:
            request_id = self._prefix + b"%x" % next(self._count)
        return request_id, inference_id or request_id
