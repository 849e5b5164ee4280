import pytest

from core.errors import NotFound
from core.keys import matches, parse
from core.route import RouteSpec
from tests.fakes.control import FakeControl


def test_a_key_is_shown_once_and_kept_as_its_digest(control: FakeControl) -> None:
    control.platform.routes.apply(RouteSpec(name="iris", endpoint="iris"), 1.0)
    minted = control.client.keys.create("someone", routes=["iris"])
    parsed = parse(minted.text)
    assert parsed is not None
    (kept,) = control.platform.keys.list()
    assert (kept.id, kept.routes) == (parsed[0], ("iris",))
    assert matches(parsed[1], kept.digest)
    assert minted.text not in repr(minted)
    (listed,) = control.client.keys.list()
    assert listed == minted.key
    assert kept.digest not in listed.model_dump_json()


def test_a_key_for_a_route_that_is_not_there_is_refused(control: FakeControl) -> None:
    with pytest.raises(NotFound, match="unknown route 'nope'"):
        control.client.keys.create("someone", routes=["nope"])
    assert control.client.keys.list() == ()


def test_a_key_is_revoked_once(control: FakeControl) -> None:
    key = control.client.keys.create("someone", expires_at=2e9).key
    assert (key.expires_at, key.revoked_at) == (2e9, None)
    control.client.keys.revoke(key.id)
    assert control.client.keys.list()[0].revoked_at == control.clock.now()
    with pytest.raises(NotFound):
        control.client.keys.revoke(key.id)


def test_a_rotated_key_has_the_old_ones_rights_and_account(control: FakeControl) -> None:
    control.client.plans.apply({"name": "gold", "rate": 5})
    old = control.client.keys.create("ann", plan="gold", scopes=["read"]).key
    minted = control.client.keys.rotate(old.id, overlap_s=60)
    new = minted.key
    assert (new.name, new.plan, new.scopes, new.replaces) == ("ann", "gold", ("read",), old.id)
    before, _ = control.client.keys.list()
    assert before.expires_at == control.clock.now() + 60
    third = control.client.keys.rotate(new.id, overlap_s=0).key
    assert third.replaces == old.id
    control.client.keys.revoke(third.id)
    with pytest.raises(NotFound):
        control.client.keys.rotate(third.id)


def test_a_signing_pair_is_derived_and_always_the_same(control: FakeControl) -> None:
    key = control.client.keys.create("ann").key
    pair = control.client.keys.sign(key.id)
    assert pair == control.client.keys.sign(key.id)
    assert pair.access_key_id.endswith(key.id.upper())
    with pytest.raises(NotFound):
        control.client.keys.sign("ffffffff")


def test_a_plan_that_no_stage_has_is_refused(control: FakeControl) -> None:
    with pytest.raises(NotFound, match="unknown plan 'none'"):
        control.client.keys.create("ann", plan="none")
