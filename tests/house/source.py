"""The project's own source, read as text and syntax trees."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("core", "registry", "capture", "gateway", "serving", "training", "monitor", "tidegate")
DOCS = ROOT / "docs"


def modules(*rooms: str) -> tuple[Path, ...]:
    """The source files of the rooms, all rooms when none is named; migrations are history, not source."""
    found = (path for room in rooms or ROOMS for path in sorted((ROOT / room).rglob("*.py")))
    return tuple(path for path in found if "versions" not in path.parts)


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of one file."""
    return ast.parse(path.read_text(), str(path))


def lines(path: Path) -> int:
    """How many lines a file has."""
    return len(path.read_text().splitlines())


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Every function of a file with its length in lines, its docstring not counted."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = node.body[0] if ast.get_docstring(node) else None
            spoken = 0 if docstring is None else (docstring.end_lineno or 0) - docstring.lineno + 1
            yield node.name, (node.end_lineno or 0) - node.lineno + 1 - spoken


def tables() -> dict[str, dict[str, str]]:
    """Every plug-in table of the project: its name, and the dotted path of each plug-in."""
    found: dict[str, dict[str, str]] = {}
    for path in modules():
        for node in tree(path).body:
            match node:
                case ast.AnnAssign(
                    target=ast.Name(id=name), annotation=kind, value=ast.expr() as value
                ):
                    if ast.unparse(kind) == "Mapping[str, str]":
                        found[f"{path.stem}:{name}"] = _read_table(value)
    return {name: table for name, table in found.items() if table}


def _read_table(value: ast.expr) -> dict[str, str]:
    calls = [value, *(value.args if isinstance(value, ast.Call) else [])]
    for literal in calls:
        if isinstance(literal, ast.Dict):
            table: dict[str, str] = ast.literal_eval(literal)
            return {name: path for name, path in table.items() if ":" in path}
    return {}


def documentation() -> str:
    """All pages of `docs/` as one text."""
    return "\n".join(path.read_text() for path in sorted(DOCS.rglob("*.md")))
