"""Asks a server elsewhere, over HTTP or gRPC by Triton's own client; what goes wrong becomes our errors.

One object belongs to one event loop; many requests may be under way at once.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp
import tritonclient.grpc.aio as triton_grpc
import tritonclient.http.aio as triton_http
from google.protobuf.message import Message
from tritonclient.utils import InferenceServerException

from core.dtypes import DataType
from core.errors import (
    DeadlineExceeded,
    InvalidInput,
    InvalidSpec,
    PredictionFailed,
    TidegateError,
    Unavailable,
)
from core.signature import Signature, TensorSpec
from core.tensor import Array, Tensor
from registry.remote import RemoteModel

_MAX_TEXT = 500
# Statuses of HTTP and gRPC: what the caller can mend, and what may go well later.
_REFUSED = frozenset(("400", "413", "422", "INVALID_ARGUMENT", "OUT_OF_RANGE"))
_AWAY = frozenset(
    (
        *("404", "408", "425", "429", "502", "503", "504"),
        *("NOT_FOUND", "UNAVAILABLE", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED"),
    )
)


class RemoteClient:
    """The client of one remote model. To be made and used in a running event loop."""

    def __init__(self, remote: RemoteModel) -> None:
        self._remote = remote
        self._kind: Any = triton_grpc if remote.is_grpc else triton_http
        self._client = self._kind.InferenceServerClient(remote.address, ssl=remote.is_encrypted)

    async def is_ready(self) -> bool:
        """Whether the model answers there; raises Unavailable when the server does not."""
        return bool(await self._ask(self._client.is_model_ready))

    async def describe(self) -> Signature:
        """What the server's metadata says of the model, shapes with the batch dimension.

        `batched` when all tensors share a free first dimension. Raises as `infer` does.
        """
        found = await self._ask(self._client.get_model_metadata)
        try:
            inputs, outputs = (_read_side(found, side) for side in ("inputs", "outputs"))
            batched = all(spec.shape[:1] == (-1,) for spec in (*inputs, *outputs))
            return Signature(inputs, outputs, batched=batched)
        except (KeyError, TypeError, ValueError, InvalidSpec) as error:
            raise self._failed(f"its metadata cannot be read ({error!r})") from error

    async def infer(
        self, inputs: Mapping[str, Array], outputs: Sequence[TensorSpec]
    ) -> Mapping[str, Array]:
        """The named outputs for these inputs; arrays may be read-only.

        Raises InvalidInput when the server refuses the inputs, Unavailable when it or its model cannot
        answer now, DeadlineExceeded after `timeout_s`, PredictionFailed for everything else: each
        with the server's own text.
        """
        answer = await self._ask(
            self._client.infer,
            inputs=[self._write(name, array) for name, array in inputs.items()],
            outputs=[self._kind.InferRequestedOutput(spec.name) for spec in outputs],
        )
        return {spec.name: self._read(answer, spec) for spec in outputs}

    async def close(self) -> None:
        """Close its connections."""
        await self._client.close()

    async def _ask(self, operation: Any, **arguments: Any) -> Any:
        remote = self._remote
        try:
            async with asyncio.timeout(remote.timeout_s):
                # The client writes into the headers that it is given; gRPC takes small letters only.
                return await operation(
                    model_name=remote.model,
                    model_version=remote.version,
                    headers={name.lower(): value for name, value in remote.headers.items()},
                    **arguments,
                )
        except TimeoutError as error:
            raise DeadlineExceeded(remote.described, remote.timeout_s) from error
        except InferenceServerException as error:
            raise self._translate(error) from error
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, OSError) as error:
            raise Unavailable(remote.described, _shorten(error)) from error
        except Exception as error:  # the clients raise what their parsers do on a strange answer
            raise self._failed(f"{type(error).__name__}: {_shorten(error)}") from error

    def _translate(self, error: InferenceServerException) -> TidegateError:
        status = str(error.status() or "").removeprefix("StatusCode.")
        text = _shorten(error.message())
        if status in _REFUSED:
            return InvalidInput(f"{self._remote.described} refused the request: {text}")
        if status in _AWAY:
            return Unavailable(self._remote.described, text)
        return self._failed(f"{text} (status {status or 'unknown'})")

    def _failed(self, detail: str) -> PredictionFailed:
        return PredictionFailed(self._remote.described, detail)

    def _write(self, name: str, array: Array) -> Any:
        datatype = DataType.of(array.dtype)
        tensor = self._kind.InferInput(name, list(array.shape), datatype.value)
        tensor.set_data_from_numpy(array)
        return tensor

    def _read(self, answer: Any, spec: TensorSpec) -> Array:
        try:
            found: Array | None = answer.as_numpy(spec.name)
        except Exception as error:  # numpy's, for an answer whose bytes and shape disagree
            raise self._failed(f"output '{spec.name}': {_shorten(error)}") from error
        if found is None:
            raise self._failed(f"no output '{spec.name}' in its answer")
        tensor = Tensor.of(spec.name, found)
        if not spec.admits(tensor):
            expected = f"expected {spec.described}, and the answer is {tensor.described}"
            raise self._failed(f"output '{spec.name}': {expected}")
        return tensor.array


def _read_side(metadata: Any, side: str) -> tuple[TensorSpec, ...]:
    """`inputs` or `outputs` of a JSON document or of a gRPC message."""
    if isinstance(metadata, Message):
        tensors = [(one.name, one.datatype, one.shape) for one in getattr(metadata, side)]
    else:
        tensors = [(one["name"], one["datatype"], one["shape"]) for one in metadata[side]]
    return tuple(
        TensorSpec(str(name), DataType(datatype), tuple(int(dim) for dim in shape))
        for name, datatype, shape in tensors
    )


def _shorten(error: object) -> str:
    return str(error)[:_MAX_TEXT] or type(error).__name__
