"""One copy of a loaded model, and how a batch goes through it: join, compute, take apart."""

from collections.abc import Callable
from time import perf_counter, perf_counter_ns

from core.batching import Batching
from core.errors import PredictionFailed, TidegateError, Unavailable
from serving.batch import Arrays, collate, cut, split
from serving.padding import trim
from serving.tally import Tally
from serving.waiting import Waiting

_SMOOTHING = 0.1
Predict = Callable[[Arrays], Arrays]
Outcome = Arrays | TidegateError


class Instance:
    """Computes one batch at a time, on whichever thread asks. `typical_s` follows its run times.

    A request of more rows than `limits.max_rows` goes through in pieces; a model that is not `batched`
    is given requests as they are. `rows` are those that it computes now.
    """

    def __init__(
        self,
        name: str,
        predict: Predict,
        limits: Batching,
        tally: Tally,
        *,
        batched: bool,
        typical_s: float,
    ) -> None:
        self._name = name
        self._predict = predict
        self._limits = limits
        self._tally = tally
        self._batched = batched
        self.typical_s = typical_s
        self.rows = 0
        self._began: float | None = None
        self._entered: Callable[[], object] | None = None

    @property
    def run_s(self) -> float:
        """For how many seconds the batch that it has now has gone on; 0 without one."""
        began = self._began
        return 0.0 if began is None else perf_counter() - began

    def begin(self, rows: int) -> None:
        """A batch of so many rows is handed to it: its time runs from here."""
        self.rows = rows
        self._began = perf_counter()

    def end(self) -> None:
        """It has no batch any more."""
        self.rows = 0
        self._began = None

    def compute(
        self, batch: list[Waiting], entered: Callable[[], object] | None = None
    ) -> list[Outcome]:
        """An outcome for each request. When a batch fails, each of its requests is tried once more alone.

        `entered` is called once: when the rows are joined and the model is about to run, or at the end.
        """
        if entered is None:
            return self._compute(batch)
        self._entered = entered
        try:
            return self._compute(batch)
        finally:
            self._enter()

    def _enter(self) -> None:
        entered, self._entered = self._entered, None
        if entered is not None:
            entered()

    def _compute(self, batch: list[Waiting]) -> list[Outcome]:
        try:
            return list(self._attempt(batch))
        except Unavailable as error:
            # It is none of the requests' fault, and each alone would wait as long again.
            return [error] * len(batch)
        except TidegateError as error:
            if len(batch) == 1:
                return [error]
        return [outcome for waiting in batch for outcome in self._compute([waiting])]

    def _attempt(self, batch: list[Waiting]) -> list[Arrays]:
        started = perf_counter_ns()
        sizes = [waiting.rows for waiting in batch]
        rows = sum(sizes)
        try:
            inputs = collate([waiting.inputs for waiting in batch])
            joined = perf_counter_ns()
            if self._entered is not None:
                self._enter()
            outputs = self._run(inputs, rows)
            computed = perf_counter_ns()
            parts = split(outputs, sizes, self._name) if self._batched else [outputs]
            if self._limits.padding:
                pairs = zip(parts, batch, strict=True)
                parts = [trim(part, waiting.cuts) for part, waiting in pairs]
            ended = perf_counter_ns()
            self.typical_s += _SMOOTHING * ((ended - started) / 1e9 - self.typical_s)
            times = (joined - started, computed - joined, ended - computed)
            self._tally.run(rows, len(batch), times)
        except TidegateError:
            raise
        # A model may raise anything, even an exit, and only its caller is to notice.
        except (Exception, SystemExit) as error:
            raise PredictionFailed(self._name, f"{type(error).__name__}: {error}") from error
        return parts

    def _run(self, inputs: Arrays, rows: int) -> Arrays:
        if not self._batched or rows <= self._limits.max_rows:
            return self._predict(inputs)
        # One request of more rows than the model is to see at once.
        size = self._limits.max_rows
        pieces = [cut(inputs, start, min(start + size, rows)) for start in range(0, rows, size)]
        answers = [
            split(self._predict(piece), [min(size, rows - at * size)], self._name)[0]
            for at, piece in enumerate(pieces)
        ]
        return collate(answers)
