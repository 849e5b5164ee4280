"""`tidegate routes`: what is public."""

from typing import Annotated, Any

import typer

from tidegate.cli.connection import connect
from tidegate.cli.output import Json, print_json, print_table

app = typer.Typer(help="Routes: public names of endpoints.", no_args_is_help=True)


@app.command("expose")
def expose(
    name: str,
    *,
    endpoint: Annotated[str, typer.Option(help="The endpoint behind it.")],
    anonymous: Annotated[bool, typer.Option("--anonymous", help="Ask for no key.")] = False,
    operation: Annotated[
        list[str],
        typer.Option(help="What it offers: infer, metadata, async; the first two unless named."),
    ] = [],
    json: Json = False,
) -> None:
    """Make an endpoint public under a name."""
    auth = "anonymous" if anonymous else "api_key"
    spec: dict[str, Any] = {"name": name, "endpoint": endpoint, "auth": auth}
    if operation:
        spec["operations"] = operation
    with connect() as client:
        route = client.routes.apply(spec)
    if json:
        print_json(route)
    else:
        typer.echo(f"/v2/models/{name} leads to endpoint {endpoint} ({auth})")


@app.command("list")
def list_routes(*, json: Json = False) -> None:
    """All routes."""
    with connect() as client:
        found = client.routes.list()
    if json:
        print_json(found)
        return
    rows = [
        (one.spec.name, one.spec.endpoint, one.spec.auth, ", ".join(one.spec.operations))
        for one in found
    ]
    print_table(("route", "endpoint", "auth", "operations"), rows)


@app.command("delete")
def delete_route(name: str, *, json: Json = False) -> None:
    """Take a route back: its endpoint is private again."""
    with connect() as client:
        client.routes.remove(name)
    if json:
        print_json({"deleted": name})
