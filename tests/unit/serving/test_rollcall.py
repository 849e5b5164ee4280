from dataclasses import replace

from core.refs import ReplicaId
from registry.records import Lease, ResidentState
from serving.rollcall import call_roll, compare
from serving.wish import want_resident
from tests.unit.serving.worlds import NOW, make_endpoint, make_version

IRIS = make_endpoint()
LIVE = replace(
    want_resident(IRIS, IRIS.spec.variants[0], make_version(1)), state=ResidentState.LIVE
)


def lease(replica: str) -> Lease:
    return Lease(ReplicaId(replica), LIVE.id, "h:1", NOW + 5)


def tell(before: tuple[str, ...], now: tuple[str, ...], state: ResidentState) -> list[str]:
    rolls = [call_roll(tuple(lease(one) for one in names)) for names in (before, now)]
    changes = compare(rolls[0], rolls[1], (replace(LIVE, state=state),))
    return [change.message for change in changes]


def test_who_comes_and_who_is_lost_is_told() -> None:
    told = tell(("r1", "r2"), ("r2", "r3"), ResidentState.LIVE)
    assert told == [
        "replica r1 of version 1 answers no more",
        "replica r3 of version 1 answers",
    ]


def test_who_was_sent_away_is_no_news() -> None:
    assert tell(("r1",), (), ResidentState.DRAINING) == []


def test_nothing_new_is_no_news() -> None:
    assert tell(("r1",), ("r1",), ResidentState.LIVE) == []
