"""`tidegate usage` and `tidegate audit`: what callers asked for, and what was changed by whom."""

import csv
import sys
from typing import Annotated

import typer

from tidegate.cli.connection import connect
from tidegate.cli.output import Json, print_json, print_table, show_time

_COUNTS = ("requests", "errors", "refused", "rows", "bytes_in", "bytes_out")


def show_usage(
    *,
    first: Annotated[str, typer.Option("--from", help="First day (UTC), as 2026-11-01.")] = "",
    last: Annotated[str, typer.Option("--to", help="Last day (UTC).")] = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    json: Json = False,
) -> None:
    """What each caller asked of each route, day by day; the last 30 days unless said."""
    with connect() as client:
        found = client.records.usage(first, last)
    if json:
        print_json(found)
        return
    columns = ("day", "route", "principal", *_COUNTS)
    rows = [tuple(getattr(one, name) for name in columns) for one in found]
    if as_csv:
        csv.writer(sys.stdout, lineterminator="\n").writerows([columns, *rows])
    else:
        print_table(columns, rows)


def show_audit(
    *,
    limit: Annotated[int, typer.Option(help="How many.")] = 20,
    subject: Annotated[str, typer.Option(help="Paths that begin so.")] = "",
    json: Json = False,
) -> None:
    """The last changes that were asked of the control API, newest first; --json shows before and after."""
    with connect() as client:
        found = client.records.audit(limit, subject)
    if json:
        print_json(found)
        return
    rows = [(show_time(one.at), one.actor, one.action, one.subject, one.status) for one in found]
    print_table(("at (UTC)", "who", "what", "path", "status"), rows)
