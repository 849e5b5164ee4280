"""All commands together."""

import sys
from typing import Annotated

import typer

from core.errors import TidegateError
from core.release import RELEASE
from tidegate.cli import (
    endpoints,
    jobs,
    keys,
    models,
    monitors,
    plans,
    platform,
    pools,
    routes,
    stages,
)
from tidegate.cli.apply import apply_gateway
from tidegate.cli.failure import explain
from tidegate.cli.imports import import_mlflow, import_triton
from tidegate.cli.logs import show_logs
from tidegate.cli.records import show_audit, show_usage
from tidegate.cli.rollout import show_rollout, show_shadows
from tidegate.cli.top import show_top
from tidegate.cli.transform import transform

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it with the option's value
    if wanted:
        typer.echo(f"tidegate {RELEASE}")
        raise typer.Exit


@app.callback()
def begin(
    version: Annotated[  # noqa: FBT002 - an option
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Tell the version."),
    ] = False,
) -> None:
    """Host packaged models, expose the ones you choose, watch them for drift."""


for name, commands in (
    ("models", models.app),
    ("endpoints", endpoints.app),
    ("pools", pools.app),
    ("routes", routes.app),
    ("plans", plans.app),
    ("stages", stages.app),
    ("keys", keys.app),
    ("jobs", jobs.app),
    ("monitors", monitors.app),
):
    app.add_typer(commands, name=name)
models.app.command("import-triton")(import_triton)
models.app.command("import-mlflow")(import_mlflow)
endpoints.app.command("logs")(show_logs)
endpoints.app.command("rollout")(show_rollout)
endpoints.app.command("shadows")(show_shadows)
endpoints.app.command("top")(show_top)
jobs.app.command("transform")(transform)
app.command("apply")(apply_gateway)
app.command("usage")(show_usage)
app.command("audit")(show_audit)
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
