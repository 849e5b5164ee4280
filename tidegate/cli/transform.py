"""`tidegate jobs transform`: a published model over files."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tidegate.cli.connection import connect
from tidegate.cli.jobs import Timeout, Wait, finish, show
from tidegate.cli.output import Json


def transform(
    model: Annotated[str, typer.Argument(help="name:version or name@alias")],
    *,
    input: Annotated[Path, typer.Option(help="A file, or a folder of files.")],  # noqa: A002 - its name
    output: Annotated[Path, typer.Option(help="A folder; one that is begun goes on.")],
    form: Annotated[
        str, typer.Option("--format", help="csv, jsonl, parquet, images; auto: by the suffix.")
    ] = "auto",
    output_format: Annotated[str, typer.Option(help="csv, jsonl, parquet.")] = "auto",
    keep: Annotated[list[str], typer.Option(help="A column to keep; all unless named.")] = [],
    workers: Annotated[int, typer.Option(help="Actors that hold the model.")] = 1,
    cpus: Annotated[float, typer.Option(help="CPUs for each.")] = 1.0,
    gpus: Annotated[float, typer.Option(help="GPUs for each.")] = 0.0,
    part_rows: Annotated[int, typer.Option(help="Rows that are done as one.")] = 10_000,
    batch_rows: Annotated[int, typer.Option(help="Rows for the model at once.")] = 256,
    wait: Wait = False,
    timeout: Timeout = 86_400.0,
    json: Json = False,
) -> None:
    """Run a model over files: CSV, JSON Lines, Parquet or images."""
    spec: dict[str, Any] = {
        "model": model,
        "input": str(input.absolute()),
        "output": str(output.absolute()),
        "format": form,
        "output_format": output_format,
        "keep": keep or None,
        "workers": workers,
        "part_rows": part_rows,
        "batch_rows": batch_rows,
        "resources": {"num_cpus": cpus, "num_gpus": gpus},
    }
    with connect() as client:
        job = client.jobs.transform(spec)
        if wait:
            finish(client, job.id, timeout, json=json)
        else:
            show(job, json=json)
