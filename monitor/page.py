"""A report as one HTML page for people: nothing is loaded from elsewhere, no script runs."""

from datetime import UTC, datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from monitor.advice import advise
from monitor.check import CHECKS, load_check
from monitor.compare import group_findings
from monitor.metric import METRICS, load_metric
from monitor.plot import plot, sketch
from monitor.report import Report, Verdict

_HEADLINES = {
    Verdict.CLEAR: "No drift found",
    Verdict.FINDINGS: "This window differs from the baseline",
    Verdict.TOO_FEW_ROWS: "Too few rows to decide",
}

_NOTHING = "\N{EN DASH}"


def render(report: Report) -> str:
    """The page. Names from data and requests are escaped."""
    features = {(feature.role, feature.name): feature for feature in report.features}
    cards = [(features[key], found) for key, found in group_findings(report.findings).items()]
    ordered = sorted(report.features, key=lambda feature: not feature.has_findings)
    titles = {name: load_metric(name).title for name in METRICS}
    titles |= {name: load_check(name).title for name in CHECKS}
    return _template().render(
        report=report,
        headline=_HEADLINES[report.verdict],
        advice=advise(report),
        cards=cards,
        features=ordered,
        titles=titles,
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("monitor", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"plot": plot, "sketch": sketch}
    environment.filters |= {"number": _number, "chance": _chance, "moment": _moment}
    return environment.get_template("report.html")


def _number(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:,.4g}"


def _chance(value: float | None) -> str:
    if value is None:
        return _NOTHING
    return "p < 0.0001" if value < 0.0001 else f"p = {value:.4f}"


def _moment(value: float | None) -> str:
    if value is None:
        return _NOTHING
    return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M:%S} UTC"
