"""`tidegate stages`: what is public, as a whole, and its history."""

from typing import TYPE_CHECKING, Annotated

import typer

from tidegate.cli.connection import connect
from tidegate.cli.output import Json, print_json, print_table, report, show_time
from tidegate.difference import compare

if TYPE_CHECKING:
    from tidegate.control.papers import StageDocument

app = typer.Typer(help="Stages and deployments of the gateway.", no_args_is_help=True)


@app.command("list")
def list_stages(*, json: Json = False) -> None:
    """All stages, and the deployment that each has."""
    with connect() as client:
        found = client.stages.list()
    if json:
        print_json(found)
        return
    rows = [
        (
            one.name,
            one.deployment,
            f"{one.canary} ({one.share:.0%})" if one.canary else "",
            one.previous,
            ", ".join(one.hosts),
            show_time(one.updated_at),
        )
        for one in found
    ]
    print_table(("stage", "deployment", "canary", "before", "hosts", "changed (UTC)"), rows)


@app.command("history")
def list_deployments(
    *, limit: Annotated[int, typer.Option(help="How many.")] = 20, json: Json = False
) -> None:
    """The last deployments, newest first, and what each changed."""
    with connect() as client:
        found = client.stages.deployments(limit)
    if json:
        print_json(found)
        return
    rows = [
        (
            one.number,
            show_time(one.created_at),
            one.author,
            one.note,
            f"{len(one.exposure.routes)} routes, {len(one.exposure.plans)} plans",
        )
        for one in found
    ]
    print_table(("deployment", "at (UTC)", "by", "note", "exposes"), rows)


@app.command("diff")
def show_difference(before: int, after: int, *, json: Json = False) -> None:
    """What differs between two deployments."""
    with connect() as client:
        old, new = client.stages.deployment(before), client.stages.deployment(after)
    lines = compare(old.exposure, new.exposure)
    if json:
        print_json({"changes": lines})
        return
    for line in lines:
        typer.echo(line)


@app.command("move")
def move_stage(
    name: str,
    deployment: int,
    *,
    share: Annotated[float, typer.Option(help="Below 1: a canary's share of requests.")] = 1.0,
    json: Json = False,
) -> None:
    """Give a stage a deployment that there is: wholly, or a share of its requests."""
    with connect() as client:
        _show(client.stages.move(name, deployment, share), json=json)


@app.command("promote")
def promote_canary(name: str, *, json: Json = False) -> None:
    """Let a stage's canary take all requests."""
    with connect() as client:
        _show(client.stages.promote(name), json=json)


@app.command("abort")
def abort_canary(name: str, *, json: Json = False) -> None:
    """End a stage's canary."""
    with connect() as client:
        _show(client.stages.abort(name), json=json)


@app.command("rollback")
def roll_back(name: str = "prod", *, json: Json = False) -> None:
    """Give a stage the deployment that it had before."""
    with connect() as client:
        _show(client.stages.roll_back(name), json=json)


@app.command("hosts")
def set_hosts(name: str, hosts: list[str], *, json: Json = False) -> None:
    """Let these hosts lead to a stage."""
    with connect() as client:
        _show(client.stages.host(name, hosts), json=json)


@app.command("delete")
def delete_stage(name: str, *, json: Json = False) -> None:
    """Make nothing public under a stage's name any more; its deployments are kept."""
    with connect() as client:
        client.stages.remove(name)
    if json:
        print_json({"deleted": name})


def _show(stage: "StageDocument", *, json: bool) -> None:
    if json:
        print_json(stage)
        return
    canary = f", {stage.share:.0%} of requests to {stage.canary}" if stage.canary else ""
    report(f"stage {stage.name} has deployment {stage.deployment}{canary}")
