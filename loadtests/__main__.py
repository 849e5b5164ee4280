"""A bare server, the replica's own port and the gateway; then batches of a network against a bare loop.

They are measured in turns, since the machine's speed drifts: only ratios of one run are trusted.
"""

import argparse
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from rich.console import Console

from loadtests.batching import measure_batching
from loadtests.platform import NAME, Platform, deploy, find_replica, free_ports, start_platform
from loadtests.report import save, show
from loadtests.tabular import write_classifier, write_request
from loadtests.verdict import list_faults
from loadtests.wrk import Reading, Target, measure

_JSON = {"content-type": "application/json"}


def main() -> int:
    """Run it; 1 when a limit is missed or a request failed."""
    options = read_arguments()
    console = Console(stderr=True)
    with TemporaryDirectory() as name, start_platform() as platform:
        folder = Path(name)
        with serve_targets(platform, folder, console) as targets:
            readings = {
                connections: measure_in_turns(targets, connections, options, console)
                for connections in options.connections
            }
        batching = measure_batching(
            platform, folder, options.seconds, options.rounds, console.print
        )
    show(readings, batching)
    save(readings, batching)
    faults = list_faults(readings, batching)
    for line in faults:
        console.print(f"[red]{line}[/red]")
    return 1 if faults else 0


def read_arguments() -> argparse.Namespace:
    """Duration, rounds and connections."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--seconds", type=int, default=5, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="turns; the median counts")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 64])
    return parser.parse_args()


@contextmanager
def serve_targets(platform: Platform, folder: Path, console: Console) -> Iterator[list[Target]]:
    """Start the bare server, deploy the same model on the platform; yield the three targets."""
    console.print("Training the tabular model (32 features)")
    model = write_classifier(folder / "tabular.onnx")
    body = write_request()
    with start_bare(str(model)) as bare_port, start_bare("-") as empty_port:
        console.print("Deploying it")
        key = deploy(platform, model, folder)
        address, proof = find_replica(platform)
        path = f"/v2/models/{NAME}/infer"
        targets = [
            Target("empty", f"http://127.0.0.1:{empty_port}{path}", body, _JSON),
            Target("bare", f"http://127.0.0.1:{bare_port}{path}", body, _JSON),
            Target("replica", f"http://{address}{path}", body, {**_JSON, **proof}),
            Target(
                "gateway",
                f"http://127.0.0.1:{platform.public_port}{path}",
                body,
                {**_JSON, "authorization": f"Bearer {key}"},
            ),
        ]
        check_answers([target for target in targets if target.name != "empty"])
        yield targets


@contextmanager
def start_bare(model: str) -> Iterator[int]:
    """The bare server in a process of its own."""
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "loadtests.bare", model, str(port)]
    with subprocess.Popen(command) as server:  # noqa: S603 - our own command
        try:
            yield port
        finally:
            server.terminate()


def check_answers(targets: list[Target]) -> None:
    """Ask each once: a fast wrong answer is worth nothing. Raises SystemExit."""
    answers = {target.name: probabilities(target) for target in targets}
    for name, answer in answers.items():
        if any(abs(a - b) > 1e-6 for a, b in zip(answer, answers["bare"], strict=True)):
            raise SystemExit(f"{name} answers {answer}, the bare server {answers['bare']}")


def probabilities(target: Target) -> list[float]:
    """The probabilities in one answer."""
    request = urllib.request.Request(target.url, target.body, dict(target.headers))  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - loopback
        outputs = json.load(response)["outputs"]
    return next(output["data"] for output in outputs if output["name"] == "probabilities")


def measure_in_turns(
    targets: list[Target], connections: int, options: argparse.Namespace, console: Console
) -> dict[str, Reading]:
    """Median reading of each target over the rounds, after a short warm-up."""
    taken: dict[str, list[Reading]] = {target.name: [] for target in targets}
    for target in targets:
        measure(target, connections, 1)
    for turn in range(options.rounds):
        for target in targets:
            reading = measure(target, connections, options.seconds)
            taken[target.name].append(reading)
            console.print(
                f"{connections:4} connections, round {turn + 1}/{options.rounds}: "
                f"{target.name} {reading.rate:,.0f} requests/s"
            )
    return {name: middle(readings) for name, readings in taken.items()}


def middle(readings: list[Reading]) -> Reading:
    """Medians of rate and latencies; failures add up."""
    return Reading(
        rate=median(reading.rate for reading in readings),
        p50_ms=median(reading.p50_ms for reading in readings),
        p99_ms=median(reading.p99_ms for reading in readings),
        failures=sum(reading.failures for reading in readings),
    )


if __name__ == "__main__":
    sys.exit(main())
