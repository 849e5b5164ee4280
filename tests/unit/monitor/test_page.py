import re
from html.parser import HTMLParser

import pyarrow as pa
import pytest

from monitor.page import render
from monitor.report import Report, Verdict
from monitor.run import compare_window
from tests.fakes.reports import SPEC, columns_of, make_report, make_rows

VOID = {"meta", "rect", "path", "line"}


class Outline(HTMLParser):
    """Keeps the tags that are open; fails on one that closes out of turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def test_the_page_is_whole_and_loads_nothing() -> None:
    page = render(make_report())
    outline = Outline()
    outline.feed(page)
    assert outline.open == []
    assert outline.seen & {"script", "link", "img", "iframe"} == set()
    assert re.findall(r"(?:src|href|url)\s*[=(]", page) == []


def test_names_are_escaped() -> None:
    page = render(make_report())
    assert "&lt;town&gt;" in page
    assert "<town>" not in page


def test_findings_come_before_everything_else() -> None:
    page = render(make_report())
    order = [page.index(f"<h2>{title}") for title in ("Findings", "What to do", "All columns")]
    assert order == sorted(order)
    assert "2 of 4 columns drifted" in page
    assert page.count('class="over"') == 2


def test_a_clear_window_says_so() -> None:
    report = compare_window(SPEC, _table(), columns_of(make_rows(200, seed=5)), now=0)
    assert report.verdict is Verdict.CLEAR
    assert "No drift found" in render(report)


@pytest.mark.parametrize("rows", [0, 3])
def test_a_window_with_too_few_rows_has_a_page(rows: int) -> None:
    report = compare_window(SPEC, _table(), columns_of(make_rows(rows, seed=5)), now=0)
    assert "Too few rows to decide" in render(report)


def test_a_report_that_was_stored_has_the_same_page() -> None:
    report = make_report()
    assert render(Report.model_validate_json(report.model_dump_json())) == render(report)


def test_what_was_not_compared_is_listed() -> None:
    report = make_report().model_copy(update={"skipped": {"image": "too <large>"}})
    assert "too &lt;large&gt;" in render(report)


def _table() -> pa.Table:

    return pa.table(make_rows(400, seed=1))
