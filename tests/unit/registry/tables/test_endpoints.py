"""Endpoints: what is wanted, and how it stands."""

import pytest

from core.endpoint import CaptureSpec, EndpointSpec, VariantSpec
from core.errors import EndpointNotFound
from core.refs import EndpointName
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
    platform.endpoints.apply(SPEC, now=1.0)
    platform.endpoints.mark(IRIS, EndpointState.DEGRADED, "why")
    changed = SPEC.model_copy(update={"timeout_s": 5.0})
    endpoint = platform.endpoints.apply(changed, now=3.0)
    assert (endpoint.spec, endpoint.state, endpoint.reason) == (
        changed,
        EndpointState.UPDATING,
        "",
    )
    assert (endpoint.created_at, endpoint.updated_at) == (1.0, 3.0)


def test_a_mark_says_how_it_stands(platform: Platform) -> None:
    platform.endpoints.apply(SPEC, now=1.0)
    platform.endpoints.mark(IRIS, EndpointState.FAILED, "no such version")
    endpoint = platform.endpoints.get(IRIS)
    assert (endpoint.state, endpoint.reason) == (EndpointState.FAILED, "no such version")


def test_a_removed_endpoint_is_not_found(platform: Platform) -> None:
    platform.endpoints.apply(SPEC, now=1.0)
    platform.endpoints.remove(IRIS)
    with pytest.raises(EndpointNotFound):
        platform.endpoints.get(IRIS)


def test_they_are_listed_by_name(platform: Platform) -> None:
    for name in ("b", "a"):
        platform.endpoints.apply(SPEC.model_copy(update={"name": name}), now=1.0)
    assert [endpoint.name for endpoint in platform.endpoints.list()] == ["a", "b"]
