import pytest

from core.errors import Unauthenticated
from core.signing import Secret, sign
from serving.door import Door
from tests.fakes.clock import FakeClock

OLD, NEW = Secret("old", b"1" * 32), Secret("new", b"2" * 32)


def make_door(clock: FakeClock, known: list[Secret]) -> Door:
    return Door("iris", lambda: tuple(known), clock)


def proof(secret: Secret, clock: FakeClock) -> bytes:
    return sign(secret, "iris", clock.now() + 30).encode()


def test_a_good_proof_opens_until_it_ends() -> None:
    clock = FakeClock()
    door, good = make_door(clock, [OLD]), proof(OLD, clock)
    door.check(good)
    clock.advance(29)
    door.check(good)
    clock.advance(2)
    with pytest.raises(Unauthenticated):
        door.check(good)


@pytest.mark.parametrize("bad", [None, b"", b"a.b.c.d", b"\xff\xfe"])
def test_nothing_else_opens(bad: bytes | None) -> None:
    with pytest.raises(Unauthenticated):
        make_door(FakeClock(), [OLD]).check(bad)


def test_a_rotated_secret_is_learnt() -> None:
    clock, known = FakeClock(), [OLD]
    door = make_door(clock, known)
    door.check(proof(OLD, clock))
    known.insert(0, NEW)
    clock.advance(1)
    door.check(proof(NEW, clock))


def test_unknown_secrets_are_looked_up_once_a_second_at_most() -> None:
    asked: list[int] = []

    def read() -> tuple[Secret, ...]:
        asked.append(1)
        return (OLD,)

    door = Door("iris", read, FakeClock())
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            door.check(b"unknown.1.iris.mac")
    assert len(asked) == 1
