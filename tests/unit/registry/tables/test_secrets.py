"""Signing secrets: rotated in time, dropped when they ended."""

from concurrent.futures import ThreadPoolExecutor

from registry.platform import Platform
from registry.tables.secrets import LIFETIME_S

NOW = 1_700_000_000.0


def test_the_first_rotation_makes_one(platform: Platform) -> None:
    secret = platform.secrets.rotate(NOW)
    assert len(secret.value) == 32
    assert platform.secrets.list(NOW) == (secret,)


def test_a_fresh_one_stays(platform: Platform) -> None:
    first = platform.secrets.rotate(NOW)
    before = platform.database.generation()
    assert platform.secrets.rotate(NOW + LIFETIME_S / 2 - 1) == first
    assert platform.database.generation() == before


def test_half_way_a_new_one_joins_and_comes_first(platform: Platform) -> None:
    first = platform.secrets.rotate(NOW)
    second = platform.secrets.rotate(NOW + LIFETIME_S / 2)
    assert second != first
    assert platform.secrets.list(NOW + LIFETIME_S / 2) == (second, first)


def test_an_ended_one_is_not_given_out(platform: Platform) -> None:
    platform.secrets.rotate(NOW)
    assert platform.secrets.list(NOW + LIFETIME_S) == ()


def test_an_ended_one_is_dropped(platform: Platform) -> None:
    platform.secrets.rotate(NOW)
    second = platform.secrets.rotate(NOW + LIFETIME_S)
    assert platform.secrets.list(0.0) == (second,)


def test_racing_rotations_leave_one_to_sign_with(platform: Platform) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(lambda _: platform.secrets.rotate(NOW), range(4)))
    assert made <= set(platform.secrets.list(NOW))
