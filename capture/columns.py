"""Windows as columns: one for each feature and each output, one row for each row that was asked."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from capture.matrix import Layout, Matrix, read_matrix, spread
from capture.truth import IDS_SCHEMA
from core.signature import Signature, TensorSpec


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """A window's rows. `ids` has `inference_id` and `row`; the three tables are of one length.

    `skipped` says of each tensor without columns why it has none.
    """

    ids: pa.Table
    features: pa.Table
    outputs: pa.Table
    skipped: Mapping[str, str]

    @property
    def rows(self) -> int:
        """How many rows."""
        return int(self.ids.num_rows)


def read_columns(window: pa.Table, signature: Signature) -> Columns:
    """Decode a table of WINDOW_SCHEMA by the signature of the model that answered.

    A column is named by its feature; without feature names `name` for a tensor of one value per row,
    else `name.0`, `name.1`, ... BYTES are strings, FP16 and BF16 are float32. What a record did not
    hold is null. Raises MalformedRequest for bytes that do not fit their shape.
    """
    skipped: dict[str, str] = {}
    pieces: list[tuple[pa.Table, pa.Table, pa.Table]] = []
    for batch in window.to_batches() or [pa.RecordBatch.from_pylist([], schema=window.schema)]:
        rows = batch.column("rows").to_numpy()
        layout = Layout.of(rows, is_batched=signature.batched)
        features = _decode(batch.column("request"), signature.inputs, layout, skipped)
        outputs = _decode(batch.column("response"), signature.outputs, layout, skipped)
        pieces.append((_number(batch.column("inference_id"), layout), features, outputs))
    ids, inputs, answers = (_join(tables) for tables in zip(*pieces, strict=True))
    return Columns(ids, inputs, answers, skipped)


def column_names(spec: TensorSpec, width: int) -> tuple[str, ...]:
    """The columns of a tensor with `width` values in each row."""
    if len(spec.features) == width:
        return spec.features
    return (spec.name,) if width == 1 else tuple(f"{spec.name}.{index}" for index in range(width))


def _decode(
    tensors: pa.ListArray, specs: tuple[TensorSpec, ...], layout: Layout, skipped: dict[str, str]
) -> pa.Table:
    columns: dict[str, pa.Array] = {}
    for spec in specs:
        found = read_matrix(tensors, spec, layout)
        if isinstance(found, Matrix):
            for index, name in enumerate(column_names(spec, found.values.shape[1])):
                place = f"{spec.name}.{name}" if name in columns else name
                columns[place] = spread(found.values[:, index], found.places, layout.total)
        else:
            skipped[spec.name] = found
    if not columns:
        # A table without columns has no length, and the three tables must agree in theirs.
        return pa.table({"": pa.nulls(layout.total)}).select([])
    return pa.table(columns)


def _number(ids: pa.Array, layout: Layout) -> pa.Table:
    owners = np.repeat(np.arange(len(layout.counts)), layout.counts)
    rows = (np.arange(layout.total) - layout.starts[owners]).astype(np.int32)
    return pa.Table.from_arrays([ids.take(pa.array(owners)), pa.array(rows)], schema=IDS_SCHEMA)


def _join(tables: tuple[pa.Table, ...]) -> pa.Table:
    # A tensor whose length is free may have been told by some batches only.
    common = [
        name for name in tables[0].column_names if all(name in t.column_names for t in tables)
    ]
    return pa.concat_tables([table.select(common) for table in tables], promote_options="default")
