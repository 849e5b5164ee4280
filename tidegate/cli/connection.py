"""The way from a command to the platform in this home."""

from getpass import getuser
from pathlib import Path
from socket import gethostname
from typing import TYPE_CHECKING, Any

import typer
from pydantic import ValidationError

from core.errors import InvalidSpec, Unavailable
from core.spec import tell_faults
from tidegate.settings import Settings, read_settings

if TYPE_CHECKING:
    # httpx and its friends are loaded when a command needs them, not for `--help`.
    from tidegate.client import Client


def find_settings() -> Settings:
    """The environment's settings; raises InvalidSpec with each variable that is wrong."""
    try:
        return read_settings()
    except ValidationError as error:
        faults = tell_faults(error.errors(include_url=False), "settings")
        variables = {f"TIDEGATE_{name.upper()}": fault for name, fault in faults.items()}
        raise InvalidSpec("environment", variables) from error


def connect(timeout_s: float = 60.0) -> "Client":
    """A client with this home's admin token; raises Unavailable when there is no platform."""
    from tidegate.client import Client  # noqa: PLC0415 - see above

    settings = find_settings()
    try:
        token = settings.admin_token_file.read_text().strip()
    except OSError as error:
        detail = f"no admin token in {settings.home}: start it with `tidegate up`"
        raise Unavailable("platform", detail) from error
    actor = f"{getuser()}@{gethostname()}"
    return Client(settings.private_url, token, timeout_s=timeout_s, actor=actor)


def read_spec(file: Path) -> Any:
    """The document in a YAML or JSON file; raises typer.BadParameter."""
    import yaml  # noqa: PLC0415 - only where a file is read

    try:
        return yaml.safe_load(file.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise typer.BadParameter(f"cannot read {file}: {error}") from error


def read_pairs(pairs: list[str]) -> dict[str, Any]:
    """`name=value` options; a value is read as YAML, so that numbers are numbers."""
    import yaml  # noqa: PLC0415 - only where an option is given

    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise typer.BadParameter(f"{pair!r} is not name=value")
        found[name] = yaml.safe_load(value)
    return found
