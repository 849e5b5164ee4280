"""What a report shows of a feature's two sides: summaries, and distributions in common bins."""

import numpy as np

from core.tensor import Array
from monitor.baseline import Profile, Values
from monitor.metric import Kind
from monitor.report import Distribution, Summary

BARS = 24
MAX_NAMES = 12
OTHERS = "(others)"


def summarise(values: Values) -> Summary:
    """One side in few numbers."""
    rows, missing, present = values.rows, values.missing, values.present
    if values.kind is Kind.CATEGORICAL or not len(present):
        return Summary(rows=rows, missing=missing)
    return Summary(
        rows=rows,
        missing=missing,
        mean=float(present.mean()),
        deviation=float(present.std()),
        low=float(present.min()),
        median=float(np.median(present)),
        high=float(present.max()),
    )


def draw(profile: Profile, window: Values) -> Distribution:
    """Both sides in bins that suit the eye; empty where one side has no value."""
    baseline = profile.values.present
    if not len(baseline) or not len(window.present):
        return Distribution()
    if profile.kind is Kind.CATEGORICAL:
        return _draw_categories(baseline, window.present)
    return _draw_numbers(baseline, window.present)


def _draw_numbers(baseline: Array, window: Array) -> Distribution:
    # The bulk of both sides decides on the width, so that one outlier does not squash the picture.
    quantiles = [np.quantile(side, (0.005, 0.995)) for side in (baseline, window)]
    low = float(min(pair[0] for pair in quantiles))
    high = float(max(pair[1] for pair in quantiles))
    if not low < high:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, BARS + 1)
    shares = [_count(side, edges) for side in (baseline, window)]
    return Distribution(edges=tuple(edges.tolist()), baseline=shares[0], window=shares[1])


def _count(values: Array, edges: Array) -> tuple[float, ...]:
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    return tuple((counts / len(values)).tolist())


def _draw_categories(baseline: Array, window: Array) -> Distribution:
    shares = [_share(side) for side in (baseline, window)]
    names = sorted(
        {*shares[0], *shares[1]},
        key=lambda name: (-shares[0].get(name, 0.0) - shares[1].get(name, 0.0), name),
    )
    shown = names if len(names) <= MAX_NAMES else names[: MAX_NAMES - 1]
    sides = [[side.get(name, 0.0) for name in shown] for side in shares]
    if len(shown) < len(names):
        shown = [*shown, OTHERS]
        sides = [[*side, max(1.0 - sum(side), 0.0)] for side in sides]
    return Distribution(names=tuple(shown), baseline=tuple(sides[0]), window=tuple(sides[1]))


def _share(values: Array) -> dict[str, float]:
    names, counts = np.unique(values, return_counts=True)
    shares = (counts / len(values)).tolist()
    return dict(zip(names.tolist(), shares, strict=True))
