"""What commands print: tables for people, one JSON document for machines."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
_WIDEST = 100_000


def print_json(document: Any) -> None:
    """One document on standard output, nothing else."""
    sys.stdout.write(json.dumps(plain(document), indent=2) + "\n")


def plain(document: Any) -> Any:
    """The document as plain JSON values; pydantic's values are written by their own rules."""
    if hasattr(document, "model_dump"):
        return document.model_dump(mode="json")
    if isinstance(document, Mapping):
        return {key: plain(value) for key, value in document.items()}
    if isinstance(document, Sequence) and not isinstance(document, str):
        return [plain(value) for value in document]
    return document


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """A table on standard output."""
    from rich.console import Console  # noqa: PLC0415 - only when there is a table to draw
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(*columns, title=title or None, title_justify="left")
    for row in rows:
        table.add_row(*(escape("" if value is None else str(value)) for value in row))
    console = Console()
    if not console.is_terminal:
        # Whoever reads it is a program or a file: a row stays on its line, however long.
        console.width = console.measure(
            table, options=console.options.update(width=_WIDEST)
        ).maximum
    console.print(table)


def print_facts(facts: Mapping[str, object]) -> None:
    """Names and values, one a line."""
    width = max((len(name) for name in facts), default=0)
    for name, value in facts.items():
        typer.echo(f"{name:<{width}}  {'' if value is None else value}")


def report(text: str) -> None:
    """Progress, on standard error."""
    typer.echo(text, err=True)


class Progress:
    """Progress of one thing: a line is told when it is another than the one before."""

    def __init__(self) -> None:
        self._told = ""

    def tell(self, *words: str) -> None:
        """Say how it stands; empty words are left out."""
        line = " ".join(word for word in words if word)
        if line != self._told:
            report(line)
        self._told = line


def show_time(moment: float | None) -> str:
    """A Unix time as people read it, in UTC."""
    if moment is None:
        return ""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S")


def read_time(text: str | None) -> float | None:
    """An ISO 8601 time as Unix seconds, UTC where it names no zone; raises typer.BadParameter."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not an ISO 8601 time") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
