"""Elements of one tensor, between arrays and the protocol's two forms: JSON lists and raw bytes."""

import struct
from typing import Any, cast

import numpy as np

from core.dtypes import DataType
from core.errors import MalformedRequest
from core.tensor import Array

MAX_ELEMENTS = 2**31
# Each text is an object of its own; a request of more would hold a gateway's memory and time.
MAX_TEXTS = 2**20
# Looked up once: in Python 3.11 an enum's member is slow to reach.
_BYTES, _BOOL, _UINT64 = DataType.BYTES, DataType.BOOL, DataType.UINT64
_TEXT_SIZE = struct.Struct("<I")
_WORTH_A_VIEW = 64 * 2**10
_KINDS = {
    DataType.BOOL: "b",
    DataType.FP32: "fiu",
    DataType.FP64: "fiu",
}


def count_elements(shape: tuple[int, ...]) -> int:
    """Elements of a shape; raises MalformedRequest when they exceed MAX_ELEMENTS."""
    count = 1
    for dim in shape:
        count *= dim
    if count > MAX_ELEMENTS:
        detail = f"shape {list(shape)[:32]} causes total element count to exceed maximum size"
        raise MalformedRequest(detail)
    return count


def from_binary(name: str, datatype: DataType, shape: tuple[int, ...], raw: memoryview) -> Array:
    """An array over `raw` (no copy but for BYTES); raises MalformedRequest on a wrong size."""
    count = count_elements(shape)
    if datatype is _BYTES:
        return _split_bytes(name, count, raw).reshape(shape)
    if len(raw) != count * datatype.itemsize:
        expected = count * datatype.itemsize
        detail = f"input '{name}': expected {expected} bytes of {datatype} data, given {len(raw)}"
        raise MalformedRequest(detail)
    if datatype is _BOOL:
        octets = np.frombuffer(raw, np.uint8)
        if count and octets.max() > 1:
            raise MalformedRequest(f"input '{name}': BOOL bytes must be 0 or 1")
        return octets.view(np.bool_).reshape(shape)
    return np.frombuffer(raw, datatype.numpy).reshape(shape)


def to_binary(datatype: DataType, array: Array) -> bytes:
    """The array's elements, little endian and row-major."""
    if datatype is not _BYTES:
        return array.tobytes()
    write = _TEXT_SIZE.pack
    return b"".join([part for text in array.ravel().tolist() for part in (write(len(text)), text)])


def view_binary(datatype: DataType, array: Array) -> bytes | memoryview:
    """As `to_binary`, without a copy of what is big; the array must not change while it is used."""
    if datatype is _BYTES or array.nbytes < _WORTH_A_VIEW:
        return to_binary(datatype, array)
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def from_json(name: str, datatype: DataType, shape: tuple[int, ...], data: object) -> Array:
    """An array of a flat or nested JSON list; raises MalformedRequest, naming the input."""
    if not datatype.in_json:
        detail = f"input '{name}': {datatype} cannot travel as JSON; use the binary data format"
        raise MalformedRequest(detail)
    count = count_elements(shape)
    values = data if isinstance(data, list) else [data]
    read = _read_strings if datatype is _BYTES else _read_numbers
    array = read(name, datatype, values)
    if array.size != count:
        detail = f"input '{name}': shape {list(shape)} has {count} elements, given {array.size}"
        raise MalformedRequest(detail)
    return array.reshape(shape)


def to_json(name: str, datatype: DataType, array: Array) -> Any:
    """Flat row-major elements that a JSON writer takes: an array, or a list of strings.

    Raises MalformedRequest for what JSON cannot carry (FP16, BF16, BYTES that are not UTF-8).
    """
    if not datatype.in_json:
        raise MalformedRequest(f"output '{name}': ask for {datatype} in the binary data format")
    if datatype is not _BYTES:
        return array.ravel()
    try:
        return [element.decode() for element in array.ravel().tolist()]
    except UnicodeDecodeError as error:
        detail = f"output '{name}': BYTES that are not UTF-8; ask for the binary data format"
        raise MalformedRequest(detail) from error


def _split_bytes(name: str, count: int, raw: memoryview) -> Array:
    # Each element has a length of 4 bytes, so a count beyond that is refused before it is allotted.
    if count * _TEXT_SIZE.size > len(raw):
        raise MalformedRequest(
            f"input '{name}': {count} BYTES elements do not fit {len(raw)} bytes"
        )
    whole = bytes(raw)
    read, texts = _TEXT_SIZE.unpack_from, []
    at, end = 0, len(whole)
    try:
        for _ in range(count):
            start = at + 4
            at = start + read(whole, at)[0]
            texts.append(whole[start:at])
    except struct.error:
        at = end + 1
    if at > end:
        detail = f"input '{name}': BYTES element {max(0, len(texts) - 1)} runs past the data"
        raise MalformedRequest(detail)
    if at != end:
        detail = f"input '{name}': unexpected additional input data ({end - at} bytes)"
        raise MalformedRequest(detail)
    out = np.empty(count, np.object_)
    out[:] = texts
    return out


def _read_strings(name: str, datatype: DataType, values: list[Any]) -> Array:
    flat: list[bytes] = []
    try:
        _flatten(values, flat)
    except (TypeError, RecursionError) as error:
        raise MalformedRequest(f"input '{name}': {datatype} data must be strings") from error
    out = np.empty(len(flat), np.object_)
    out[:] = flat
    return out


def _flatten(values: list[Any], flat: list[bytes]) -> None:
    for value in values:
        if isinstance(value, str):
            # surrogatepass: JSON may escape lone surrogates, which are no reason to fail.
            flat.append(value.encode("utf-8", "surrogatepass"))
        elif isinstance(value, list):
            _flatten(value, flat)
        else:
            raise TypeError


def _read_numbers(name: str, datatype: DataType, values: list[Any]) -> Array:
    dtype = datatype.numpy
    try:
        found = np.array(values)
        if datatype is _UINT64 and found.dtype.kind not in "iu":
            found = _read_wide(values)
        if found.size == 0:
            return np.empty(0, dtype)
        if found.dtype.kind not in _KINDS.get(datatype, "iu"):
            raise MalformedRequest(f"input '{name}': {datatype} data expected")
        if found.dtype == dtype:
            return found
        with np.errstate(over="raise"):
            array = found.astype(dtype)
        in_range = dtype.kind not in "iu" or _holds(datatype, found)
    except (ValueError, TypeError, OverflowError, FloatingPointError) as error:
        detail = f"input '{name}': not {datatype} data (ragged, mixed or out of range)"
        raise MalformedRequest(detail) from error
    if not in_range:
        raise MalformedRequest(f"input '{name}': a value is out of the range of {datatype}")
    return array


def _read_wide(values: list[Any]) -> Array:
    # numpy turns a mix of values below and above 2**63 into floats, which would round them.
    found = np.array(values, np.object_)
    whole = all(type(value) is int for value in found.ravel().tolist())
    return found.astype(np.uint64) if whole else found


def _holds(datatype: DataType, found: Array) -> bool:
    limits = np.iinfo(cast("np.dtype[np.integer[Any]]", datatype.numpy))
    return int(found.min()) >= int(limits.min) and int(found.max()) <= int(limits.max)
