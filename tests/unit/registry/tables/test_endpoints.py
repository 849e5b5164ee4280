"""Endpoints: what is wanted, and how it stands."""

import pytest

from core.endpoint import CaptureSpec, EndpointSpec, VariantSpec
from core.errors import Conflict, NotFound
from core.refs import EndpointName
from core.route import RouteSpec
from registry.platform import Platform
from registry.records import EndpointState

IRIS = EndpointName("iris")
SPEC = EndpointSpec(
    name="iris", variants=(VariantSpec(model="iris:1"),), capture=CaptureSpec(share=0.5)
)


def test_a_new_endpoint_is_being_created(platform: Platform) -> None:
    endpoint = platform.endpoints.apply(SPEC, now=1.0)
    assert (endpoint.spec, endpoint.state) == (SPEC, EndpointState.CREATING)
    assert platform.endpoints.list() == (endpoint,)


def test_a_changed_endpoint_is_being_updated(platform: Platform) -> None:
    known = platform.endpoints.apply(SPEC, now=1.0)
    platform.endpoints.mark(known, EndpointState.DEGRADED, "why")
    changed = SPEC.model_copy(update={"timeout_s": 5.0})
    endpoint = platform.endpoints.apply(changed, now=3.0)
    assert (endpoint.spec, endpoint.state, endpoint.reason) == (
        changed,
        EndpointState.UPDATING,
        "",
    )
    assert (endpoint.created_at, endpoint.updated_at) == (1.0, 3.0)


def test_a_mark_says_how_it_stands(platform: Platform) -> None:
    known = platform.endpoints.apply(SPEC, now=1.0)
    assert platform.endpoints.mark(known, EndpointState.FAILED, "no such version")
    endpoint = platform.endpoints.get(IRIS)
    assert (endpoint.state, endpoint.reason) == (EndpointState.FAILED, "no such version")


def test_a_removed_endpoint_is_not_found(platform: Platform) -> None:
    platform.endpoints.apply(SPEC, now=1.0)
    platform.endpoints.take_down(IRIS)
    assert platform.endpoints.get(IRIS).state is EndpointState.DELETING
    assert platform.endpoints.remove(IRIS)
    with pytest.raises(NotFound, match="unknown endpoint 'iris'"):
        platform.endpoints.get(IRIS)


def test_they_are_listed_by_name(platform: Platform) -> None:
    for name in ("b", "a"):
        platform.endpoints.apply(SPEC.model_copy(update={"name": name}), now=1.0)
    assert [endpoint.name for endpoint in platform.endpoints.list()] == ["a", "b"]


def test_a_stale_mark_undoes_no_deletion(platform: Platform) -> None:
    seen = platform.endpoints.apply(SPEC, now=1.0)
    platform.endpoints.take_down(IRIS)
    assert not platform.endpoints.mark(seen, EndpointState.READY)
    assert platform.endpoints.get(IRIS).state is EndpointState.DELETING


def test_a_stale_mark_says_nothing_of_a_newer_spec(platform: Platform) -> None:
    platform.endpoints.apply(SPEC, now=1.0)
    seen = platform.endpoints.apply(SPEC, now=2.0)
    platform.endpoints.apply(SPEC, now=3.0)
    assert not platform.endpoints.mark(seen, EndpointState.READY)
    assert platform.endpoints.get(IRIS).state is EndpointState.UPDATING


def test_one_that_is_wanted_again_is_not_removed(platform: Platform) -> None:
    platform.endpoints.apply(SPEC, now=1.0)
    platform.endpoints.take_down(IRIS)
    platform.endpoints.apply(SPEC, now=2.0)
    assert not platform.endpoints.remove(IRIS)
    assert platform.endpoints.get(IRIS).state is EndpointState.UPDATING


def test_one_that_routes_lead_to_is_taken_down_with_them_only(platform: Platform) -> None:
    platform.endpoints.apply(SPEC, now=1.0)
    for name, endpoint in (("a", "iris"), ("b", "iris"), ("c", "other")):
        platform.routes.apply(RouteSpec(name=name, endpoint=endpoint), now=1.0)
    with pytest.raises(Conflict, match="found a, b; delete them first"):
        platform.endpoints.take_down(IRIS)
    assert platform.endpoints.get(IRIS).state is EndpointState.CREATING
    assert platform.endpoints.take_down(IRIS, with_routes=True) == ("a", "b")
    assert [route.spec.name for route in platform.routes.list()] == ["c"]


def test_what_is_not_there_cannot_be_taken_down(platform: Platform) -> None:
    with pytest.raises(NotFound, match="unknown endpoint 'iris'"):
        platform.endpoints.take_down(IRIS)


def test_a_new_one_is_private(platform: Platform) -> None:
    platform.routes.apply(RouteSpec(name="left", endpoint="iris"), now=1.0)
    platform.endpoints.apply(SPEC, now=2.0)
    assert platform.routes.list() == ()
