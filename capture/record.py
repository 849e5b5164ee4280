"""One captured inference, and the table that many of them make."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import pyarrow as pa

from core.dtypes import DataType
from core.elements import to_binary
from core.refs import EndpointName, ModelName, VariantName
from core.tensor import Tensor

TENSORS = pa.list_(
    pa.struct(
        [
            pa.field("name", pa.string()),
            pa.field("datatype", pa.string()),
            pa.field("shape", pa.list_(pa.int64())),
            pa.field("data", pa.binary()),
        ]
    )
)
# Endpoint, variant and hour are in a part's path. The schema only ever grows at its end.
RECORD_SCHEMA = pa.schema(
    [
        pa.field("inference_id", pa.string()),
        pa.field("captured_at", pa.timestamp("us", tz="UTC")),
        pa.field("model", pa.string()),
        pa.field("version", pa.int32()),
        pa.field("rows", pa.int32()),
        pa.field("latency_us", pa.int64()),
        pa.field("request", TENSORS),
        pa.field("response", TENSORS),
    ]
)
# What a record's own objects weigh beside its elements, so that a flood of tiny ones is bounded too.
OVERHEAD_BYTES = 1024
_BYTES = DataType.BYTES  # looked up once: an enum's member is slow to reach, and `nbytes` is hot


@dataclass(frozen=True, slots=True, eq=False)
class CaptureRecord:
    """What one request asked and what it was answered; `at` is its arrival in Unix seconds.

    Either side may be empty where only the other is captured. The arrays are kept, not copied:
    nobody may write to them afterwards.
    """

    inference_id: str
    at: float
    endpoint: EndpointName
    variant: VariantName
    model: ModelName
    version: int
    request: tuple[Tensor, ...]
    response: tuple[Tensor, ...]
    latency_s: float
    rows: int

    @property
    def nbytes(self) -> int:
        """The memory that keeping this record takes, in bytes."""
        total = OVERHEAD_BYTES
        for tensor in (*self.request, *self.response):
            total += tensor.array.nbytes
            if tensor.datatype is _BYTES:
                total += _measure_bytes(tensor)
        return total


def tabulate_records(records: Sequence[CaptureRecord]) -> pa.Table:
    """The records as a table of RECORD_SCHEMA, in their order."""
    columns = [
        pa.array([record.inference_id for record in records], pa.string()),
        pa.array([round(record.at * 1e6) for record in records], pa.timestamp("us", tz="UTC")),
        pa.array([record.model for record in records], pa.string()),
        pa.array([record.version for record in records], pa.int32()),
        pa.array([record.rows for record in records], pa.int32()),
        pa.array([round(record.latency_s * 1e6) for record in records], pa.int64()),
        _tabulate_tensors([record.request for record in records]),
        _tabulate_tensors([record.response for record in records]),
    ]
    return pa.Table.from_arrays(columns, schema=RECORD_SCHEMA)


def _tabulate_tensors(sides: Sequence[tuple[Tensor, ...]]) -> pa.Array:
    tensors = [tensor for side in sides for tensor in side]
    shapes = [tensor.array.shape for tensor in tensors]
    fields = [
        pa.array([tensor.name for tensor in tensors], pa.string()),
        # Exact strings: pyarrow is slow on subclasses, and so is an enum's `value`.
        pa.array([str.__str__(tensor.datatype) for tensor in tensors], pa.string()),
        _nest(shapes, pa.array([dim for shape in shapes for dim in shape], pa.int64())),
        pa.array([to_binary(tensor.datatype, tensor.array) for tensor in tensors], pa.binary()),
    ]
    structs = pa.StructArray.from_arrays(fields, fields=list(TENSORS.value_type))
    return _nest(sides, structs)


def _nest(groups: Sequence[Sequence[object]], values: pa.Array) -> pa.Array:
    # Offsets by hand: pyarrow takes ten times as long to read nested sequences.
    offsets = pa.array([0, *accumulate(map(len, groups))], pa.int32())
    return pa.ListArray.from_arrays(offsets, values)


def _measure_bytes(tensor: Tensor) -> int:
    # 33 is what CPython adds to each bytes object.
    return sum(33 + len(element) for element in tensor.array.ravel().tolist())
