import pytest

from core.errors import NotFound
from core.keys import matches, parse
from tests.fakes.control import FakeControl


def test_a_key_is_shown_once_and_kept_as_its_digest(control: FakeControl) -> None:
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


def test_a_key_is_revoked_once(control: FakeControl) -> None:
    key = control.client.keys.create("someone", expires_at=2e9).key
    assert (key.expires_at, key.revoked_at) == (2e9, None)
    control.client.keys.revoke(key.id)
    assert control.client.keys.list()[0].revoked_at == control.clock.now()
    with pytest.raises(NotFound):
        control.client.keys.revoke(key.id)
