"""`tidegate jobs`: training in the cluster."""

from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tidegate.cli.connection import connect, read_pairs, read_spec
from tidegate.cli.output import (
    Json,
    Progress,
    print_facts,
    print_json,
    print_table,
    report,
    show_time,
)

if TYPE_CHECKING:
    from tidegate.client import Client
    from tidegate.control.documents import JobDocument

app = typer.Typer(help="Training jobs.", no_args_is_help=True)
Wait = Annotated[bool, typer.Option("--wait", help="Wait until it has ended.")]
Timeout = Annotated[float, typer.Option(help="Seconds to wait at most.")]


@app.command("train")
def train(
    *,
    data: Annotated[str, typer.Option(help="sklearn:NAME, or an absolute path of CSV or Parquet.")],
    model: Annotated[str, typer.Option(help="Publish under this name.")],
    algorithm: str = "sklearn_classifier",
    target: Annotated[str | None, typer.Option(help="A file's column to predict.")] = None,
    alias: Annotated[str | None, typer.Option(help="Point this alias at the result.")] = None,
    param: Annotated[list[str], typer.Option(help="A hyperparameter, name=value.")] = [],
    wait: Wait = False,
    timeout: Timeout = 3600.0,
    json: Json = False,
) -> None:
    """Train a model and publish it."""
    source = {"source": data} if target is None else {"source": data, "target": target}
    output = {"model": model} if alias is None else {"model": model, "alias": alias}
    spec = {
        "algorithm": algorithm,
        "data": source,
        "hyperparameters": read_pairs(param),
        "output": output,
    }
    _submit(spec, timeout, wait=wait, json=json)


@app.command("submit")
def submit(
    file: Annotated[Path, typer.Option("-f", "--file", help="A YAML or JSON spec.")],
    *,
    wait: Wait = False,
    timeout: Timeout = 3600.0,
    json: Json = False,
) -> None:
    """Submit a job from a file."""
    _submit(read_spec(file), timeout, wait=wait, json=json)


@app.command("list")
def list_jobs(*, json: Json = False) -> None:
    """All jobs, newest first."""
    with connect() as client:
        found = client.jobs.list()
    if json:
        print_json(found)
        return
    rows = [(one.id, one.state.value, show_time(one.created_at), one.message) for one in found]
    print_table(("job", "state", "submitted (UTC)", "message"), rows)


@app.command("show")
def show_job(job: str, *, json: Json = False) -> None:
    """One job and what it published."""
    with connect() as client:
        show(client.jobs.get(job), json=json)


@app.command("logs")
def show_logs(
    job: str,
    *,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on until the job has ended.")
    ] = False,
    json: Json = False,
) -> None:
    """What the job has printed."""
    with connect() as client:
        if json:
            if follow:
                client.jobs.wait(job)
            print_json({"job": job, "logs": client.jobs.logs(job)})
            return
        told = 0
        while True:
            ended = client.jobs.get(job).state.is_final
            text = client.jobs.logs(job)
            typer.echo(text[told:], nl=False)
            told = len(text)
            if ended or not follow:
                return
            sleep(1)


@app.command("wait")
def wait_for_job(job: str, *, timeout: Timeout = 3600.0, json: Json = False) -> None:
    """Wait until the job has ended; fails when it did not succeed."""
    with connect() as client:
        finish(client, job, timeout, json=json)


@app.command("stop")
def stop_job(job: str, *, json: Json = False) -> None:
    """Stop a job."""
    with connect() as client:
        show(client.jobs.stop(job), json=json)


def _submit(spec: Any, timeout: float, *, wait: bool, json: bool) -> None:
    with connect() as client:
        job = client.jobs.submit(spec)
        if wait:
            finish(client, job.id, timeout, json=json)
        else:
            show(job, json=json)


def finish(client: "Client", job: str, timeout: float, *, json: bool) -> None:
    """Tell how the job goes until it has ended; exits with 1 when it did not succeed."""
    progress = Progress()

    def tell(seen: "JobDocument") -> None:
        # How it ended is shown below, with its reason.
        message = "" if seen.state.is_final else seen.message
        progress.tell(f"{job}:", seen.state.value, message)

    ended = client.jobs.wait(job, timeout, tell)
    show(ended, json=json)
    if ended.state.value != "succeeded":
        report(f"what it has printed: tidegate jobs logs {job}")
        raise typer.Exit(1)


def show(job: "JobDocument", *, json: bool) -> None:
    """One job, for people or as JSON."""
    if json:
        print_json(job)
        return
    facts = {"job": job.id, "state": job.state.value, "message": job.message}
    for name in ("rows", "errors", "output"):
        if name in job.result:
            facts[name] = str(job.result[name])
    metrics = job.result.get("metrics", {})
    print_facts({**facts, **{name: f"{value:.4g}" for name, value in metrics.items()}})
