from core.latencies import Latencies
from core.refs import ResidentId
from registry.records import Traffic
from registry.tables.traffic import SPAN_S
from serving.world import World

R, OTHER = ResidentId("iris-main-1"), ResidentId("iris-main-2")
SPANS = (
    Traffic("a", R, 100, 3, 1, Latencies((2,))),
    Traffic("b", R, 105, 4, 0, Latencies((0, 4))),
    Traffic("a", OTHER, 110, 50, 50),
    Traffic("a", R, 110, waiting=1),
    Traffic("a", R, 115),
)
WORLD = World((), (), (), {}, {}, 120.0, SPANS)


def test_what_all_gateways_saw_since_then_is_summed() -> None:
    found = WORLD.seen(R, 100)
    assert (found.requests, found.errors, found.latencies.counts) == (7, 1, (2, 4))
    assert WORLD.seen(R, 101).requests == 4
    assert WORLD.seen(ResidentId("nobody"), 0).requests == 0


def test_whoever_waits_has_asked() -> None:
    assert WORLD.asked_at(R) == 110 + SPAN_S
    assert WORLD.asked_at(ResidentId("nobody")) == 0
