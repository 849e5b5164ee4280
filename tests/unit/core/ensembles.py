"""Hypothesis strategies for ensembles whose steps fit together."""

from dataclasses import dataclass

from hypothesis import strategies as st

from core.dtypes import DataType
from core.ensemble import EnsembleSpec
from core.signature import Signature, TensorSpec

_TYPES = st.sampled_from([DataType.FP32, DataType.INT64, DataType.BYTES])


@dataclass(frozen=True, slots=True)
class Sample:
    """An ensemble, its models' signatures, and every tensor's true form."""

    spec: EnsembleSpec
    signatures: dict[str, Signature]
    tensors: dict[str, TensorSpec]


@st.composite
def forms(draw: st.DrawFn, name: str) -> TensorSpec:
    """A tensor of rows."""
    tail = draw(st.lists(st.integers(1, 5), max_size=2))
    return TensorSpec(name, draw(_TYPES), (-1, *tail))


@st.composite
def ensembles(draw: st.DrawFn) -> Sample:
    """A few steps in any order; each reads tensors of earlier ones, and what nobody reads is an output."""
    tensors = {"i0": draw(forms("i0"))}
    steps, signatures, read = [], {}, {"i0"}
    for at in range(draw(st.integers(1, 5))):
        known = sorted(tensors)
        first = ["i0"] if at == 0 else [draw(st.sampled_from(known))]
        reads = sorted({*first, *draw(st.lists(st.sampled_from(known), max_size=3))})
        writes = [f"t{at}.{out}" for out in range(draw(st.integers(1, 2)))]
        tensors.update({name: draw(forms(name)) for name in writes})
        read.update(reads)
        inputs = {f"in{place}": name for place, name in enumerate(reads)}
        outputs = {f"out{place}": name for place, name in enumerate(writes)}
        signatures[f"s{at}"] = Signature(
            _rename(inputs, tensors, draw), _rename(outputs, tensors), batched=True
        )
        steps.append({"name": f"s{at}", "model": "m:1", "inputs": inputs, "outputs": outputs})
    document = {
        "inputs": ["i0"],
        "outputs": [name for name in tensors if name not in read],
        "steps": draw(st.permutations(steps)),
    }
    return Sample(EnsembleSpec.read(document), signatures, tensors)


def _rename(
    wiring: dict[str, str], tensors: dict[str, TensorSpec], draw: st.DrawFn | None = None
) -> tuple[TensorSpec, ...]:
    """The model's own specs; with `draw`, some of its sizes are free."""
    found = []
    for name, tensor in wiring.items():
        true = tensors[tensor]
        shape = tuple(
            -1 if draw is not None and draw(st.booleans()) else size for size in true.shape
        )
        found.append(TensorSpec(name, true.datatype, shape))
    return tuple(found)
