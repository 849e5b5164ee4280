"""Latencies as a histogram: it merges by adding, and answers quantiles to within a fifth."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

_FIRST_S = 0.0002
_GROWTH = 1.2
_SIZE = 72
# From 0.2 ms to more than a minute; the last bucket takes whatever is longer.
BOUNDS_S = tuple(_FIRST_S * _GROWTH**step for step in range(_SIZE))


@dataclass(frozen=True, slots=True)
class Latencies:
    """How many fell at or below each of BOUNDS_S, each counted once; written without its trailing zeros."""

    counts: tuple[int, ...] = ()

    @classmethod
    def of(cls, seconds: Iterable[float]) -> Self:
        """The histogram of these."""
        tally = [0] * (_SIZE + 1)
        for each in seconds:
            tally[find_bucket(each)] += 1
        return cls(trim(tally))

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(self.counts)

    def __add__(self, other: "Latencies") -> "Latencies":
        """Both together."""
        longer, shorter = sorted((self.counts, other.counts), key=len, reverse=True)
        padded = (*shorter, *(0,) * (len(longer) - len(shorter)))
        return Latencies(tuple(a + b for a, b in zip(longer, padded, strict=True)))

    def quantile(self, share: float) -> float | None:
        """Seconds below which this share of them (0 to 1) lies; None of nothing.

        Linear within a bucket, as Prometheus's histogram_quantile.
        """
        total = self.total
        if not total:
            return None
        rank, seen = share * total, 0
        for bucket, count in enumerate(self.counts):
            if count and seen + count >= rank:
                low = BOUNDS_S[bucket - 1] if bucket else 0.0
                high = BOUNDS_S[min(bucket, _SIZE - 1)]
                return low + max(high - low, 0.0) * max(rank - seen, 0.0) / count
            seen += count
        return BOUNDS_S[-1]


NO_LATENCIES = Latencies()


def find_bucket(seconds: float) -> int:
    """The index of the bucket that this falls into."""
    return bisect_left(BOUNDS_S, seconds)


def trim(counts: Sequence[int]) -> tuple[int, ...]:
    """Without trailing zeros, so that what is quick is also written short."""
    end = len(counts)
    while end and not counts[end - 1]:
        end -= 1
    return tuple(counts[:end])
