"""Rollouts in steps, shadows, sleep and pools, as their callers and operators meet them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from registry.records import EndpointState
from tests.samples import write_failing_model
from tests.system.stand import Exposed, Stand, write_body
from tests.system.test_rollout import ROW, SCORES, make_load, scores_of
from tidegate.client.waiting import Waiting
from tidegate.demo.promotion import Load

SMALL = {"resources": {"num_cpus": 0.1}}
GUARDED = {
    "strategy": "canary",
    "step_share": 0.4,
    "step_s": 60,
    "guard": {"min_requests": 10, "max_error_rate": 0.2},
}


@contextmanager
def rolled(stand: Stand, name: str, rollout: dict[str, object]) -> Iterator[Exposed]:
    """An endpoint on version 1 of the linear model, public; it is taken down afterwards."""
    stand.publish(name, offset=0.0)
    stand.publish(name, offset=100.0)
    stand.read("models", "alias", name, "live", "1")
    variants = [{"model": f"{name}@live", **SMALL}]
    with stand.connect() as client:
        client.endpoints.apply(
            {"name": name, "variants": variants, "rollout": rollout, "retain_s": 0}
        )
        client.endpoints.wait(name)
        yield stand.expose(name)
        client.endpoints.remove(name, with_routes=True)


def test_a_version_that_fails_its_callers_is_called_back(stand: Stand) -> None:
    with rolled(stand, "guarded", GUARDED) as exposed, make_load(exposed) as load:
        source = stand.settings.home / "drafts" / "failing" / "source" / "model.onnx"
        bad, _ = stand.publish_file("guarded", write_failing_model(source))
        load.await_version(1)
        stand.read("models", "alias", "guarded", "live", str(bad))
        degraded = await_state(stand, "guarded", EndpointState.DEGRADED)
        assert "rolled back: error rate" in degraded
        assert "version 1 still serves" in degraded
        settle(load)
        before = len(load.failures)
        load.await_version(1, more=200)
    assert 0 < before == len(load.failures)
    assert {one[:3] for one in load.failures} == {"500"}


def settle(load: Load) -> None:
    """Gateways follow by looking: let those requests end that were sent before they had."""
    seen = -1
    while seen != len(load.failures):
        seen = len(load.failures)
        load.await_version(1, more=100)


def test_a_linear_rollout_goes_through_its_steps(stand: Stand) -> None:
    steps = {"strategy": "linear", "step_share": 0.5, "step_s": 10}
    with rolled(stand, "stepped", steps) as exposed, make_load(exposed) as load:
        load.await_version(1)
        stand.read("models", "alias", "stepped", "live", "2")
        load.await_version(2, more=10)
        load.await_version(1, more=1)
        seen = stand.read("endpoints", "rollout", "stepped")
        assert (seen["steps"], {one["version"] for one in seen["versions"]}) == (2, {1, 2})
        stand.read("endpoints", "wait", "stepped", "--version", "2")
        assert scores_of(exposed) == SCORES[2]
    assert load.failures == []


def test_a_shadow_is_compared_and_never_seen(stand: Stand) -> None:
    with rolled(stand, "shaded", {}) as exposed, stand.connect() as client:
        shadow = {"name": "next", "model": "shaded:2", "shadow": {}, **SMALL}
        live = {"model": "shaded@live", **SMALL}
        client.endpoints.apply({"name": "shaded", "variants": [live, shadow]})
        client.endpoints.wait("shaded")
        (report,) = Waiting().until(
            lambda: ask_and_report(exposed, stand),
            lambda found: bool(found) and found[0]["compared"] >= 3,
            subject="a report",
            timeout_s=60,
        )
    assert (report["agreed"], report["failed"], report["outputs"][0]["largest"]) == (0, 0, 100)


def ask_and_report(exposed: Exposed, stand: Stand) -> list[dict[str, Any]]:
    assert scores_of(exposed) == SCORES[1]
    found: list[dict[str, Any]] = stand.read("endpoints", "shadows", exposed.name)
    return found


def test_a_variant_that_sleeps_is_woken_by_the_next_request(stand: Stand) -> None:
    scaling = {"min_replicas": 0, "max_replicas": 1, "idle_s": 2, "downscale_delay_s": 0}
    with rolled(stand, "sleepy", {}) as exposed, stand.connect() as client:
        variant = {"model": "sleepy@live", "autoscaling": scaling, **SMALL}
        client.endpoints.apply({"name": "sleepy", "variants": [variant], "timeout_s": 60})
        asleep = await_state(stand, "sleepy", EndpointState.READY, "scaled to zero")
        assert asleep == "variant main: scaled to zero"
        assert client.endpoints.get("sleepy").replicas == ()
        assert scores_of(exposed) == SCORES[1]


def await_state(stand: Stand, name: str, state: EndpointState, told: str = "") -> str:
    """The endpoint's reason, once it is in this state and says so."""
    with stand.connect() as client:
        found = Waiting().until(
            lambda: client.endpoints.get(name),
            lambda seen: seen.state is state and told in seen.reason,
            subject=f"{name} is {state}",
            timeout_s=90,
        )
    return found.reason


def test_a_pool_answers_for_more_models_than_it_holds(stand: Stand) -> None:
    stand.read("pools", "create", "crowd", "--max-models", "2", "--cpus", "0.1")
    names = ("crowd-a", "crowd-b", "crowd-c")
    with stand.connect() as client:
        for offset, name in enumerate(names):
            stand.publish(name, offset=float(offset))
            variant = {"model": f"{name}:1", "pool": "crowd"}
            client.endpoints.apply({"name": name, "variants": [variant]})
        for name in names:
            client.endpoints.wait(name)
        found = [ask(stand, name) for name in (*names, *names)]
        assert found == [40.0, 41.0, 42.0] * 2
        (held,) = client.pools.get("crowd").replicas.values()
        assert len(held) <= 2
        for name in names:
            client.endpoints.remove(name)
        Waiting().until(
            client.endpoints.list,
            lambda seen: not {one.name for one in seen} & set(names),
            subject="the endpoints are gone",
            timeout_s=60,
        )
        client.pools.remove("crowd")


def ask(stand: Stand, name: str) -> float:
    """The first score, by the private listener."""
    url = f"{stand.settings.private_url}/v2/models/{name}/infer"
    answer = httpx.post(url, content=write_body(ROW), timeout=60)
    assert answer.status_code == 200, answer.text
    return float(answer.json()["outputs"][0]["data"][0])
