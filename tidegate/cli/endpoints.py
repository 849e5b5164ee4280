"""`tidegate endpoints`: what answers inference."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidegate.cli.connection import connect, read_spec
from tidegate.cli.output import Json, Progress, print_facts, print_json, print_table, show_time

if TYPE_CHECKING:
    from tidegate.control.documents import EndpointDocument

app = typer.Typer(help="Endpoints: names that answer inference.", no_args_is_help=True)


@app.command("apply")
def apply_endpoint(
    file: Annotated[Path, typer.Option("-f", "--file", help="A YAML or JSON spec.")],
    *,
    json: Json = False,
) -> None:
    """Create or change an endpoint from a file."""
    with connect() as client:
        _show(client.endpoints.apply(read_spec(file)), json=json)


@app.command("create")
def create_endpoint(
    name: str,
    *,
    model: Annotated[str, typer.Option(help="model:version or model@alias.")],
    replicas: int = 1,
    capture: Annotated[float, typer.Option(help="Share of requests to record, 0 to 1.")] = 0.0,
    cpus: Annotated[float, typer.Option(help="CPUs of one replica.")] = 0.25,
    gpus: Annotated[float, typer.Option(help="GPUs of one replica, fractions too.")] = 0.0,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    max_rows: Annotated[int, typer.Option(help="Largest batch.")] = 64,
    max_delay_ms: Annotated[float, typer.Option(help="How long a batch may wait.")] = 0.0,
    retain_s: Annotated[float, typer.Option(help="Keep the previous version loaded.")] = 60.0,
    json: Json = False,
) -> None:
    """Create or change an endpoint with one variant."""
    spec = {
        "name": name,
        "variants": [
            {
                "model": model,
                "replicas": replicas,
                "resources": {"num_cpus": cpus, "num_gpus": gpus, "device": device},
                "batching": {"max_rows": max_rows, "max_delay_ms": max_delay_ms},
            }
        ],
        "capture": {"share": capture},
        "retain_s": retain_s,
    }
    with connect() as client:
        _show(client.endpoints.apply(spec), json=json)


@app.command("list")
def list_endpoints(*, json: Json = False) -> None:
    """All endpoints and how they stand."""
    with connect() as client:
        found = client.endpoints.list()
    if json:
        print_json(found)
        return
    rows = [
        (
            one.name,
            one.state.value,
            ", ".join(variant.model for variant in one.spec.variants),
            count_predictors(one),
            one.reason,
        )
        for one in found
    ]
    print_table(("endpoint", "state", "models", "replicas", "reason"), rows)


@app.command("show")
def show_endpoint(name: str, *, json: Json = False) -> None:
    """One endpoint: what is wanted, what is loaded, who answers."""
    with connect() as client:
        _show(client.endpoints.get(name), json=json)


@app.command("wait")
def wait_for_endpoint(
    name: str,
    *,
    timeout: Annotated[float, typer.Option(help="Seconds.")] = 120.0,
    version: Annotated[int | None, typer.Option(help="Wait for this version.")] = None,
    json: Json = False,
) -> None:
    """Wait until the endpoint is ready; fails with the reason when it cannot be."""
    progress = Progress()

    def tell(seen: "EndpointDocument") -> None:
        progress.tell(f"{name}:", seen.state.value, seen.reason)

    with connect() as client:
        ready = client.endpoints.wait(name, timeout, tell, version=version)
    if json:
        print_json(ready)


@app.command("delete")
def delete_endpoint(
    name: str,
    *,
    with_routes: Annotated[
        bool, typer.Option("--with-routes", help="Take back the routes that lead to it, too.")
    ] = False,
    json: Json = False,
) -> None:
    """Take an endpoint down: it answers no more, and its replicas end."""
    with connect() as client:
        client.endpoints.remove(name, with_routes=with_routes)
    if json:
        print_json({"deleted": name})
    else:
        typer.echo(f"endpoint {name} answers no more; it is gone once its replicas have ended")


@app.command("rollback")
def roll_back(name: str, *, json: Json = False) -> None:
    """Go back to the versions before: each alias that the endpoint names moves back."""
    with connect() as client:
        moved = client.endpoints.rollback(name)
    if json:
        print_json(moved)
        return
    for one in moved:
        typer.echo(f"{one.model}@{one.name} is version {one.version} again; {name} follows")


@app.command("events")
def list_events(name: str, *, json: Json = False) -> None:
    """What happened to an endpoint, newest first."""
    with connect() as client:
        found = client.endpoints.events(name)
    if json:
        print_json(found)
    else:
        print_table(("at (UTC)", "event"), [(show_time(one.at), one.message) for one in found])


@app.command("proof")
def make_proof(
    name: str,
    *,
    ttl: Annotated[float, typer.Option(help="Seconds that it is good for.")] = 300.0,
    json: Json = False,
) -> None:
    """A header that opens the endpoint's replicas directly, for debugging and load tests."""
    with connect() as client:
        proof = client.endpoints.prove(name, ttl)
    if json:
        print_json(proof)
    else:
        print_facts({"replicas": ", ".join(proof.replicas), proof.header: proof.proof})


def count_predictors(endpoint: "EndpointDocument") -> int:
    """Replicas that answer inference: an explainer's are none."""
    explainers = {one.id for one in endpoint.residents if one.role.value != "predictor"}
    return sum(replica.resident not in explainers for replica in endpoint.replicas)


def _show(endpoint: "EndpointDocument", *, json: bool) -> None:
    if json:
        print_json(endpoint)
        return
    state = (
        f"{endpoint.state.value}: {endpoint.reason}" if endpoint.reason else endpoint.state.value
    )
    capture = f"{endpoint.spec.capture.share:.0%} of requests"
    print_facts({"endpoint": endpoint.name, "state": state, "captured": capture})
    answering = [replica.resident for replica in endpoint.replicas]
    rows = [
        (
            one.variant if one.role.value == "predictor" else f"{one.variant} ({one.role.value})",
            f"{one.model}:{one.version}",
            f"canary, {one.share:.0%}" if one.state.value == "canary" else one.state.value,
            answering.count(one.id),
            one.reason,
        )
        for one in endpoint.residents
    ]
    if rows:
        print_table(("variant", "version", "state", "replicas", "reason"), rows)
