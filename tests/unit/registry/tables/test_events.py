"""Events: newest first, of one thing."""

from registry.platform import Platform
from registry.records import Event


def test_the_latest_of_one_thing_come_first(platform: Platform) -> None:
    told = [Event(float(at), "endpoint", "iris", f"m{at}") for at in range(4)]
    for event in told:
        platform.events.add(event)
    platform.events.add(Event(9.0, "endpoint", "wine", "other"))
    platform.events.add(Event(9.0, "job", "iris", "other"))
    assert platform.events.list("endpoint", "iris", limit=3) == tuple(reversed(told[1:]))


def test_an_event_wakes_nobody(platform: Platform) -> None:
    before = platform.database.generation()
    platform.events.add(Event(1.0, "endpoint", "iris", "m"))
    assert platform.database.generation() == before


def test_the_newest_of_each_thing_are_kept(platform: Platform) -> None:
    for kind, subject in (("endpoint", "iris"), ("endpoint", "wine"), ("job", "iris")):
        for at in range(4 if subject == "iris" else 1):
            platform.events.add(Event(float(at), kind, subject, f"m{at}"))
    assert platform.events.trim(2) == 4
    kept = [event.message for event in platform.events.list("endpoint", "iris")]
    assert kept == ["m3", "m2"]
    assert len(platform.events.list("endpoint", "wine")) == 1
    assert platform.events.trim(2) == 0
