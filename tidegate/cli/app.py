"""All commands together, and what becomes of an error."""

import sys

import typer

from core.errors import Conflict, NotFound, TidegateError, Unauthenticated, Unavailable
from tidegate.cli import endpoints, jobs, keys, models, monitors, platform, routes

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
platform.add_commands(app)

UNREACHABLE = 3
_ADVICE: dict[type[TidegateError], str] = {
    Unavailable: "Is it running? `tidegate status` tells; `tidegate up` starts it.",
    NotFound: "The `list` command of the same noun shows what is there.",
    Conflict: "Look at how it stands now, then decide.",
    Unauthenticated: "The admin token of another home? Set TIDEGATE_HOME to the platform's own.",
}


def main() -> None:
    """Run a command; exits with 1 on an error, 2 on wrong usage, 3 when nobody answers."""
    try:
        app()
    except TidegateError as error:
        sys.stderr.write(f"error: {error}\n")
        advice = next((text for kind, text in _ADVICE.items() if isinstance(error, kind)), "")
        if advice:
            sys.stderr.write(f"{advice}\n")
        sys.exit(UNREACHABLE if isinstance(error, Unavailable) else 1)
