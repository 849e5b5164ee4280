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
    plan: Annotated[str | None, typer.Option(help="A plan of its own.")] = None,
    scope: Annotated[list[str], typer.Option(help="A scope that it holds.")] = [],
    json: Json = False,
) -> None:
    """Make a key. Its text is shown now and never again."""
    ends = None if days is None else time() + days * _DAY_S
    with connect() as client:
        minted = client.keys.create(name, route, ends, plan=plan, scopes=scope)
    if json:
        print_json({**minted.key.model_dump(mode="json"), "key": minted.text})
    else:
        opens = ", ".join(route) if route else "every route, those to come too (see --route)"
        report(f"It opens {opens}. Keep it: it is shown this once.")
        typer.echo(minted.text)


@app.command("rotate")
def rotate_key(
    key: str,
    *,
    overlap_hours: Annotated[float, typer.Option(help="How long the old one goes on.")] = 24.0,
    json: Json = False,
) -> None:
    """Make a key with the same rights, by the old one's id; the old one goes on for a while."""
    with connect() as client:
        minted = client.keys.rotate(key, overlap_hours * 3600)
    if json:
        print_json({**minted.key.model_dump(mode="json"), "key": minted.text})
    else:
        report(f"{key} ends in {overlap_hours:g} hours. Keep the new one: it is shown this once.")
        typer.echo(minted.text)


@app.command("signing")
def show_signing(key: str, *, json: Json = False) -> None:
    """A key's pair for AWS's SDKs (boto3), by its id, as lines for a shell."""
    with connect() as client:
        pair = client.keys.sign(key)
    if json:
        print_json(pair)
        return
    typer.echo(f"export AWS_ACCESS_KEY_ID={pair.access_key_id}")
    typer.echo(f"export AWS_SECRET_ACCESS_KEY={pair.secret_access_key}")


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
            one.plan,
            ", ".join(one.scopes),
            show_time(one.expires_at),
            show_time(one.revoked_at),
        )
        for one in found
    ]
    print_table(("id", "name", "routes", "plan", "scopes", "ends (UTC)", "revoked (UTC)"), rows)


@app.command("revoke")
def revoke_key(key: str, *, json: Json = False) -> None:
    """End a key, by its id."""
    with connect() as client:
        client.keys.revoke(key)
    if json:
        print_json({"revoked": key})
