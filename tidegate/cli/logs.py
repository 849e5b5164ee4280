"""`tidegate endpoints logs`: what an endpoint's replicas say."""

from time import sleep
from typing import Annotated

import typer

from tidegate.cli.connection import connect
from tidegate.cli.output import Json, print_json

_MOST = 10_000


def show_logs(
    name: str,
    *,
    lines: Annotated[int, typer.Option(help="Lines of each replica.")] = 200,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until interrupted.")] = False,
    json: Json = False,
) -> None:
    """What the replicas and their models have logged and printed."""
    with connect() as client:
        text = client.endpoints.logs(name, lines)
        if json:
            print_json({"endpoint": name, "logs": text})
            return
        typer.echo(text, nl=False)
        told = set(text.splitlines())
        while follow:
            sleep(1)
            # Several files end at once: what was not told yet is new.
            for line in client.endpoints.logs(name, _MOST).splitlines():
                if line not in told:
                    typer.echo(line)
                    told.add(line)
