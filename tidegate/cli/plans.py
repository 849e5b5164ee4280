"""`tidegate plans`: how much callers may ask for."""

from typing import Annotated, Any

import typer

from core.exposure import DEFAULT_STAGE
from tidegate.cli.connection import connect
from tidegate.cli.output import Json, print_json, print_table

app = typer.Typer(help="Usage plans: rates, quotas, concurrency.", no_args_is_help=True)
Stage = Annotated[str, typer.Option(help="The stage.")]


@app.command("set")
def set_plan(
    name: str,
    *,
    rate: Annotated[float | None, typer.Option(help="Units a second.")] = None,
    burst: Annotated[
        int | None, typer.Option(help="Units at once; a second's worth unless said.")
    ] = None,
    quota: Annotated[str, typer.Option(help="Such as 10000/day, /week or /month.")] = "",
    concurrency: Annotated[int | None, typer.Option(help="Requests at once.")] = None,
    unit: Annotated[str, typer.Option(help="requests, rows or bytes.")] = "requests",
    stage: Stage = DEFAULT_STAGE,
    json: Json = False,
) -> None:
    """Make a plan or change it."""
    spec: dict[str, Any] = {
        "name": name, "rate": rate, "burst": burst, "concurrency": concurrency, "unit": unit
    }  # fmt: skip
    if quota:
        limit, _, period = quota.partition("/")
        spec["quota"] = {"limit": limit, "period": period}
    with connect() as client:
        plan = client.plans.apply(spec, stage)
    if json:
        print_json(plan)
    else:
        typer.echo(f"plan {name} is in force at stage {stage}")


@app.command("list")
def list_plans(*, stage: Stage = DEFAULT_STAGE, json: Json = False) -> None:
    """All plans of a stage."""
    with connect() as client:
        found = client.plans.list(stage)
    if json:
        print_json(found)
        return
    rows = [
        (
            plan.name,
            "" if plan.rate is None else f"{plan.rate:g}/s",
            plan.burst,
            "" if plan.quota is None else f"{plan.quota.limit}/{plan.quota.period}",
            plan.concurrency,
            plan.unit,
        )
        for plan in (one.spec for one in found)
    ]
    print_table(("plan", "rate", "burst", "quota", "at once", "counts"), rows)


@app.command("delete")
def delete_plan(name: str, *, stage: Stage = DEFAULT_STAGE, json: Json = False) -> None:
    """Remove a plan that nothing needs."""
    with connect() as client:
        client.plans.remove(name, stage)
    if json:
        print_json({"deleted": name})
