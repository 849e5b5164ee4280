"""`tidegate apply`: what is public, from one file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import InvalidSpec, NotFound
from core.exposure import Exposure
from core.spec import Named, Spec
from tidegate.cli.connection import connect, read_spec
from tidegate.cli.output import Json, print_json, report
from tidegate.difference import compare

if TYPE_CHECKING:
    from tidegate.client import Client


class GatewayFile(Spec):
    """A `gateway.yaml`: a stage, and all that it exposes."""

    stage: Named = "prod"
    note: str = ""
    exposure: Exposure


def apply_gateway(
    file: Annotated[Path, typer.Option("-f", "--file", help="A gateway.yaml.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change.")] = False,
    note: Annotated[str, typer.Option(help="Why, for the history.")] = "",
    json: Json = False,
) -> None:
    """Make a stage expose exactly what a file says; shows what changes, and changes nothing twice."""
    wanted = read_gateway(read_spec(file))
    with connect() as client:
        changes = compare(find_exposure(client, wanted.stage), wanted.exposure)
        number = None
        if changes and not dry_run:
            made = client.stages.publish(wanted.stage, wanted.exposure, note or wanted.note)
            number = made.number
    if json:
        print_json({"stage": wanted.stage, "changes": changes, "deployment": number})
        return
    for line in changes:
        typer.secho(line, fg={"+": "green", "-": "red", "~": "yellow"}[line[0]])
    if number is not None:
        report(f"deployment {number} is public at stage {wanted.stage}")
    else:
        report("nothing was changed (--dry-run)" if changes else "nothing changes")


def read_gateway(document: Any) -> GatewayFile:
    """The file's document; raises InvalidSpec."""
    if not isinstance(document, dict):
        raise InvalidSpec("GatewayFile", {"file": "must hold routes, plans and issuers"})
    own = {name: document[name] for name in ("stage", "note") if name in document}
    rest = {name: value for name, value in document.items() if name not in own}
    return GatewayFile(**own, exposure=Exposure.read(rest))


def find_exposure(client: "Client", stage: str) -> Exposure:
    """What the stage exposes now; nothing where there is no such stage."""
    try:
        return client.stages.exposed(stage).exposure
    except NotFound:
        return Exposure()
