"""Drawings of a distribution, in numbers that an SVG takes."""

from dataclasses import dataclass

from monitor.report import Distribution

_ROW = 34.0
_BAR = 9.0
_LONGEST_NAME = 17


@dataclass(frozen=True, slots=True)
class Tick:
    """A text below the drawing at `x`; `anchor` is SVG's text-anchor."""

    x: float
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One category: its top, both sides' bar lengths, and texts."""

    y: float
    name: str
    baseline: float
    window: float
    share: str


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing of `width` by `height`: two outlines with ticks, or bars. Both empty without data."""

    width: float
    height: float
    baseline: str = ""
    window: str = ""
    ticks: tuple[Tick, ...] = ()
    bars: tuple[Bar, ...] = ()


def plot(distribution: Distribution, width: float, height: float) -> Plot:
    """Both sides over each other: outlines for numbers, one pair of bars for each category.

    Categories are as high as they are many, not `height`.
    """
    if distribution.names:
        return _plot_bars(distribution, width)
    if not distribution.baseline:
        return Plot(width, height)
    highest = max(*distribution.baseline, *distribution.window)
    edges = distribution.edges
    texts = (edges[0], (edges[0] + edges[-1]) / 2, edges[-1])
    places = ((0.0, "start"), (width / 2, "middle"), (width, "end"))
    ticks = (
        Tick(x, f"{text:.3g}", anchor) for (x, anchor), text in zip(places, texts, strict=True)
    )
    return Plot(
        width,
        height,
        _outline(distribution.baseline, highest, width, height),
        _outline(distribution.window, highest, width, height),
        tuple(ticks),
    )


def sketch(distribution: Distribution, width: float, height: float) -> Plot:
    """The same in little, without texts: outlines for both kinds."""
    if not distribution.baseline:
        return Plot(width, height)
    highest = max(*distribution.baseline, *distribution.window)
    return Plot(
        width,
        height,
        _outline(distribution.baseline, highest, width, height),
        _outline(distribution.window, highest, width, height),
    )


def _outline(shares: tuple[float, ...], highest: float, width: float, height: float) -> str:
    """A staircase over the bins, closed along the bottom, as an SVG path."""
    step = width / len(shares)
    parts = [f"M0 {height:g}"]
    for index, share in enumerate(shares):
        y = height - height * 0.96 * share / highest
        parts.append(f"L{index * step:.1f} {y:.1f}H{(index + 1) * step:.1f}")
    return "".join([*parts, f"V{height:g}Z"])


def _plot_bars(distribution: Distribution, width: float) -> Plot:
    sides = zip(distribution.names, distribution.baseline, distribution.window, strict=True)
    highest = max(*distribution.baseline, *distribution.window)
    room = width * 0.42
    bars = (
        Bar(
            index * _ROW,
            name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…",
            max(room * before / highest, 0.5),
            max(room * now / highest, 0.5),
            f"{before:.1%} → {now:.1%}",
        )
        for index, (name, before, now) in enumerate(sides)
    )
    return Plot(width, len(distribution.names) * _ROW - (_ROW - 3 * _BAR), bars=tuple(bars))
