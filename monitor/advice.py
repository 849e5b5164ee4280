"""What to do next, in words, by what was found."""

from monitor.report import Report, Verdict

_CLEAR = ("Nothing to do: the window looks like the baseline.",)
_TOO_FEW = (
    "Wait for more traffic, or give the monitor a longer window (`window_s`).",
    "If few rows are normal here, lower `thresholds.min_rows`; small windows show large shifts only.",
)
_BY_CHECK = {
    "missing_values": (
        "Values that used to be there are missing: look at what fills these features, and at the "
        "clients that send them."
    ),
    "unknown_categories": (
        "Values came that the model never saw: a new category, or another spelling of a known one. "
        "The model answers such rows without experience."
    ),
    "out_of_range": (
        "Numbers beyond all that the model was trained on: first rule out a change of unit, of "
        "scale or of the order of features."
    ),
    "drift": (
        "Rule out a fault on the way (a changed pipeline, client or default). If the world has "
        "changed, train on newer rows, put the new version beside the live one and compare them."
    ),
}
_OUTPUT = (
    "The answers themselves are distributed otherwise: collect ground truth for this window before "
    "anybody trusts them."
)
_MANY = (
    "Many features moved at once, which points at the traffic as a whole: another population, or a "
    "client that builds its rows otherwise."
)


def advise(report: Report) -> tuple[str, ...]:
    """The next steps, the most telling one first."""
    if report.verdict is Verdict.TOO_FEW_ROWS:
        return _TOO_FEW
    if not report.findings:
        return _CLEAR
    checks = {finding.check for finding in report.findings}
    steps = [text for check, text in _BY_CHECK.items() if check in checks]
    inputs = [feature for feature in report.features if feature.role == "input"]
    if len(inputs) >= 4 and len(report.drifted) > len(inputs) / 2:
        steps.insert(0, _MANY)
    if any(finding.role == "output" for finding in report.findings):
        steps.append(_OUTPUT)
    return tuple(steps)
