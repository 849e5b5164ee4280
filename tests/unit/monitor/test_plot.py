import re

from monitor.plot import plot, sketch
from monitor.report import Distribution

NUMBERS = Distribution(edges=(0, 1, 2), baseline=(0.5, 0.5), window=(1.0, 0.0))
NAMES = Distribution(names=("a", "x" * 50), baseline=(1.0, 0.0), window=(0.25, 0.75))


def test_outlines_stay_within_the_drawing() -> None:
    drawn = plot(NUMBERS, 100, 50)
    numbers = [float(text) for text in re.findall(r"[\d.]+", drawn.baseline + drawn.window)]
    assert min(numbers) >= 0
    assert max(numbers) <= 100
    assert drawn.window.startswith("M0 50L0.0 2.0H50.0")
    assert [tick.text for tick in drawn.ticks] == ["0", "1", "2"]


def test_categories_are_pairs_of_bars() -> None:
    drawn = plot(NAMES, 400, 50)
    assert [bar.name for bar in drawn.bars] == ["a", "x" * 16 + "…"]
    assert drawn.bars[0].baseline > drawn.bars[0].window
    assert drawn.bars[0].share == "100.0% → 25.0%"
    assert drawn.height < 100


def test_a_sketch_has_no_texts() -> None:
    assert sketch(NAMES, 100, 20).window
    assert (sketch(NAMES, 100, 20).bars, sketch(NUMBERS, 100, 20).ticks) == ((), ())


def test_nothing_gives_an_empty_drawing() -> None:
    assert plot(Distribution(), 10, 10).baseline == ""
    assert sketch(Distribution(), 10, 10).window == ""
