"""API keys: revoked ones stay revoked, and secrets stay out of sight."""

from dataclasses import replace

import pytest

from core.errors import NotFound
from core.refs import KeyId
from registry.platform import Platform
from registry.records import ApiKey

KEY = ApiKey(KeyId("0a1b2c3d"), "ci", "d" * 64, ("iris",), 1.0, 99.0, None)


def test_a_key_comes_back_whole(platform: Platform) -> None:
    platform.keys.add(KEY)
    assert platform.keys.list() == (KEY,)


def test_its_digest_is_not_printed() -> None:
    assert KEY.digest not in repr(KEY)


def test_a_revoked_key_is_listed_with_its_time(platform: Platform) -> None:
    platform.keys.add(KEY)
    before = platform.database.generation()
    platform.keys.revoke(KEY.id, now=5.0)
    assert platform.keys.list() == (replace(KEY, revoked_at=5.0),)
    assert platform.database.generation() == before + 1


def test_a_key_is_revoked_once(platform: Platform) -> None:
    platform.keys.add(KEY)
    platform.keys.revoke(KEY.id, now=5.0)
    with pytest.raises(NotFound):
        platform.keys.revoke(KEY.id, now=6.0)
    assert platform.keys.list()[0].revoked_at == 5.0


def test_an_unknown_key_is_not_found(platform: Platform) -> None:
    with pytest.raises(NotFound):
        platform.keys.revoke(KEY.id, now=5.0)


def test_the_oldest_comes_first(platform: Platform) -> None:
    platform.keys.add(replace(KEY, id=KeyId("b"), created_at=2.0))
    platform.keys.add(KEY)
    assert [key.id for key in platform.keys.list()] == [KEY.id, "b"]
