"""The story: seven acts, and the platform stopped at the end unless it is to be kept."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from tidegate.client import Client
from tidegate.demo import calls, closing, drift, exposure, models, promotion
from tidegate.demo.stage import Stage, Step
from tidegate.settings import Settings
from tidegate.supervisor.launch import start, stop
from tidegate.supervisor.port import choose_port, is_free

HOME = Path(".tidegate/demo")
_PORTS = (
    "public_port",
    "private_port",
    "public_grpc_port",
    "private_grpc_port",
    "control_port",
    "ray_port",
    "ray_dashboard_port",
)


def tell(environ: Mapping[str, str], console: Console, *, keep: bool = False) -> list[Step]:
    """Run the demo in a home of its own and return its steps.

    Raises PromiseBroken when the platform breaks a promise.
    """
    clear_home(environ, console)
    settings = choose_settings(environ)
    console.print(f"The demo's home is {settings.home}")
    try:
        stage = raise_curtain(settings, environ, console)
        with stage.client:
            models.train_and_register(stage)
            exposure.deploy_and_expose(stage)
            calls.call_every_way(stage)
            drift.watch_for_drift(stage)
            promotion.promote_and_roll_back(stage)
        closing.show_table(stage, keep=keep)
        return stage.steps
    finally:
        if not keep:
            console.print("\nStopping what the demo started")
            stop(settings, lambda text: console.print(f"   {text}"))


def clear_home(environ: Mapping[str, str], console: Console) -> None:
    """Stop and remove what an earlier demo has left; only ever the demo's own folder."""
    settings = settings_in_home(environ, {})
    if settings.home.exists():
        stop(settings, lambda text: console.print(f"an earlier demo: {text}"))
        shutil.rmtree(settings.home)


def choose_settings(environ: Mapping[str, str]) -> Settings:
    """The usual ports, or free ones in place of those that somebody else has."""
    usual = settings_in_home(environ, {})
    taken = {
        name: str(choose_port(usual.host))
        for name in _PORTS
        if not is_free(usual.host, getattr(usual, name))
    }
    return settings_in_home(environ, taken)


def settings_in_home(environ: Mapping[str, str], ports: Mapping[str, str]) -> Settings:
    """Settings of a platform in the demo's home, whatever home the environment names."""
    own = {f"TIDEGATE_{name.upper()}": port for name, port in ports.items()}
    # Stores that the environment names are not the demo's to fill.
    kept = {
        name: value
        for name, value in environ.items()
        if not name.endswith(("_URL", "_URI", "_HOME"))
    }
    # Records are written sooner than usual: the demo waits for them.
    demo = {"TIDEGATE_HOME": str(HOME.absolute()), "TIDEGATE_CAPTURE_ROTATE_S": "1"}
    return Settings.from_environ({**kept, **demo, **own})


def raise_curtain(settings: Settings, environ: Mapping[str, str], console: Console) -> Stage:
    """Start the platform as `tidegate up` does."""
    inherited = {**environ, "TIDEGATE_CAPTURE_ROTATE_S": "1"}
    console.print("\n[bold]1. Start the platform[/bold]")
    start(settings, inherited, lambda text: console.print(f"   {text}"))
    token = settings.admin_token_file.read_text().strip()
    stage = Stage(settings, environ, Client(settings.private_url, token), console, act=1)
    stage.show("Ray, control process and gateway run", "loopback only", "tidegate up")
    stage.show("public listener", settings.public_url)
    stage.show("private listener", settings.private_url, "tidegate status")
    return stage
