from dataclasses import replace

import pytest

from core.endpoint import EndpointSpec
from registry.records import EndpointState, Lease, Resident, ResidentState
from serving.standing import Standing, stand
from serving.wish import want_resident
from serving.world import World
from tests.unit.serving.worlds import NOW, make_endpoint, make_lease, make_version

IRIS = make_endpoint()
VARIANT = IRIS.spec.variants[0]
V1, V2 = make_version(1), make_version(2)
R1, R2 = want_resident(IRIS, VARIANT, V1), want_resident(IRIS, VARIANT, V2)
UPDATING = EndpointState.UPDATING
LIVE = replace(R1, state=ResidentState.LIVE)


def judge(*mine: Resident, leases: tuple[Lease, ...] = (), shadow: bool = False) -> Standing:
    document = IRIS.spec.model_dump(mode="json")
    endpoint = replace(IRIS, spec=EndpointSpec.read(document))
    variant = endpoint.spec.variants[0]
    if shadow:
        variant = variant.model_copy(update={"shadow": {}})
    version = V2 if R2.id in {one.id for one in mine} else V1
    seen = World((endpoint,), mine, leases, {}, {"iris@live": version}, NOW)
    return stand(endpoint, variant, mine, seen)


@pytest.mark.parametrize(
    ("mine", "state", "told"),
    [
        ((), EndpointState.CREATING, "loading version 1"),
        ((LIVE, R2), UPDATING, "loading version 2"),
        ((replace(R1, state=ResidentState.FAILED, reason="boom"),), EndpointState.FAILED, "boom"),
        ((replace(R1, state=ResidentState.RETIRED),), UPDATING, "going back to version 1"),
    ],
)
def test_a_variant_says_how_it_stands(
    mine: tuple[Resident, ...], state: EndpointState, told: str
) -> None:
    assert judge(*mine) == Standing(state, f"variant main: {told}")


def test_a_canary_says_how_far_it_is() -> None:
    canary = replace(R2, state=ResidentState.CANARY, share=0.25, stepped_at=NOW)
    found = judge(LIVE, canary)
    assert found.state is EndpointState.UPDATING
    assert found.reason == "variant main: version 2 takes 25% of the traffic (step 1 of 1)"


def test_a_version_that_was_called_back_says_why() -> None:
    back = replace(R2, state=ResidentState.FAILED, reason="rolled back: slow", stepped_at=NOW)
    found = judge(LIVE, back)
    assert found.state is EndpointState.DEGRADED
    assert "version 1 still serves; version 2 did not keep to its guard: rolled" in found.reason


def test_what_answers_is_ready_without_words() -> None:
    assert judge(LIVE, leases=(make_lease(R1),)) == Standing(EndpointState.READY)


def test_a_shadow_never_fails_its_endpoint() -> None:
    failed = replace(R1, state=ResidentState.FAILED, reason="boom")
    assert judge(failed, shadow=True).state is EndpointState.DEGRADED
    assert judge(shadow=True).state is EndpointState.UPDATING
