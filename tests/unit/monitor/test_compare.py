import numpy as np
import pytest

from monitor.compare import Subject, compare, describe, group_findings
from monitor.report import Finding
from monitor.spec import Thresholds
from tests.fakes.profiles import Cells, profile_of, values_of

RANDOM = np.random.default_rng(0)
STILL: list[float | str | None] = RANDOM.normal(size=300).tolist()
AGAIN: list[float | str | None] = RANDOM.normal(size=200).tolist()
MOVED: list[float | str | None] = (RANDOM.normal(size=200) + 1).tolist()


def subject(baseline: Cells, window: Cells) -> Subject:
    profile = profile_of(baseline)
    return Subject("input", profile, values_of(profile, window))


def found(baseline: Cells, window: Cells, **thresholds: object) -> list[tuple[str, str]]:
    given = Thresholds.read(thresholds)
    comparison = compare([subject(baseline, window)], given)
    return [(finding.check, finding.metric) for finding in comparison.findings]


def test_what_did_not_move_is_no_finding() -> None:
    assert found(STILL, AGAIN) == []


def test_a_shift_is_found_and_described() -> None:
    comparison = compare([subject(STILL, MOVED)], Thresholds())
    finding = comparison.findings[0]
    assert (finding.check, finding.metric, finding.role) == ("drift", "kolmogorov_smirnov", "input")
    assert finding.message.startswith("x: the distribution differs from the baseline (mean ")
    assert comparison.features[0].has_findings
    measured = [m.metric for m in comparison.features[0].measurements]
    assert measured[:3] == ["kolmogorov_smirnov", "psi", "jensen_shannon"]


@pytest.mark.parametrize("metric", ["psi", "jensen_shannon"])
def test_the_named_metric_decides(metric: str) -> None:
    given = {"metrics": {metric: None}, "checks": {}}
    assert found(STILL, MOVED, **given) == [("drift", metric)]
    assert found(STILL, AGAIN, **given) == []


def test_a_large_difference_that_may_be_chance_is_none() -> None:
    assert found(STILL, AGAIN, metrics={"kolmogorov_smirnov": 0.01}) == []
    assert found(STILL[:30], MOVED[:21], alpha=1e-9) == []


def test_a_sure_difference_that_is_small_is_none() -> None:
    assert found(STILL, MOVED, metrics={"kolmogorov_smirnov": 0.9}, checks={}) == []


def test_a_threshold_of_zero_asks_for_any_sure_difference() -> None:
    given = {"metrics": {"kolmogorov_smirnov": 0}, "checks": {}}
    assert found(STILL, MOVED, **given) == [("drift", "kolmogorov_smirnov")]
    assert found(STILL, STILL, **given) == []


@pytest.mark.parametrize(
    ("window", "check"),
    [
        ([*AGAIN[:150], *[None] * 50], "missing_values"),
        ([*STILL[:150], *[99.0] * 50], "out_of_range"),
    ],
)
def test_checks_find_what_they_look_for(window: Cells, check: str) -> None:
    comparison = compare([subject(STILL, window)], Thresholds())
    messages = {finding.check: finding.message for finding in comparison.findings}
    assert "25.0%" in messages[check]


def test_categories_are_tested_by_their_shares() -> None:
    assert found(["a", "b"] * 100, ["a", "a", "a", "b"] * 50) == [("drift", "chi_square")]
    assert found(["a", "b"] * 100, ["a", "b", "c"] * 60)[0][0] == "unknown_categories"


def test_too_few_values_are_not_tested_for_drift() -> None:
    comparison = compare([subject(STILL, [5.0] * 19)], Thresholds(checks={}))
    assert (comparison.findings, comparison.tests) == ((), 0)


def test_the_largest_excess_comes_first() -> None:
    further: list[float | str | None] = (RANDOM.normal(size=200) + 2).tolist()
    subjects = [subject(STILL, MOVED), subject(STILL, further)]
    values = [finding.value or 0 for finding in compare(subjects, Thresholds(checks={})).findings]
    assert len(values) == 2
    assert values[0] > values[1]


def test_describing_tests_nothing() -> None:
    comparison = describe([subject(STILL, MOVED)])
    assert (comparison.findings, comparison.tests) == ((), 0)
    assert comparison.features[0].measurements == ()
    assert comparison.features[0].distribution.window


def test_findings_are_grouped_by_column() -> None:
    findings = [
        Finding(check="drift", feature=name, role="input", metric="psi", value=1, threshold=1,
                p_value=0, message="")
        for name in ("b", "a", "b")
    ]  # fmt: skip
    assert {key: len(group) for key, group in group_findings(findings).items()} == {
        ("input", "b"): 2,
        ("input", "a"): 1,
    }
