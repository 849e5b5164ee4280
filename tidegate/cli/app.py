"""All commands together."""

import sys

import typer

from core.errors import TidegateError
from tidegate.cli import endpoints, jobs, keys, models, monitors, platform, routes
from tidegate.cli.failure import explain
from tidegate.cli.transform import transform

app = typer.Typer(
    help="Host packaged models, expose the ones you choose, watch them for drift.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for name, commands in (
    ("models", models.app),
    ("endpoints", endpoints.app),
    ("routes", routes.app),
    ("keys", keys.app),
    ("jobs", jobs.app),
    ("monitors", monitors.app),
):
    app.add_typer(commands, name=name)
jobs.app.command("transform")(transform)
platform.add_commands(app)


def main() -> None:
    """Run a command; exits with 1 on an error, 2 on wrong usage, 3 when nobody answers."""
    try:
        app()
    except (TidegateError, OSError) as error:
        failure = explain(error)
        typer.secho(f"error: {failure.text}", fg=typer.colors.RED, err=True)
        if failure.advice:
            typer.echo(failure.advice, err=True)
        sys.exit(failure.code)
