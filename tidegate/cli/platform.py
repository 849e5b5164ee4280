"""`tidegate up`, `down`, `status` and `demo`."""

import os
from dataclasses import asdict
from typing import Annotated

import typer

from tidegate.cli.connection import find_settings
from tidegate.cli.foreground import interrupted_by_term, stay
from tidegate.cli.output import Json, print_facts, print_json, print_table, report
from tidegate.cli.standing import read_standing
from tidegate.settings import Settings


def add_commands(app: typer.Typer) -> None:
    """Add these commands to the top."""
    for command in (up, down, status, demo):
        app.command()(command)


def up(
    *,
    foreground: Annotated[
        bool, typer.Option("--foreground", help="Stay; Ctrl-C or SIGTERM stops the platform.")
    ] = False,
    json: Json = False,
) -> None:
    """Start the platform on this machine and wait until it answers; `tidegate down` stops it."""
    settings = find_settings()
    if foreground:
        _stay_up(settings, json=json)
    else:
        _start(settings, json=json)
        if not json:
            typer.echo(
                "\nNext: tidegate jobs train --help, tidegate models --help, tidegate status"
            )


def _start(settings: Settings, *, json: bool) -> None:
    from tidegate.supervisor.launch import start  # noqa: PLC0415 - heavy, and only for this command

    state = start(settings, os.environ, report)  # noqa: TID251 - children inherit the environment
    if json:
        print_json({"home": str(settings.home), **asdict(state)})
    else:
        print_facts({"home": settings.home, **state.urls})


def _stay_up(settings: Settings, *, json: bool) -> None:
    from tidegate.supervisor.launch import stop  # noqa: PLC0415 - as above
    from tidegate.supervisor.state import is_running  # noqa: PLC0415

    with interrupted_by_term():
        _start(settings, json=json)
        try:
            stay(lambda: is_running(settings))
        finally:
            stop(settings, report)


def down(*, json: Json = False) -> None:
    """Stop the platform; what it keeps stays, and `tidegate up` brings every endpoint back."""
    from tidegate.supervisor.launch import stop  # noqa: PLC0415 - as above

    stopped = stop(find_settings(), report)
    if json:
        print_json({"stopped": stopped})
    else:
        typer.echo("stopped" if stopped else "nothing was running")


def status(*, json: Json = False) -> None:
    """How the processes, the background loops and the endpoints stand."""
    found = read_standing()
    if json:
        print_json(found.document)
    elif found.running:
        print_facts({"home": found.home, "state": found.state, **found.urls})
        print_table(("endpoint", "state"), found.endpoints.items())
        if found.trouble:
            print_table(("part", "trouble"), found.trouble.items())
    else:
        typer.echo(f"nothing runs in {found.home}; start it with: tidegate up")
    if not found.running:
        raise typer.Exit(3)


def demo(
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the platform running.")] = False,
    json: Json = False,
) -> None:
    """Show the main job on real input: train, deploy, expose, call, find drift, promote."""
    from rich.console import Console  # noqa: PLC0415 - heavy, and only for this command

    from tidegate.demo.stage import PromiseBroken  # noqa: PLC0415
    from tidegate.demo.story import tell  # noqa: PLC0415

    console = Console(stderr=json)
    try:
        steps = tell(os.environ, console, keep=keep)  # noqa: TID251 - children inherit it
    except PromiseBroken as error:
        typer.secho(f"error: the demo failed: {error}", fg=typer.colors.RED, err=True)
        raise typer.Exit(1) from error
    if json:
        print_json([asdict(step) for step in steps])
