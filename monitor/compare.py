"""The decision: which differences between a baseline and a window are findings. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from monitor.baseline import Profile, Values
from monitor.check import CHECKS, load_check
from monitor.correction import correct
from monitor.metric import METRICS, Kind, Measure, load_metric
from monitor.picture import draw, summarise
from monitor.report import FeatureComparison, Finding, Measurement, Role
from monitor.spec import Thresholds

# So few values of a feature say nothing about its distribution, however many rows there are.
LEAST_VALUES = 20


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """One column to compare: the baseline's profile, and the window's values of the same kind."""

    role: Role
    profile: Profile
    window: Values

    @property
    def name(self) -> str:
        """The column's name."""
        return self.profile.name


@dataclass(frozen=True, slots=True, eq=False)
class Test:
    """One measurement of one subject. `threshold` is None where it decides nothing."""

    __test__ = False  # nothing for pytest to collect

    subject: Subject
    check: str
    metric: str
    measure: Measure
    threshold: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found, the subjects with all their measurements, and the number of deciding tests."""

    findings: tuple[Finding, ...]
    features: tuple[FeatureComparison, ...]
    tests: int


def compare(subjects: Sequence[Subject], thresholds: Thresholds) -> Comparison:
    """Test every subject, and correct for the number of tests; largest excess comes first."""
    tests_of = [tuple(_run_tests(subject, thresholds)) for subject in subjects]
    tests = [test for group in tests_of for test in group]
    deciding = [test for test in tests if test.threshold is not None]
    adjusted = correct([test.measure.p_value for test in deciding])
    found = [
        (test, p_value)
        for test, p_value in zip(deciding, adjusted, strict=True)
        if _violates(test) and p_value < thresholds.alpha
    ]
    found.sort(key=lambda pair: -_excess(pair[0]))
    culprits = {id(test.subject) for test, _ in found}
    features = (
        _describe(subject, group, has_findings=id(subject) in culprits)
        for subject, group in zip(subjects, tests_of, strict=True)
    )
    findings = tuple(_report(test, p_value) for test, p_value in found)
    return Comparison(findings, tuple(features), len(deciding))


def describe(subjects: Sequence[Subject]) -> Comparison:
    """The subjects side by side with nothing tested, for a window that is too small."""
    features = tuple(_describe(subject, (), has_findings=False) for subject in subjects)
    return Comparison((), features, 0)


def _run_tests(subject: Subject, thresholds: Thresholds) -> Iterator[Test]:
    profile, window = subject.profile, subject.window
    if min(len(profile.values.present), len(window.present)) >= LEAST_VALUES:
        pair = profile.pair(window)
        for metric in map(load_metric, METRICS):
            if profile.kind in metric.kinds:
                threshold = thresholds.of_metric(metric.name)
                yield Test(subject, "drift", metric.name, metric.measure(pair), threshold)
    for check in map(load_check, CHECKS):
        measure = check.examine(profile, window)
        if measure is not None:
            limit = thresholds.checks.get(check.name)
            yield Test(subject, check.name, check.name, measure, limit)


def _violates(test: Test) -> bool:
    # A threshold of 0 asks for any sure difference, and none at all is no difference.
    return test.threshold is not None and 0 < test.measure.value >= test.threshold


def _excess(test: Test) -> float:
    return test.measure.value / test.threshold if test.threshold else float("inf")


def _describe(subject: Subject, tests: Sequence[Test], *, has_findings: bool) -> FeatureComparison:
    measurements = tuple(
        Measurement(
            metric=test.metric,
            value=test.measure.value,
            p_value=test.measure.p_value,
            threshold=test.threshold,
        )
        for test in tests
    )
    return FeatureComparison(
        name=subject.name,
        role=subject.role,
        kind=subject.profile.kind,
        baseline=summarise(subject.profile.values),
        window=summarise(subject.window),
        measurements=measurements,
        distribution=draw(subject.profile, subject.window),
        has_findings=has_findings,
    )


def _report(test: Test, p_value: float) -> Finding:
    return Finding(
        check=test.check,
        feature=test.subject.name,
        role=test.subject.role,
        metric=test.metric,
        value=test.measure.value,
        threshold=test.threshold,
        p_value=p_value,
        message=_word(test),
    )


def _word(test: Test) -> str:
    name, value = test.subject.name, test.measure.value
    if test.check != "drift":
        title = load_check(test.check).title
        return f"{name}: {value:.1%} {title} (threshold {test.threshold:.1%})"
    title = load_metric(test.metric).title
    return (
        f"{name}: the distribution differs from the baseline{_word_change(test.subject)}; "
        f"{title} {value:.3f} (threshold {test.threshold:g})"
    )


def _word_change(subject: Subject) -> str:
    if subject.profile.kind is Kind.CATEGORICAL:
        return ""
    before, after = subject.profile.values.present.mean(), subject.window.present.mean()
    return f" (mean {before:.4g} before, {after:.4g} now)"


def group_findings(findings: Sequence[Finding]) -> Mapping[tuple[Role, str], list[Finding]]:
    """The findings of each column, in their order."""
    groups: dict[tuple[Role, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.role, finding.feature), []).append(finding)
    return groups
