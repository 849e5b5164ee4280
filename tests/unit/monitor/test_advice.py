import pytest

from monitor.advice import advise
from monitor.report import Verdict
from tests.fakes.reports import make_report


@pytest.mark.parametrize(
    ("verdict", "word"), [(Verdict.CLEAR, "Nothing to do"), (Verdict.TOO_FEW_ROWS, "more traffic")]
)
def test_a_report_without_findings_says_what_then(verdict: Verdict, word: str) -> None:
    report = make_report().model_copy(update={"findings": (), "verdict": verdict})
    assert word in advise(report)[0]


def test_each_kind_of_finding_has_its_step() -> None:
    steps = advise(make_report())
    assert len(steps) == 3
    assert "never saw" in steps[0]
    assert "unit" in steps[1]


def test_findings_everywhere_point_at_the_traffic() -> None:
    report = make_report()
    everywhere = tuple(
        report.findings[0].model_copy(update={"feature": feature.name})
        for feature in report.features
    )
    assert "traffic as a whole" in advise(report.model_copy(update={"findings": everywhere}))[0]


def test_answers_that_moved_ask_for_ground_truth() -> None:
    report = make_report()
    output = report.findings[0].model_copy(update={"role": "output"})
    assert "ground truth" in advise(report.model_copy(update={"findings": (output,)}))[-1]
