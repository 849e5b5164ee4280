"""Warm-up requests of a package: what a replica answers itself before it takes traffic.

The file `warmup.json` of a package is a list of requests of the Open Inference Protocol.
"""

from typing import Any

import orjson

from core.errors import InvalidInput, RuntimeUnavailable
from core.signature import Signature
from core.tensor import InferRequest
from core.wire import decode_request
from registry.package import WARMUP_FILE, Package

_MAX_REQUESTS = 100
_MAX_BYTES = 16 * 2**20


def read_warmups(package: Package, signature: Signature) -> tuple[InferRequest, ...]:
    """The package's warm-up requests, none without the file.

    Raises RuntimeUnavailable when they cannot be read or do not fit the signature.
    """
    file = package.folder / WARMUP_FILE
    if not any(entry.path == WARMUP_FILE for entry in package.manifest.files):
        return ()
    if file.stat().st_size > _MAX_BYTES:
        raise RuntimeUnavailable("warm-up", f"{WARMUP_FILE} is larger than {_MAX_BYTES} bytes")
    try:
        documents: Any = orjson.loads(file.read_bytes())
        if not isinstance(documents, list) or len(documents) > _MAX_REQUESTS:
            raise RuntimeUnavailable("warm-up", f"{WARMUP_FILE} must be a list of requests")
        requests = tuple(decode_request(orjson.dumps(one)) for one in documents)
        for request in requests:
            signature.check(request)
    except (orjson.JSONDecodeError, InvalidInput) as error:
        raise RuntimeUnavailable("warm-up", f"{WARMUP_FILE}: {error}") from error
    return requests
