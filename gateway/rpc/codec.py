"""Inference messages as bytes, so that protobuf neither parses nor copies big tensors.

Only what is around the tensors becomes a message of protobuf's; the raw contents stay where they arrived.
Source of the form: Protocol Buffers, "Encoding"; the numbers of the fields are the stubs' own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError
from tritonclient.grpc import service_pb2 as pb

from core.errors import MalformedRequest, PayloadTooLarge

Raw = bytes | memoryview
# Below this protobuf is quicker than looking for the fields here.
WORTH_CUTTING = 64 * 2**10
# Typed contents beyond this are read beside the event loop.
INLINE_TYPED = 64 * 2**10
# Names, shapes and parameters; more of them is no inference but somebody who wants us busy.
MAX_REST = 256 * 2**10
MAX_FIELDS = 4096
_NOT_ONE = "the message is not a ModelInferRequest"
_INPUTS = pb.ModelInferRequest.INPUTS_FIELD_NUMBER
_RAW = pb.ModelInferRequest.RAW_INPUT_CONTENTS_FIELD_NUMBER
_RAW_OUTPUT = bytes(((pb.ModelInferResponse.RAW_OUTPUT_CONTENTS_FIELD_NUMBER << 3) | 2,))
_INFER_RESPONSE = bytes(((pb.ModelStreamInferResponse.INFER_RESPONSE_FIELD_NUMBER << 3) | 2,))


@dataclass(frozen=True, slots=True)
class Parcel:
    """A ModelInferRequest taken apart.

    `message` lacks the raw contents, which are `raws`. Where its typed contents are big, it lacks its
    inputs too, and `typed` is a message that has nothing but them.
    """

    message: Any
    raws: Sequence[Raw]
    typed: bytes = b""


def open_request(body: bytes) -> Parcel:
    """Take a ModelInferRequest apart; raises MalformedRequest, PayloadTooLarge."""
    if len(body) > WORTH_CUTTING:
        return _cut_request(body)
    message = parse_request(body)
    raws = list(message.raw_input_contents)
    message.ClearField("raw_input_contents")
    return Parcel(message, raws)


def parse_request(body: bytes) -> Any:
    """A ModelInferRequest, whole; raises MalformedRequest."""
    try:
        return pb.ModelInferRequest.FromString(body)
    except DecodeError as error:
        raise MalformedRequest(_NOT_ONE) from error


def seal_response(message: Any, raws: Sequence[Raw]) -> bytes:
    """A ModelInferResponse with these raw contents."""
    parts: list[Raw] = [message.SerializeToString()]
    for raw in raws:
        parts += (_RAW_OUTPUT, _write_varint(len(raw)), raw)
    return b"".join(parts)


def seal_streamed(response: bytes) -> bytes:
    """A ModelStreamInferResponse around a ModelInferResponse."""
    return b"".join((_INFER_RESPONSE, _write_varint(len(response)), response))


def _cut_request(body: bytes) -> Parcel:
    rest: list[Raw] = []
    inputs: list[Raw] = []
    raws: list[Raw] = []
    for number, field, content in _cut(memoryview(body)):
        if number == _RAW:
            raws.append(content)
        else:
            (inputs if number == _INPUTS else rest).append(field)
    if sum(map(len, rest)) > MAX_REST:
        raise PayloadTooLarge(MAX_REST)
    if sum(map(len, inputs)) > INLINE_TYPED:
        return Parcel(parse_request(b"".join(rest)), raws, b"".join(inputs))
    return Parcel(parse_request(b"".join((*rest, *inputs))), raws)


def _cut(body: memoryview) -> Iterator[tuple[int, memoryview, memoryview]]:
    """Each field's number, its bytes with tag and length, and its content."""
    at, end = 0, len(body)
    for _ in range(MAX_FIELDS):
        if at == end:
            return
        start = at
        tag, at = _read_varint(body, at)
        size, at = _read_varint(body, at)
        # All of its fields have a length.
        if tag & 7 != 2 or at + size > end:
            raise MalformedRequest(_NOT_ONE)
        yield tag >> 3, body[start : at + size], body[at : at + size]
        at += size
    raise MalformedRequest(f"the message has more than {MAX_FIELDS} fields")


def _read_varint(body: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(body) and shift < 64:
        octet = body[at]
        at += 1
        value |= (octet & 0x7F) << shift
        if octet < 0x80:
            return value, at
        shift += 7
    raise MalformedRequest(_NOT_ONE)


def _write_varint(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)
