"""Whether an ensemble's steps fit together, what it takes and gives, and which step waits for which."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from core.dtypes import DataType
from core.ensemble import EnsembleSpec, EnsembleStep, EnsembleTensor
from core.errors import InvalidSpec
from core.signature import Signature, TensorSpec


@dataclass(frozen=True, slots=True)
class Dataflow:
    """`after`: for each step, in an order in which they can run, the steps whose tensors it reads."""

    signature: Signature
    after: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Form:
    """What is known of a tensor; None is unknown."""

    datatype: DataType | None
    shape: tuple[int, ...] | None
    spec: TensorSpec | None = None

    @property
    def described(self) -> str:
        """`FP32[-1, 30]`."""
        return f"{self.datatype or 'any type'}{'' if self.shape is None else list(self.shape)}"


@dataclass(frozen=True, slots=True)
class Use:
    """One place that writes or reads a tensor; `step` is empty for the ensemble's own."""

    tensor: str
    place: str
    step: str
    form: Form


def trace(spec: EnsembleSpec, signatures: Mapping[str, Signature]) -> Dataflow:
    """The dataflow of an ensemble; `signatures` are those of its steps' models, by the step's name.

    Raises InvalidSpec with each fault by its place: tensors that nobody writes, two write or nobody
    reads, types and shapes that do not fit, inputs of a model that are left out, and cycles.
    """
    faults = _check_names(spec) or _check_steps(spec, signatures)
    if faults:
        raise InvalidSpec("ensemble", faults)
    writers, readers = _list_writers(spec, signatures), _list_readers(spec, signatures)
    faults = _check_flow(writers, readers)
    if faults:
        raise InvalidSpec("ensemble", faults)
    forms, faults = _join(writers, readers)
    after = _link(spec, writers, readers)
    order = _sort(after)
    if len(order) < len(after):
        stuck = ", ".join(name for name in after if name not in order)
        faults["steps"] = f"a cycle among {stuck}: none of them can be the first to run"
    if faults:
        raise InvalidSpec("ensemble", faults)
    signature = _derive(spec, signatures, forms, readers)
    return Dataflow(signature, {name: after[name] for name in order})


def _check_names(spec: EnsembleSpec) -> dict[str, str]:
    named: Mapping[str, Iterable[EnsembleStep | EnsembleTensor]] = {
        "steps": spec.steps,
        "inputs": spec.inputs,
        "outputs": spec.outputs,
    }
    faults: dict[str, str] = {}
    for side, things in named.items():
        names = [thing.name for thing in things]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            faults[side] = f"{', '.join(twice)} stands twice; give each a name of its own"
    return faults


def _check_steps(spec: EnsembleSpec, signatures: Mapping[str, Signature]) -> dict[str, str]:
    faults: dict[str, str] = {}
    for step in spec.steps:
        signature = signatures[step.name]
        for side, wiring, specs in (
            ("inputs", step.inputs, signature.inputs),
            ("outputs", step.outputs, signature.outputs),
        ):
            known = ", ".join(f"'{one.name}' {one.described}" for one in specs)
            for name in wiring.keys() - {one.name for one in specs}:
                place = f"steps.{step.name}.{side}.{name}"
                faults[place] = f"{step.model} has no such tensor; it has {known}"
        left = [
            f"'{one.name}' {one.described}"
            for one in signature.inputs
            if not one.optional and one.name not in step.inputs
        ]
        if left:
            faults[f"steps.{step.name}.inputs"] = f"{step.model} needs {', '.join(left)} too"
        if signature.streaming:
            fault = f"{step.model} answers in pieces, and a step answers once; package it without"
            faults[f"steps.{step.name}.model"] = f"{fault} --streaming"
    return faults


def _list_writers(spec: EnsembleSpec, signatures: Mapping[str, Signature]) -> list[Use]:
    return [
        *(Use(one.name, f"inputs.{one.name}", "", _form(one)) for one in spec.inputs),
        *chain.from_iterable(
            _list_uses(step, "outputs", step.outputs, signatures[step.name].outputs)
            for step in spec.steps
        ),
    ]


def _list_readers(spec: EnsembleSpec, signatures: Mapping[str, Signature]) -> list[Use]:
    return [
        *chain.from_iterable(
            _list_uses(step, "inputs", step.inputs, signatures[step.name].inputs)
            for step in spec.steps
        ),
        *(Use(one.name, f"outputs.{one.name}", "", _form(one)) for one in spec.outputs),
    ]


def _list_uses(
    step: EnsembleStep, side: str, wiring: Mapping[str, str], specs: tuple[TensorSpec, ...]
) -> list[Use]:
    known = {one.name: Form(one.datatype, one.shape, one) for one in specs}
    return [
        Use(tensor, f"steps.{step.name}.{side}.{name}", step.name, known[name])
        for name, tensor in wiring.items()
    ]


def _form(tensor: EnsembleTensor) -> Form:
    return Form(tensor.datatype, tensor.shape)


def _check_flow(writers: list[Use], readers: list[Use]) -> dict[str, str]:
    """Faults of the names: each tensor is written once and read at least once."""
    faults: dict[str, str] = {}
    written: dict[str, Use] = {}
    for use in writers:
        if use.tensor in written:
            other = written[use.tensor].place
            faults[use.place] = f"'{use.tensor}' is {other} already; choose another name"
        written.setdefault(use.tensor, use)
    for use in readers:
        if use.tensor not in written:
            known = ", ".join(f"'{name}'" for name in written)
            faults[use.place] = f"nothing writes '{use.tensor}'; there are {known}"
        elif not use.step and not written[use.tensor].step:
            faults[use.place] = f"'{use.tensor}' is an input of the ensemble; name a step's output"
    read = {use.tensor for use in readers}
    for use in writers:
        if use.tensor not in read and use.place not in faults:
            way = "leave it out, or name it in the ensemble's outputs" if use.step else "remove it"
            faults[use.place] = f"nobody reads '{use.tensor}'; {way}"
    return faults


def _join(writers: list[Use], readers: list[Use]) -> tuple[dict[str, Form], dict[str, str]]:
    """Each tensor's form as narrow as all its uses make it, and the faults of uses that do not fit."""
    forms = {use.tensor: use.form for use in writers}
    places = {use.tensor: use.place for use in writers}
    faults: dict[str, str] = {}
    for use in readers:
        known = forms[use.tensor]
        if _fits(known, use.form):
            forms[use.tensor] = _narrow(known, use.form)
        else:
            here, there = use.form.described, known.described
            fault = f"takes {here}, and '{use.tensor}' is {there} by {places[use.tensor]}"
            faults[use.place] = f"{fault}; a step between them must convert it"
    return forms, faults


def _fits(one: Form, other: Form) -> bool:
    if one.datatype and other.datatype and one.datatype is not other.datatype:
        return False
    if one.shape is None or other.shape is None:
        return True
    return len(one.shape) == len(other.shape) and all(
        here == there or -1 in (here, there)
        for here, there in zip(one.shape, other.shape, strict=True)
    )


def _narrow(one: Form, other: Form) -> Form:
    shape = one.shape if one.shape is not None else other.shape
    if one.shape is not None and other.shape is not None:
        # -1 is any length, so the larger of two that fit is the narrower.
        shape = tuple(map(max, one.shape, other.shape))
    return Form(one.datatype or other.datatype, shape, one.spec or other.spec)


def _link(spec: EnsembleSpec, writers: list[Use], readers: list[Use]) -> dict[str, frozenset[str]]:
    source = {use.tensor: use.step for use in writers}
    return {
        step.name: frozenset(
            source[use.tensor] for use in readers if use.step == step.name and source[use.tensor]
        )
        for step in spec.steps
    }


def _sort(after: Mapping[str, frozenset[str]]) -> list[str]:
    """The steps in an order in which they can run; those of a cycle, and after it, are left out."""
    order: list[str] = []
    while ready := [name for name in after if name not in order and after[name] <= set(order)]:
        order.extend(ready)
    return order


def _derive(
    spec: EnsembleSpec,
    signatures: Mapping[str, Signature],
    forms: Mapping[str, Form],
    readers: list[Use],
) -> Signature:
    inputs = tuple(_finish(one.name, forms[one.name], readers) for one in spec.inputs)
    outputs = tuple(_finish(one.name, forms[one.name], []) for one in spec.outputs)
    batched = all(signature.batched for signature in signatures.values()) and all(
        one.shape[:1] == (-1,) for one in (*inputs, *outputs)
    )
    return Signature(inputs, outputs, batched=batched)


def _finish(name: str, form: Form, readers: list[Use]) -> TensorSpec:
    """The tensor's spec: names of columns and classes by the model, optional where all readers say so."""
    if form.spec is None or form.datatype is None or form.shape is None:
        raise InvalidSpec("ensemble", {name: "no step says what it is"})
    specs = [use.form.spec for use in readers if use.tensor == name]
    optional = bool(specs) and all(spec is not None and spec.optional for spec in specs)
    return replace(
        form.spec, name=name, datatype=form.datatype, shape=form.shape, optional=optional
    )
