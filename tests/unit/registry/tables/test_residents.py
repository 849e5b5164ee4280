"""Residents: at most one of a variant is live."""

from dataclasses import replace

from core.dtypes import DataType
from core.endpoint import VariantSpec
from core.refs import EndpointName, ModelName, ResidentId, VariantName
from core.signature import Signature, TensorSpec
from registry.platform import Platform
from registry.records import Resident, ResidentState, Role

LABELLED = TensorSpec("y", DataType.BYTES, (-1,), labels=("x", "é"))
SIGNATURE = Signature(
    (TensorSpec("x", DataType.BF16, (-1, 2), ("a", "b"), optional=True),), (LABELLED,), batched=True
)
FIRST = Resident(
    id=ResidentId("iris-main-1"),
    endpoint=EndpointName("iris"),
    variant=VariantName("main"),
    model=ModelName("iris"),
    version=1,
    spec=VariantSpec(model="iris@live", options={"x": 1.5}),
    signature=SIGNATURE,
    platform="onnxruntime_onnx",
    location="/packages/iris/1",
    digest="sha256:0",
    state=ResidentState.STARTING,
    created_at=1.0,
)
SECOND = replace(FIRST, id=ResidentId("iris-main-2"), version=2, created_at=2.0)
CANARY = replace(FIRST, id=ResidentId("iris-canary-1"), variant=VariantName("canary"))


def states(platform: Platform) -> dict[str, tuple[str, float | None]]:
    return {one.id: (one.state, one.retire_at) for one in platform.residents.list()}


def test_a_resident_comes_back_whole(platform: Platform) -> None:
    platform.residents.add(FIRST)
    assert platform.residents.list() == (FIRST,)


def test_one_that_is_known_stays_as_it_is(platform: Platform) -> None:
    platform.residents.add(FIRST)
    platform.residents.mark(FIRST.id, ResidentState.LIVE)
    platform.residents.add(FIRST)
    assert states(platform) == {FIRST.id: ("live", None)}


def test_promotion_retires_the_live_one_of_the_variant(platform: Platform) -> None:
    for one in (FIRST, SECOND, CANARY):
        platform.residents.add(one)
    platform.residents.promote(FIRST, retire_at=5.0)
    platform.residents.promote(CANARY, retire_at=5.0)
    before = platform.database.generation()
    platform.residents.promote(SECOND, retire_at=9.0)
    assert platform.database.generation() == before + 1
    retired, live = ("retired", 9.0), ("live", None)
    assert states(platform) == {FIRST.id: retired, SECOND.id: live, CANARY.id: live}


def test_promotion_back(platform: Platform) -> None:
    for one in (FIRST, SECOND, FIRST):
        platform.residents.add(one)
        platform.residents.promote(one, retire_at=9.0)
    assert states(platform) == {FIRST.id: ("live", None), SECOND.id: ("retired", 9.0)}


def test_promoting_the_live_one_keeps_it(platform: Platform) -> None:
    platform.residents.add(FIRST)
    platform.residents.promote(FIRST, retire_at=5.0)
    platform.residents.promote(FIRST, retire_at=9.0)
    assert states(platform) == {FIRST.id: ("live", None)}


def test_marking_and_explaining(platform: Platform) -> None:
    platform.residents.add(FIRST)
    platform.residents.mark(FIRST.id, ResidentState.FAILED, "no memory")
    platform.residents.explain(FIRST.id, "still none")
    (found,) = platform.residents.list()
    assert (found.state, found.reason) == (ResidentState.FAILED, "still none")


def test_a_removed_one_is_forgotten(platform: Platform) -> None:
    platform.residents.add(FIRST)
    platform.residents.remove(FIRST.id)
    assert platform.residents.list() == ()


def test_an_explainer_and_its_predictor_are_live_beside_each_other(platform: Platform) -> None:
    explainer = replace(FIRST, id=ResidentId("iris-main-1-explainer"), role=Role.EXPLAINER)
    for one in (FIRST, explainer):
        platform.residents.add(one)
        platform.residents.promote(one, retire_at=9.0)
    assert {state for state, _ in states(platform).values()} == {"live"}
    assert [one.role for one in platform.residents.list()] == [Role.PREDICTOR, Role.EXPLAINER]
