from core.tensor import InferResponse, Tensor
from gateway.cache import ResponseCache
from gateway.cache_tally import CacheTally
from gateway.metrics import RequestMetrics
from tests.fakes.tap import FakeTap

RESPONSE = InferResponse("iris", "1", (Tensor.of("y", [1.0]),))


def make_tally(outcome: str) -> CacheTally:
    store = ResponseCache(2**20, max_entries=1)
    for key in (b"a", b"b"):
        store.keep(key, RESPONSE, 0.0, 10.0, 2**20)
    tally = CacheTally(store)
    tally.count("flowers", outcome)
    tally.count("flowers", "miss")
    return tally


def test_workers_numbers_add_up() -> None:
    other = RequestMetrics(FakeTap(), cache=make_tally("miss"))
    mine = RequestMetrics(FakeTap(), lambda: [other.export()], make_tally("hit"))
    text = mine.write().decode()
    assert 'tidegate_cache_requests_total{outcome="hit",route="flowers"} 1.0' in text
    assert 'tidegate_cache_requests_total{outcome="miss",route="flowers"} 3.0' in text
    assert 'tidegate_cache_evictions_total{reason="room"} 2.0' in text
    assert "tidegate_cache_entries 2.0" in text
    held = make_tally("hit").export()["bytes"]
    assert f"tidegate_cache_bytes {2 * held}" in text


def test_without_a_cache_there_is_nothing_to_tell() -> None:
    assert "tidegate_cache" not in RequestMetrics(FakeTap()).write().decode()
