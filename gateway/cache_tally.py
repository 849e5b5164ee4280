"""What the response cache has done, for Prometheus; several workers' numbers add up."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from gateway.cache import ResponseCache

Json = dict[str, Any]


class CacheTally:
    """Counts by route, which is one that was published, and outcome: the labels are bounded."""

    def __init__(self, store: ResponseCache) -> None:
        self._store = store
        self._requests: dict[tuple[str, str], int] = {}

    def count(self, route: str, outcome: str) -> None:
        """Count one request: `hit`, `miss`, `collapsed`, `bypass` or `absent`."""
        key = (route, outcome)
        self._requests[key] = self._requests.get(key, 0) + 1

    def export(self) -> Json:
        """All of it as JSON."""
        store = self._store
        return {
            "requests": [[*key, count] for key, count in self._requests.items()],
            "evicted": {"room": store.given_up, "expired": store.expired},
            "bytes": store.held_bytes,
            "entries": len(store),
        }


def collect_cache(documents: Iterable[Json]) -> Iterator[Metric]:
    """The metrics of what several workers have exported."""
    requests, evicted = Counter[tuple[str, str]](), Counter[str]()
    held, entries = 0, 0
    for document in documents:
        for route, outcome, count in document["requests"]:
            requests[route, outcome] += count
        evicted.update(document["evicted"])
        held += document["bytes"]
        entries += document["entries"]
    asked = CounterMetricFamily(
        "tidegate_cache_requests",
        "Requests of routes with a cache, by what it did",
        labels=("route", "outcome"),
    )
    for labels, count in requests.items():
        asked.add_metric(labels, count)
    yield asked
    gone = CounterMetricFamily(
        "tidegate_cache_evictions", "Answers that were given up", labels=("reason",)
    )
    for reason, count in evicted.items():
        gone.add_metric((reason,), count)
    yield gone
    yield GaugeMetricFamily("tidegate_cache_bytes", "Memory of the answers kept", held)
    yield GaugeMetricFamily("tidegate_cache_entries", "Answers kept", entries)
