"""`tidegate keys`: API keys of the public listener."""

from time import time
from typing import Annotated

import typer

from tidegate.cli.connection import connect
from tidegate.cli.output import Json, print_json, print_table, report, show_time

app = typer.Typer(help="API keys.", no_args_is_help=True)
_DAY_S = 86_400


@app.command("create")
def create_key(
    name: str,
    *,
    route: Annotated[
        list[str], typer.Option(help="A route that it opens; none given: all, those to come too.")
    ] = [],
    days: Annotated[float | None, typer.Option(help="Days until it ends.")] = None,
    json: Json = False,
) -> None:
    """Make a key. Its text is shown now and never again."""
    ends = None if days is None else time() + days * _DAY_S
    with connect() as client:
        minted = client.keys.create(name, route, ends)
    if json:
        print_json({**minted.key.model_dump(mode="json"), "key": minted.text})
    else:
        opens = ", ".join(route) if route else "every route, those to come too (see --route)"
        report(f"It opens {opens}. Keep it: it is shown this once.")
        typer.echo(minted.text)


@app.command("list")
def list_keys(*, json: Json = False) -> None:
    """All keys, without their secrets."""
    with connect() as client:
        found = client.keys.list()
    if json:
        print_json(found)
        return
    rows = [
        (
            one.id,
            one.name,
            ", ".join(one.routes) or "all",
            show_time(one.expires_at),
            show_time(one.revoked_at),
        )
        for one in found
    ]
    print_table(("id", "name", "routes", "ends (UTC)", "revoked (UTC)"), rows)


@app.command("revoke")
def revoke_key(key: str, *, json: Json = False) -> None:
    """End a key, by its id."""
    with connect() as client:
        client.keys.revoke(key)
    if json:
        print_json({"revoked": key})
