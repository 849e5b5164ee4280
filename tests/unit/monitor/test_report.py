import json

from hypothesis import given
from hypothesis import strategies as st

from monitor.report import Finding, Measurement, Report, Verdict
from tests.fakes.reports import make_report

NUMBERS = st.none() | st.floats()


@given(NUMBERS, NUMBERS, st.text(max_size=20))
def test_every_report_is_read_back_unchanged(
    value: float | None, p_value: float | None, name: str
) -> None:
    finding = Finding(
        check="drift", feature=name, role="input", metric="psi",
        value=value, threshold=0.2, p_value=p_value, message=name,
    )  # fmt: skip
    report = make_report().model_copy(update={"findings": (finding,)})
    assert Report.model_validate_json(report.model_dump_json()) == report
    assert Report.read(json.loads(report.model_dump_json())) == report


def test_what_is_no_number_is_null() -> None:
    measured = Measurement(metric="psi", value=float("nan"), p_value=float("inf"))
    assert json.loads(measured.model_dump_json())["value"] is None
    assert measured.p_value is None


def test_drifted_inputs_are_named_once() -> None:
    report = make_report()
    assert report.verdict is Verdict.FINDINGS
    assert report.drifted == ("<town>", "amount")
