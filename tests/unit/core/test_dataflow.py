from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.dataflow import trace
from core.dtypes import DataType
from core.ensemble import EnsembleSpec
from core.errors import InvalidSpec
from core.signature import Signature, TensorSpec
from tests.unit.core.ensembles import Sample, ensembles

X = TensorSpec("x", DataType.FP32, (-1, 4), features=("a", "b", "c", "d"))
Y = TensorSpec("y", DataType.FP32, (-1, -1))
Z = TensorSpec("z", DataType.FP32, (-1, 2), labels=("low", "high"))
SIGNATURES = {
    "first": Signature((X,), (Y,), batched=True),
    "second": Signature((replace(Y, name="in"),), (Z,), batched=True),
}
FIRST = {"name": "first", "model": "m:1", "inputs": {"x": "rows"}, "outputs": {"y": "middle"}}
SECOND = {"name": "second", "model": "n:2", "inputs": {"in": "middle"}, "outputs": {"z": "end"}}
CHAIN: dict[str, Any] = {"inputs": ["rows"], "outputs": ["end"], "steps": [SECOND, FIRST]}


def fault(signatures: dict[str, Signature] | None = None, **fields: Any) -> dict[str, str]:
    """The faults of the chain with other fields, or with other signatures."""
    with pytest.raises(InvalidSpec) as caught:
        trace(EnsembleSpec.read({**CHAIN, **fields}), signatures or SIGNATURES)
    return caught.value.faults


def test_a_chain_has_an_order_and_a_signature() -> None:
    flow = trace(EnsembleSpec.read(CHAIN), SIGNATURES)
    assert dict(flow.after) == {"first": frozenset(), "second": frozenset({"first"})}
    assert list(flow.after) == ["first", "second"]
    assert flow.signature == Signature(
        (replace(X, name="rows"),), (replace(Z, name="end"),), batched=True
    )


def test_what_is_declared_narrows_what_the_steps_say() -> None:
    declared = {"name": "end", "datatype": "FP32", "shape": [8, 2]}
    flow = trace(EnsembleSpec.read({**CHAIN, "outputs": [declared]}), SIGNATURES)
    assert flow.signature.outputs[0].shape == (8, 2)
    assert not flow.signature.batched


def test_an_input_is_optional_where_every_step_says_so() -> None:
    optional = Signature((replace(X, optional=True),), (Y,), batched=True)
    flow = trace(EnsembleSpec.read(CHAIN), {**SIGNATURES, "first": optional})
    assert flow.signature.inputs[0].optional


def test_one_step_that_takes_no_rows_means_no_rows() -> None:
    alone = {**SIGNATURES, "second": replace(SIGNATURES["second"], batched=False)}
    assert not trace(EnsembleSpec.read(CHAIN), alone).signature.batched


@pytest.mark.parametrize(
    ("fields", "place", "says"),
    [
        ({"inputs": ["rows", "more"]}, "inputs.more", "nobody reads 'more'; remove it"),
        ({"inputs": ["rows", "rows"]}, "inputs", "rows stands twice"),
        ({"inputs": ["rows", "end"]}, "steps.second.outputs.z", "'end' is inputs.end already"),
        ({"outputs": ["end", "lost"]}, "outputs.lost", "nothing writes 'lost'; there are 'rows'"),
        ({"outputs": ["end", "rows"]}, "outputs.rows", "is an input of the ensemble"),
        ({"steps": [FIRST, SECOND, SECOND]}, "steps", "second stands twice"),
        ({"outputs": ["middle"]}, "steps.second.outputs.z", "or name it in the ensemble's outputs"),
        (
            {"steps": [FIRST, {**SECOND, "inputs": {"in": "midle"}}]},
            "steps.second.inputs.in",
            "nothing writes 'midle'",
        ),
        (
            {"steps": [FIRST, {**SECOND, "inputs": {"out": "middle"}}]},
            "steps.second.inputs.out",
            r"n:2 has no such tensor; it has 'in' FP32[-1, -1]",
        ),
        (
            {"steps": [FIRST, {**SECOND, "inputs": {}}]},
            "steps.second.inputs",
            "n:2 needs 'in' FP32[-1, -1] too",
        ),
        (
            {"inputs": [{"name": "rows", "datatype": "FP64"}]},
            "steps.first.inputs.x",
            "takes FP32[-1, 4], and 'rows' is FP64 by inputs.rows",
        ),
        (
            {"outputs": [{"name": "end", "shape": [-1, 3]}]},
            "outputs.end",
            "takes any type[-1, 3], and 'end' is FP32[-1, 2] by steps.second.outputs.z",
        ),
    ],
)
def test_a_fault_is_named_at_its_place(fields: dict[str, Any], place: str, says: str) -> None:
    assert says in fault(**fields)[place]


def test_a_step_that_answers_in_pieces_is_refused() -> None:
    pieces = {**SIGNATURES, "first": replace(SIGNATURES["first"], streaming=True)}
    assert "without --streaming" in fault(pieces)["steps.first.model"]


def test_two_readers_that_no_tensor_can_please_are_a_fault() -> None:
    wide = replace(SIGNATURES["second"], inputs=(TensorSpec("in", DataType.FP32, (-1, 5)),))
    narrow = replace(SIGNATURES["second"], inputs=(TensorSpec("in", DataType.FP32, (-1, 4)),))
    third = {**SECOND, "name": "third", "outputs": {"z": "other"}}
    found = fault(
        {**SIGNATURES, "second": wide, "third": narrow},
        steps=[FIRST, SECOND, third],
        outputs=["end", "other"],
    )
    assert "takes FP32[-1, 4], and 'middle' is FP32[-1, 5]" in found["steps.third.inputs.in"]


@given(ensembles())
def test_steps_that_fit_have_an_order_and_the_true_signature(sample: Sample) -> None:
    flow = trace(sample.spec, sample.signatures)
    ran: set[str] = set()
    for name, after in flow.after.items():
        assert after <= ran
        ran.add(name)
    assert ran == set(sample.signatures)
    for spec in flow.signature.outputs:
        assert spec == sample.tensors[spec.name]
    assert flow.signature.inputs[0].datatype is sample.tensors["i0"].datatype
    assert flow.signature.batched


@given(ensembles(), st.data())
def test_a_type_that_does_not_fit_is_found(sample: Sample, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(sample.signatures)))
    signature = sample.signatures[name]
    odd = replace(signature.inputs[0], datatype=DataType.BOOL)
    other = replace(signature, inputs=(odd, *signature.inputs[1:]))
    step = next(one for one in sample.spec.steps if one.name == name)
    tensor = step.inputs[odd.name]
    if tensor == "i0" and sum("i0" in one.inputs.values() for one in sample.spec.steps) == 1:
        return  # the ensemble then takes that type
    with pytest.raises(InvalidSpec, match="a step between them must convert it"):
        trace(sample.spec, {**sample.signatures, name: other})


@given(ensembles(), st.data())
def test_a_cycle_is_found_wherever_it_is(sample: Sample, data: st.DataObject) -> None:
    steps = {one.name: one for one in sample.spec.steps}
    name = data.draw(st.sampled_from(sorted(steps)))
    own = next(iter(steps[name].outputs.values()))
    looped = steps[name].model_copy(update={"inputs": {**steps[name].inputs, "again": own}})
    spec = sample.spec.model_copy(update={"steps": tuple({**steps, name: looped}.values())})
    again = replace(sample.tensors[own], name="again")
    signature = sample.signatures[name]
    wider = replace(signature, inputs=(*signature.inputs, again))
    with pytest.raises(InvalidSpec, match=f"a cycle among .*{name}"):
        trace(spec, {**sample.signatures, name: wider})
