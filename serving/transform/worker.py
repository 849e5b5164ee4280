"""The worker: runs one model over parts, and keeps what came of each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import pyarrow as pa

from core.errors import InvalidSpec
from core.signature import Signature
from core.tensor import Array
from serving.transform.features import write_columns
from serving.transform.ledger import Ledger
from serving.transform.part import Fault, Loaded, Part, PartResult
from serving.transform.source import Source

Predict = Callable[[Mapping[str, Array]], Mapping[str, Array]]


@dataclass(frozen=True, slots=True)
class Form:
    """How rows go through: so many at once, written so; `keep` names the columns that stay, None: all."""

    output_format: str
    batch_rows: int
    keep: tuple[str, ...] | None = None


class Worker:
    """Holds a loaded model."""

    def __init__(
        self,
        source: Source,
        predict: Predict,
        signature: Signature,
        ledger: Ledger,
        form: Form,
    ) -> None:
        self._source = source
        self._predict = predict
        self._signature = signature
        self._ledger = ledger
        self._form = form

    def work(self, part: Part) -> PartResult:
        """Do one part; raises InvalidSpec, OSError. A row that the model refuses is a fault."""
        started = perf_counter()
        loaded = self._source.load(part)
        table, refused = self._answer(loaded, part)
        faults = tuple(sorted((*loaded.faults, *refused), key=lambda fault: fault.row))
        seconds = perf_counter() - started
        result = PartResult(part.index, table.num_rows, len(faults), seconds)
        self._ledger.keep(part, table, faults, result, self._form.output_format)
        return result

    def _answer(self, loaded: Loaded, part: Part) -> tuple[pa.Table, list[Fault]]:
        pieces: list[pa.Table] = []
        faults: list[Fault] = []
        for start in range(0, len(loaded.rows), self._form.batch_rows):
            stop = min(start + self._form.batch_rows, len(loaded.rows))
            self._attempt(loaded.take(np.arange(start, stop)), part, pieces, faults)
        if not pieces:
            return self._choose(loaded.kept).slice(0, 0), faults
        return pa.concat_tables(pieces, promote_options="default"), faults

    def _attempt(
        self, loaded: Loaded, part: Part, pieces: list[pa.Table], faults: list[Fault]
    ) -> None:
        """Answer these rows; where the model fails, each half alone, down to the rows it fails for."""
        rows = len(loaded.rows)
        try:
            outputs = self._run(loaded.inputs, rows)
        except Exception as error:  # noqa: BLE001 - a model may raise anything
            if rows == 1:
                told = f"{type(error).__name__}: {error}"[:1000]
                faults.append(Fault(int(loaded.rows[0]), part.file, told))
                return
            for places in (np.arange(rows // 2), np.arange(rows // 2, rows)):
                self._attempt(loaded.take(places), part, pieces, faults)
            return
        kept = self._choose(loaded.kept)
        columns = write_columns(outputs, self._signature, kept.column_names)
        pieces.append(
            pa.table({**{name: kept.column(name) for name in kept.column_names}, **columns})
        )

    def _run(self, inputs: Mapping[str, Array], rows: int) -> dict[str, Array]:
        outputs = dict(self._predict(inputs))
        for name, array in outputs.items():
            if array.ndim == 0 or array.shape[0] != rows:
                told = f"output '{name}' has shape {list(array.shape)} for {rows} rows"
                raise InvalidSpec("transform", {"model": told})
        return outputs

    def _choose(self, table: pa.Table) -> pa.Table:
        if self._form.keep is None:
            return table
        return table.select([name for name in table.column_names if name in self._form.keep])
