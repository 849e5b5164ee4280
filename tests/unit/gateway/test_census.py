import orjson
import pytest

from core.oip.statistics import Counts, Duration
from core.refs import EndpointName, ReplicaId, ResidentId
from gateway.census import add_up
from gateway.upstream import Broken, UpstreamReply
from registry.records import Counter
from tests.fakes.gateway import FakeGateway, make_directory, make_lease, make_resident

pytestmark = pytest.mark.anyio
ONE, TWO = make_resident(1), make_resident(2, "second")


def count(rows: int) -> Counts:
    return Counts(rows, rows, rows, {"success": Duration(rows, rows)})


def row(replica: str, rows: int, resident: ResidentId = ONE.id, version: int = 1) -> Counter:
    return Counter(ReplicaId(replica), EndpointName("iris"), resident, version, count(rows), 0.0)


def test_replicas_and_the_departed_are_summed() -> None:
    summed = add_up((ONE, TWO), (row("a", 3), row("departed:x", 5), row("b", 7, TWO.id, 2)), {})
    assert {version: counts.inference_count for version, counts in summed.items()} == {
        "1": 8, "2": 7,
    }  # fmt: skip


def test_of_two_readings_of_a_replica_the_later_counts() -> None:
    live = {ReplicaId("a"): (ONE, count(9)), ReplicaId("new"): (ONE, count(1))}
    assert add_up((ONE,), (row("a", 3),), live)["1"].inference_count == 10
    live = {ReplicaId("a"): (ONE, count(2))}
    assert add_up((ONE,), (row("a", 3),), live)["1"].inference_count == 3


def test_what_is_not_loaded_is_left_out_and_what_is_new_is_zero() -> None:
    summed = add_up((TWO,), (row("a", 3),), {})
    assert summed == {"2": Counts()}


def answer_stats(rows: int) -> UpstreamReply:
    stats = count(rows).to_json("iris", "1")
    return UpstreamReply(200, [], orjson.dumps({"model_stats": [stats]}))


async def ask_census(gateway: FakeGateway) -> int:
    operator = gateway.offers.operator
    assert operator is not None
    (found,) = await operator.count("iris", gateway.follower.directory.serve("iris"))
    return int(found["inference_count"])


async def test_replicas_that_are_there_are_asked() -> None:
    async def answer(message: bytes) -> UpstreamReply:
        assert message.startswith(b"GET /v2/models/iris/stats HTTP/1.1\r\nhost: ")
        assert b"x-tidegate-proof: " in message
        assert message.endswith(b"\r\n\r\n")
        return answer_stats(5)

    gateway = FakeGateway()
    gateway.counters += [row("r1", 3), row("departed:x", 10)]
    gateway.upstream.answers["r1:80"] = answer
    assert await ask_census(gateway) == 15


@pytest.mark.parametrize("odd", [b"", b"{}", b"[]", b'{"model_stats":[{}]}'])
async def test_a_replica_that_does_not_answer_counts_as_it_last_wrote(odd: bytes) -> None:
    async def answer(_message: bytes) -> UpstreamReply:
        return UpstreamReply(200, [], odd)

    async def break_off(_message: bytes) -> UpstreamReply:
        raise Broken("closed", is_refused=False)

    gateway = FakeGateway()
    leases = [make_lease(ONE, replica) for replica in ("r1", "r2", "r3")]
    gateway.follower.adopt(make_directory(ONE, leases=leases))
    gateway.counters += [row("r1", 3), row("r2", 4), row("r3", 5)]
    gateway.upstream.answers |= {"r1:80": answer, "r2:80": break_off}
    assert await ask_census(gateway) == 12
