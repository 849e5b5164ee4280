"""The classification extension: the k highest values of an output, as `value:index:label`.

Source: Triton's "Classification Extension".
"""

import numpy as np

from core.dtypes import DataType
from core.errors import MalformedRequest
from core.tensor import InferRequest, InferResponse, Tensor


def classify(tensor: Tensor, count: int, labels: tuple[str, ...] = ()) -> Tensor:
    """BYTES[..., k] of a numeric tensor's last dimension, highest first; k is at most its length.

    Equal values keep the order of their index. Raises MalformedRequest for BYTES and scalars.
    """
    array = tensor.array
    if tensor.datatype is DataType.BYTES or array.ndim == 0:
        raise MalformedRequest(f"output '{tensor.name}': {tensor.described} has no classes")
    kept = min(count, array.shape[-1])
    order = np.argsort(-array.astype(np.float64), axis=-1, kind="stable")[..., :kept]
    values = np.take_along_axis(array, order, axis=-1)
    texts = [
        _write_class(value, index, labels)
        for value, index in zip(values.ravel().tolist(), order.ravel().tolist(), strict=True)
    ]
    out = np.empty(len(texts), np.object_)
    out[:] = texts
    return Tensor(tensor.name, DataType.BYTES, out.reshape(order.shape))


def classify_outputs(
    request: InferRequest, response: InferResponse, labels: dict[str, tuple[str, ...]]
) -> InferResponse:
    """The response with each output that the caller asked classes of replaced by them."""
    if not request.outputs:
        return response
    counts = {output.name: output.classification for output in request.outputs}
    if not any(counts.values()):
        return response
    outputs = tuple(
        classify(tensor, counts[tensor.name], labels.get(tensor.name, ()))
        if counts.get(tensor.name)
        else tensor
        for tensor in response.outputs
    )
    return InferResponse(
        response.model_name, response.model_version, outputs, response.id, response.parameters
    )


def _write_class(value: object, index: int, labels: tuple[str, ...]) -> bytes:
    label = f":{labels[index]}" if index < len(labels) else ""
    text = f"{value:f}" if isinstance(value, float) else str(value)
    return f"{text}:{index}{label}".encode()
