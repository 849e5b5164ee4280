"""`tidegate monitors`: whether traffic is still like the training data."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidegate.cli.connection import connect, read_spec
from tidegate.cli.output import Json, print_facts, print_json, print_table, read_time, show_time

if TYPE_CHECKING:
    from tidegate.control.documents import MonitorDocument

app = typer.Typer(help="Drift monitors.", no_args_is_help=True)


@app.command("apply")
def apply_monitor(
    file: Annotated[Path, typer.Option("-f", "--file", help="A YAML or JSON spec.")],
    *,
    json: Json = False,
) -> None:
    """Define a monitor from a file."""
    with connect() as client:
        _show(client.monitors.apply(read_spec(file)), json=json)


@app.command("create")
def create_monitor(
    name: str,
    *,
    endpoint: Annotated[str, typer.Option(help="The endpoint to watch.")],
    every_s: Annotated[float, typer.Option(help="Seconds between runs; 0: on demand.")] = 0.0,
    window_s: Annotated[float, typer.Option(help="Length of a window, seconds.")] = 3600.0,
    json: Json = False,
) -> None:
    """Define a monitor with the default thresholds."""
    spec = {"name": name, "endpoint": endpoint, "every_s": every_s, "window_s": window_s}
    with connect() as client:
        _show(client.monitors.apply(spec), json=json)


@app.command("run")
def run_monitor(
    name: str,
    *,
    start: Annotated[str | None, typer.Option(help="ISO 8601; UTC where it names no zone.")] = None,
    end: Annotated[str | None, typer.Option(help="ISO 8601.")] = None,
    fail_on_findings: Annotated[
        bool, typer.Option("--fail-on-findings", help="Exit with 1 on a finding.")
    ] = False,
    json: Json = False,
) -> None:
    """Compare a window with the baseline now."""
    with connect() as client:
        run = client.monitors.run(name, read_time(start), read_time(end))
        report = client.monitors.report(run.id)
    if json:
        print_json({"run": run.model_dump(mode="json"), "report": report})
    else:
        print_facts({"run": run.id, "rows": run.rows, "findings": run.findings, "": run.message})
        rows = [
            (
                one["feature"],
                one["check"],
                one["metric"],
                _round(one["value"]),
                _round(one["threshold"]),
            )
            for one in report["findings"]
        ]
        if rows:
            print_table(("feature", "check", "metric", "value", "threshold"), rows)
        for one in report["findings"]:
            typer.echo(f"- {one['message']}")
    if fail_on_findings and run.findings:
        raise typer.Exit(1)


@app.command("runs")
def list_runs(name: str, *, json: Json = False) -> None:
    """A monitor's latest runs, newest first."""
    with connect() as client:
        found = client.monitors.runs(name)
    if json:
        print_json(found)
        return
    rows = [
        (
            one.id,
            show_time(one.window_start),
            show_time(one.window_end),
            one.rows,
            one.findings,
            one.message,
        )
        for one in found
    ]
    print_table(("run", "from (UTC)", "to (UTC)", "rows", "findings", "message"), rows)


@app.command("report")
def show_report(
    run: str,
    *,
    html: Annotated[Path | None, typer.Option(help="Write the page with plots here.")] = None,
    json: Json = False,
) -> None:
    """A run's report."""
    with connect() as client:
        report = client.monitors.report(run)
        if html is not None:
            html.write_text(client.monitors.html(run))
    if json or html is None:
        print_json(report)
    else:
        typer.echo(f"wrote {html}")


@app.command("list")
def list_monitors(*, json: Json = False) -> None:
    """All monitors."""
    with connect() as client:
        found = client.monitors.list()
    if json:
        print_json(found)
        return
    rows = [(one.name, one.endpoint, one.spec["every_s"], one.spec["window_s"]) for one in found]
    print_table(("monitor", "endpoint", "every s", "window s"), rows)


@app.command("delete")
def delete_monitor(name: str, *, json: Json = False) -> None:
    """Forget a monitor and its runs."""
    with connect() as client:
        client.monitors.remove(name)
    if json:
        print_json({"deleted": name})


def _round(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _show(monitor: "MonitorDocument", *, json: bool) -> None:
    if json:
        print_json(monitor)
    else:
        typer.echo(f"monitor {monitor.name} watches endpoint {monitor.endpoint}")
