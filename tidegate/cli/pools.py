"""`tidegate pools`: groups of replicas that hold many models each."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidegate.cli.connection import connect, read_spec
from tidegate.cli.output import Json, print_facts, print_json, print_table

if TYPE_CHECKING:
    from tidegate.control.documents import PoolDocument

app = typer.Typer(help="Pools: replicas that hold many models each.", no_args_is_help=True)


@app.command("apply")
def apply_pool(
    file: Annotated[Path, typer.Option("-f", "--file", help="A YAML or JSON spec.")],
    *,
    json: Json = False,
) -> None:
    """Create or change a pool from a file."""
    with connect() as client:
        _show(client.pools.apply(read_spec(file)), json=json)


@app.command("create")
def create_pool(
    name: str,
    *,
    replicas: int = 1,
    memory_mb: Annotated[int, typer.Option(help="Of models that one replica holds.")] = 1024,
    max_models: Annotated[int, typer.Option(help="That one replica holds.")] = 100,
    cpus: Annotated[float, typer.Option(help="CPUs of one replica.")] = 1.0,
    gpus: Annotated[float, typer.Option(help="GPUs of one replica, fractions too.")] = 0.0,
    json: Json = False,
) -> None:
    """Create or change a pool; a variant lives in it by `pool: NAME`."""
    spec = {
        "name": name,
        "replicas": replicas,
        "memory_mb": memory_mb,
        "max_models": max_models,
        "resources": {"num_cpus": cpus, "num_gpus": gpus},
    }
    with connect() as client:
        _show(client.pools.apply(spec), json=json)


@app.command("list")
def list_pools(*, json: Json = False) -> None:
    """All pools and how many models they hold now."""
    with connect() as client:
        found = client.pools.list()
    if json:
        print_json(found)
        return
    rows = [
        (
            one.name,
            f"{len(one.replicas)} of {one.spec.replicas}",
            sum(map(len, one.replicas.values())),
            f"{one.spec.memory_mb} MB",
        )
        for one in found
    ]
    print_table(("pool", "replicas", "models loaded", "memory of each"), rows)


@app.command("show")
def show_pool(name: str, *, json: Json = False) -> None:
    """One pool: its replicas and what each holds now."""
    with connect() as client:
        _show(client.pools.get(name), json=json)


@app.command("delete")
def delete_pool(name: str, *, json: Json = False) -> None:
    """Take a pool down that no endpoint names."""
    with connect() as client:
        client.pools.remove(name)
    if json:
        print_json({"deleted": name})


def _show(pool: "PoolDocument", *, json: bool) -> None:
    if json:
        print_json(pool)
        return
    replicas = f"{len(pool.replicas)} of {pool.spec.replicas}"
    memory = f"{pool.spec.memory_mb} MB, {pool.spec.max_models} models in each"
    print_facts({"pool": pool.name, "replicas": replicas, "room": memory})
    rows = [(address, ", ".join(held)) for address, held in pool.replicas.items()]
    if rows:
        print_table(("replica", "holds"), rows)
