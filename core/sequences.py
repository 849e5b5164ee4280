"""Sequences: steps that belong together, with state that the model hands on from one to the next.

Source: Triton's "Sequence Extension" and its implicit state management.
"""

from dataclasses import replace

from pydantic import Field

from core.errors import InvalidSpec
from core.signature import Signature
from core.spec import Spec


class State(Spec):
    """What a step's `output` gives is the next step's `input`; the first step gets `initial` everywhere."""

    input: str = Field(min_length=1, max_length=250)
    output: str = Field(min_length=1, max_length=250)
    initial: float = 0.0


class Sequences(Spec):
    """A model whose requests are steps of sequences, by the parameter `sequence_id`.

    Steps of different sequences share runs, those of one follow each other. A replica keeps at most
    `max_active` sequences, and forgets one of which nobody has asked a step for `idle_s`. Callers neither
    give nor get the tensors of `states`. `start_input`, `end_input` and `id_input` name inputs that are
    told of a step's place: 1 or 0, and the sequence's id.
    """

    states: tuple[State, ...] = Field(default=(), max_length=64)
    max_active: int = Field(default=128, ge=1, le=1_000_000)
    idle_s: float = Field(default=60.0, gt=0, le=86_400)
    start_input: str = Field(default="", max_length=250)
    end_input: str = Field(default="", max_length=250)
    id_input: str = Field(default="", max_length=250)

    @property
    def controls(self) -> tuple[str, ...]:
        """The inputs that are told of a step's place."""
        return tuple(name for name in (self.start_input, self.end_input, self.id_input) if name)

    def hide(self, signature: Signature) -> Signature:
        """What callers see of the model; raises InvalidSpec for a state or input that it does not have."""
        inputs = {*self.controls, *(state.input for state in self.states)}
        outputs = {state.output for state in self.states}
        faults = {
            f"sequences.{name}": "the model has no such input"
            for name in inputs - {spec.name for spec in signature.inputs}
        } | {
            f"sequences.{name}": "the model has no such output"
            for name in outputs - {spec.name for spec in signature.outputs}
        }
        if faults:
            raise InvalidSpec("Sequences", faults)
        return replace(
            signature,
            inputs=tuple(spec for spec in signature.inputs if spec.name not in inputs),
            outputs=tuple(spec for spec in signature.outputs if spec.name not in outputs),
        )
