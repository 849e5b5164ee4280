"""`tidegate routes`: what is public."""

from typing import Annotated, Any

import typer

from core.exposure import DEFAULT_STAGE
from tidegate.cli.connection import connect
from tidegate.cli.output import Json, print_json, print_table

Stage = Annotated[str, typer.Option(help="The stage; prod is at the paths without one.")]
app = typer.Typer(help="Routes: public names of endpoints.", no_args_is_help=True)


@app.command("expose")
def expose(
    name: str,
    *,
    endpoint: Annotated[str, typer.Option(help="The endpoint behind it.")],
    anonymous: Annotated[bool, typer.Option("--anonymous", help="Ask for no key.")] = False,
    auth: Annotated[
        list[str], typer.Option(help="Ways in: api_key, sigv4, jwt, mtls; the first unless named.")
    ] = [],
    operation: Annotated[
        list[str],
        typer.Option(
            help="What it offers: infer, metadata, async, documents; the first two unless named."
        ),
    ] = [],
    plan: Annotated[str | None, typer.Option(help="The plan of each caller without one.")] = None,
    stage: Stage = DEFAULT_STAGE,
    json: Json = False,
) -> None:
    """Make an endpoint public under a name."""
    ways = ["anonymous"] if anonymous else auth or ["api_key"]
    spec: dict[str, Any] = {"name": name, "endpoint": endpoint, "auth": ways, "plan": plan}
    if operation:
        spec["operations"] = operation
    with connect() as client:
        route = client.routes.apply(spec, stage)
    if json:
        print_json(route)
    else:
        at = "" if stage == DEFAULT_STAGE else f"/{stage}"
        typer.echo(f"{at}/v2/models/{name} leads to endpoint {endpoint} ({' or '.join(ways)})")


@app.command("list")
def list_routes(*, stage: Stage = DEFAULT_STAGE, json: Json = False) -> None:
    """All routes of a stage."""
    with connect() as client:
        found = client.routes.list(stage)
    if json:
        print_json(found)
        return
    rows = [
        (
            one.spec.name,
            one.spec.endpoint,
            " or ".join(one.spec.auth),
            one.spec.plan,
            ", ".join(one.spec.operations),
        )
        for one in found
    ]
    print_table(("route", "endpoint", "auth", "plan", "operations"), rows)


@app.command("delete")
def delete_route(name: str, *, stage: Stage = DEFAULT_STAGE, json: Json = False) -> None:
    """Take a route back: its endpoint is private again."""
    with connect() as client:
        client.routes.remove(name, stage)
    if json:
        print_json({"deleted": name})
