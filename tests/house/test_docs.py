"""Documents are checked like code: what an operator can set, meet or plug in has its row."""

import ast
import inspect
import re
from collections.abc import Iterator

import pytest

from core import errors
from gateway.settings import Settings as GatewaySettings
from tests.house.source import DOCS, ROOMS, ROOT, documentation, modules, tables, tree
from tidegate.settings import Settings as ControlSettings

_NAMES = re.compile(r"TIDEGATE_[A-Z0-9_]+")
_METRICS = re.compile(r"tidegate_[a-z0-9_]+")


def literals(pattern: re.Pattern[str]) -> Iterator[str]:
    for path in modules():
        for node in ast.walk(tree(path)):
            match node:
                case ast.Constant(value=str(text)) if pattern.fullmatch(text):
                    yield text


def settings() -> set[str]:
    fields = {*GatewaySettings.model_fields, *ControlSettings.model_fields}
    return {f"TIDEGATE_{name.upper()}" for name in fields}


@pytest.mark.parametrize("name", sorted(settings()))
def test_each_setting_has_its_row(name: str) -> None:
    assert f"`{name}`" in (DOCS / "settings.md").read_text()


def test_no_row_for_a_setting_that_is_gone() -> None:
    documented = set(_NAMES.findall((DOCS / "settings.md").read_text()))
    assert documented - settings() == set()


def every_error() -> list[type[errors.TidegateError]]:
    members = (value for _, value in inspect.getmembers(errors, inspect.isclass))
    return [kind for kind in members if issubclass(kind, errors.TidegateError)]


@pytest.mark.parametrize("kind", every_error())
def test_each_error_has_its_row(kind: type[errors.TidegateError]) -> None:
    assert f"| `{kind.code}` | `{kind.__name__}` |" in (DOCS / "errors.md").read_text()


@pytest.mark.parametrize("name", sorted(set(literals(_METRICS))))
def test_each_metric_has_its_row(name: str) -> None:
    assert f"`{name}`" in documentation()


@pytest.mark.parametrize("name", sorted({name for table in tables().values() for name in table}))
def test_each_plug_in_is_documented(name: str) -> None:
    assert f"`{name}`" in documentation()


@pytest.mark.parametrize("room", ROOMS)
def test_each_room_has_its_page(room: str) -> None:
    page = {"tidegate": "cli.md"}.get(room, f"{room}.md")
    assert (DOCS / page).is_file()


def test_links_between_pages_lead_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS.rglob("*.md")]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text())
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []
