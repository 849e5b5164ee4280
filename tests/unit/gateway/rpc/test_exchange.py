import pytest

from core.errors import QueueFull
from gateway.budget import Budget
from gateway.rpc.exchange import Exchange, read_headers


def test_metadata_becomes_headers() -> None:
    metadata = (("authorization", " Bearer x"), ("trace-bin", b"\x00"), ("x-long", "a" * 9000))
    assert read_headers(metadata) == [(b"authorization", b"Bearer x")]
    assert read_headers(None) == []


def test_it_notes_what_it_holds_and_the_name() -> None:
    budget = Budget(10)
    exchange = Exchange([], "i", 0.0, None, budget)
    exchange.take(8)
    with pytest.raises(QueueFull):
        exchange.take(3)
    call = exchange.call("iris", "2")
    assert (exchange.held_bytes, exchange.name, call.version) == (8, "iris", "2")
