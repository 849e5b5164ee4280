"""The sequencer: gives each step of a sequence the state that the step before left.

It stands before the batcher, so that steps of different sequences share runs, the oldest first, while those
of one sequence follow each other. What it keeps lives and dies with the replica.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from core.errors import (
    DeadlineExceeded,
    InvalidSpec,
    MalformedRequest,
    QueueFull,
    RuntimeUnavailable,
)
from core.reserved import Reserved
from core.sequences import Sequences
from core.signature import Signature, TensorSpec
from core.tensor import Array
from serving.batch import Arrays
from serving.waiting import Times

_RETRY_AFTER_S = 1.0
# Computes inputs of so many rows within a time, at a priority, and notes its times.
Submit = Callable[[Arrays, int, float | None, int, Times | None], Awaitable[Arrays]]


@dataclass(slots=True)
class _Sequence:
    states: dict[str, Array]
    rows: int
    asked_at: float
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Sequencer:
    """The sequences of one replica. Belongs to one event loop; `signature` is the model's own."""

    def __init__(
        self, name: str, sequences: Sequences, signature: Signature, submit: Submit
    ) -> None:
        self._name, self._sequences, self._signature = name, sequences, signature
        self._submit = submit
        self._specs = {spec.name: spec for spec in signature.inputs}
        self._active: dict[int | str, _Sequence] = {}
        self._loop = asyncio.get_running_loop()

    @property
    def active(self) -> int:
        """How many sequences are under way."""
        return len(self._active)

    async def step(
        self,
        inputs: Arrays,
        rows: int,
        reserved: Reserved,
        timeout_s: float | None,
        times: Times | None = None,
    ) -> Arrays:
        """Answer one step; outputs are the model's own, its states among them.

        `times` are those of its run: what it waited for the step before is not in them.

        Raises MalformedRequest for a step of no sequence, or of one that is not under way here, QueueFull
        where no more may begin, and what the batcher raises. A step that fails leaves the state as it was.
        """
        key = reserved.sequence_id
        if not key:
            raise MalformedRequest(
                f"'{self._name}' answers steps of sequences: send the parameter 'sequence_id'"
            )
        sequence = self._find(key, rows, starts=reserved.sequence_start)
        ends_at = None if timeout_s is None else self._loop.time() + timeout_s
        try:
            async with asyncio.timeout_at(ends_at):
                await sequence.turn.acquire()
        except TimeoutError as error:
            raise DeadlineExceeded(self._name, timeout_s or 0.0) from error
        try:
            return await self._take_turn(sequence, inputs, reserved, ends_at, times)
        finally:
            sequence.turn.release()
            sequence.asked_at = self._loop.time()

    async def _take_turn(
        self,
        sequence: _Sequence,
        inputs: Arrays,
        reserved: Reserved,
        ends_at: float | None,
        times: Times | None,
    ) -> Arrays:
        key = reserved.sequence_id
        if self._active.get(key) is not sequence:
            raise self._unknown(key)
        left_s = None if ends_at is None else max(ends_at - self._loop.time(), 0.001)
        fed = {**inputs, **sequence.states, **self._tell_place(sequence.rows, reserved)}
        outputs = await self._submit(fed, sequence.rows, left_s, reserved.priority, times)
        sequence.states = {state.input: outputs[state.output] for state in self._sequences.states}
        if reserved.sequence_end:
            self._active.pop(key, None)
        return outputs

    def _find(self, key: int | str, rows: int, *, starts: bool) -> _Sequence:
        known = self._active.get(key)
        now = self._loop.time()
        if starts:
            if known is None and len(self._active) >= self._sequences.max_active:
                self._forget_idle(now)
                if len(self._active) >= self._sequences.max_active:
                    raise QueueFull(f"{self._name} sequences", _RETRY_AFTER_S)
            known = self._active[key] = _Sequence(self._begin(rows), rows, now)
        elif known is None or self._is_idle(known, now):
            self._active.pop(key, None)
            raise self._unknown(key)
        if rows != known.rows:
            told = f"sequence '{key}' began with {known.rows} rows, and this step has {rows}"
            raise MalformedRequest(told)
        known.asked_at = now
        return known

    def _unknown(self, key: int | str) -> MalformedRequest:
        return MalformedRequest(
            f"sequence '{key}' is not under way: it was never begun, has ended, was idle for "
            f"{self._sequences.idle_s:g} s, or its replica is gone; begin it again with 'sequence_start'"
        )

    def _is_idle(self, sequence: _Sequence, now: float) -> bool:
        return now - sequence.asked_at > self._sequences.idle_s and not sequence.turn.locked()

    def _forget_idle(self, now: float) -> None:
        self._active = {
            key: one for key, one in self._active.items() if not self._is_idle(one, now)
        }

    def _begin(self, rows: int) -> dict[str, Array]:
        return {
            state.input: self._fill(self._specs[state.input], rows, state.initial)
            for state in self._sequences.states
        }

    def _tell_place(self, rows: int, reserved: Reserved) -> Mapping[str, Array]:
        told: tuple[tuple[str, int | str], ...] = (
            (self._sequences.start_input, reserved.sequence_start),
            (self._sequences.end_input, reserved.sequence_end),
            (self._sequences.id_input, reserved.sequence_id),
        )
        return {name: self._fill(self._specs[name], rows, value) for name, value in told if name}

    def _fill(self, spec: TensorSpec, rows: int, value: float | str) -> Array:
        batch = (rows,) if self._signature.batched else ()
        shape = (*batch, *(spec.shape[1:] if self._signature.batched else spec.shape))
        if spec.datatype.numpy.kind == "O":
            return np.full(shape, str(value).encode(), np.object_)
        try:
            return np.full(shape, value, spec.datatype.numpy)
        except (ValueError, OverflowError) as error:
            wanted = f"'{spec.name}' takes {spec.datatype}"
            raise MalformedRequest(f"sequence_id {value!r} does not fit: {wanted}") from error


def check_states(sequences: Sequences, signature: Signature) -> None:
    """Raise RuntimeUnavailable unless each state is the model's, can be made and handed on."""
    try:
        sequences.hide(signature)
    except InvalidSpec as error:
        raise RuntimeUnavailable("sequences", str(error)) from error
    inputs = {spec.name: spec for spec in signature.inputs}
    outputs = {spec.name: spec for spec in signature.outputs}
    first = 1 if signature.batched else 0
    for state in sequences.states:
        given, taken = outputs[state.output], inputs[state.input]
        if given.datatype is not taken.datatype:
            told = f"{state.output} is {given.described}, {state.input} {taken.described}"
            raise RuntimeUnavailable("sequences", f"a state must keep its type: {told}")
    made = {*sequences.controls, *(state.input for state in sequences.states)}
    for name in made:
        if any(dim < 0 for dim in inputs[name].shape[first:]):
            told = f"{name} is {inputs[name].described}"
            raise RuntimeUnavailable("sequences", f"it needs a shape without free lengths: {told}")
