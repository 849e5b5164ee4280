from core.plugins import load
from gateway.limit_store import LIMIT_STORES


def test_every_store_can_be_loaded() -> None:
    for name in LIMIT_STORES:
        assert load("limit store", LIMIT_STORES, name)("redis://localhost:1/0")
