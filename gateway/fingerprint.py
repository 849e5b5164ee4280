"""The fingerprint of a request: equal for two requests that ask the same, and different for any others.

It is a cryptographic digest of the request's content together with a `scope` that the gateway chooses, so
that no caller can make a request that is answered with another scope's answers.
"""

import asyncio
from collections.abc import Sequence
from hashlib import blake2b

from core import elements
from core.tensor import InferRequest
from gateway.scribe import INLINE_BYTES, count_bytes, has_many_texts

_DIGEST_BYTES = 32
# How the caller wants the answer written, which replicas are never told: they always answer in binary.
_OF_FORM = "binary_data_output"
Scope = Sequence[str | int]


async def find_fingerprint(scope: Scope, request: InferRequest) -> bytes:
    """As `take_fingerprint`; what takes long is done beside the event loop."""
    if count_bytes(request.inputs) > INLINE_BYTES or has_many_texts(request.inputs):
        return await asyncio.to_thread(take_fingerprint, scope, request)
    return take_fingerprint(scope, request)


def take_fingerprint(scope: Scope, request: InferRequest) -> bytes:
    """The digest of the scope and of what decides the answer.

    That is the inputs' names, types, shapes and elements, the parameters, and the outputs asked for.
    Neither the order of inputs and parameters nor the request's id is part of it.
    """
    inputs = sorted(request.inputs, key=lambda tensor: tensor.name)
    parameters = sorted(item for item in request.parameters.items() if item[0] != _OF_FORM)
    outputs = [(output.name, output.classification) for output in request.outputs]
    described = [(one.name, str(one.datatype), one.shape) for one in inputs]
    # `repr` keeps 1, 1.0, True and "1" apart, and nan from inf, which JSON does not.
    head = repr((tuple(scope), described, outputs, parameters)).encode()
    digest = blake2b(b"%d\n" % len(head), digest_size=_DIGEST_BYTES)
    digest.update(head)
    for tensor in inputs:
        # How many bytes these are follows from the description; each text tells its own length.
        digest.update(elements.view_binary(tensor.datatype, tensor.array))
    return digest.digest()
