"""gRPC against HTTP on one gateway: the same tensors in binary, in turns.

`python -m loadtests.rpc` starts a platform of its own. The clients differ (wrk is C, grpc.aio Python), so
the processor time that the gateway spends on a request is told beside the rate.
"""

import asyncio
import json
import multiprocessing
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

import grpc
import numpy as np
import psutil
import uvloop
from tritonclient.grpc import service_pb2 as pb

from loadtests.platform import NAME, Platform, deploy, start_platform
from loadtests.tabular import FEATURES, write_classifier
from loadtests.wrk import Reading, Target, measure

SECONDS = 4
ROUNDS = 3
CONNECTIONS = (1, 64)
_ROWS = np.random.default_rng(7).normal(size=(1, FEATURES)).astype(np.float32)
_DESCRIBED = {"name": "X", "datatype": "FP32", "shape": [1, FEATURES]}
Measure = Callable[[int], Reading]


@dataclass(frozen=True, slots=True)
class Callee:
    """What gRPC callers need; it travels to their process."""

    address: str
    key: str

    def measure(self, connections: int) -> Reading:
        """Closed loop with so many callers on one channel, in a process of their own."""
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            return pool.apply(call_for_a_while, (self, connections))


def call_for_a_while(callee: Callee, callers: int) -> Reading:
    """Call for SECONDS, after one call that is not counted."""
    return uvloop.run(_call(callee, callers))


async def _call(callee: Callee, callers: int) -> Reading:
    message = pb.ModelInferRequest(
        model_name=NAME, inputs=[_DESCRIBED], raw_input_contents=[_ROWS.tobytes()]
    )
    body, metadata = message.SerializeToString(), (("x-api-key", callee.key),)
    times: list[float] = []
    failures = 0
    async with grpc.aio.insecure_channel(callee.address) as channel:
        infer = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
        await infer(body, metadata=metadata)
        ends_at = time.perf_counter() + SECONDS

        async def call() -> None:
            nonlocal failures
            while (begun := time.perf_counter()) < ends_at:
                try:
                    await infer(body, metadata=metadata)
                except grpc.aio.AioRpcError:
                    failures += 1
                times.append(time.perf_counter() - begun)

        await asyncio.gather(*(call() for _ in range(callers)))
    cuts = quantiles(times, n=100)
    return Reading(len(times) / SECONDS, cuts[49] * 1e3, cuts[98] * 1e3, failures)


def make_target(platform: Platform, key: str) -> Target:
    """The same request as binary HTTP."""
    tensor = {**_DESCRIBED, "parameters": {"binary_data_size": _ROWS.nbytes}}
    document = {"inputs": [tensor], "parameters": {"binary_data_output": True}}
    head = json.dumps(document).encode()
    headers = {"x-api-key": key, "inference-header-content-length": str(len(head))}
    url = f"http://127.0.0.1:{platform.public_port}/v2/models/{NAME}/infer"
    return Target("http", url, head + _ROWS.tobytes(), headers)


def find_gateway(port: int) -> psutil.Process:
    """The process that listens on the public port."""
    for one in psutil.net_connections("tcp"):
        if one.status == psutil.CONN_LISTEN and one.laddr[1:] == (port,) and one.pid:
            return psutil.Process(one.pid)
    raise SystemExit(f"nobody listens on {port}")


def spend(gateway: psutil.Process, measured: Measure, connections: int) -> tuple[Reading, float]:
    """A reading, and the gateway's microseconds of processor time for each request."""
    before = sum(gateway.cpu_times()[:2])
    reading = measured(connections)
    spent = sum(gateway.cpu_times()[:2]) - before
    return reading, spent / (reading.rate * SECONDS) * 1e6


def compare(gateway: psutil.Process, measures: dict[str, Measure], connections: int) -> int:
    """Measure in turns, print medians and ratios; returns how many requests failed."""
    taken: dict[str, list[tuple[Reading, float]]] = {name: [] for name in measures}
    for _ in range(ROUNDS):
        for name, measured in measures.items():
            taken[name].append(spend(gateway, measured, connections))
    rates = {name: median(one.rate for one, _ in found) for name, found in taken.items()}
    for name, found in taken.items():
        p50, p99 = (
            median(getattr(one, field) for one, _ in found) for field in ("p50_ms", "p99_ms")
        )
        cost = median(spent for _, spent in found)
        line = (
            f"{connections:3} callers, {name}: {rates[name]:7,.0f} requests/s, p50 {p50:.2f} ms, "
        )
        sys.stdout.write(f"{line}p99 {p99:.2f} ms, {cost:,.0f} us of the gateway each\n")
    sys.stdout.write(
        f"{connections:3} callers: gRPC reaches {rates['grpc'] / rates['http']:.0%} of HTTP\n"
    )
    return sum(one.failures for found in taken.values() for one, _ in found)


def main() -> int:
    """Run it; 1 when a request failed."""
    with TemporaryDirectory() as folder, start_platform() as platform:
        key = deploy(platform, write_classifier(Path(folder, "tabular.onnx")), Path(folder))
        target = make_target(platform, key)
        callee = Callee(f"127.0.0.1:{platform.environment['TIDEGATE_PUBLIC_GRPC_PORT']}", key)
        measures: dict[str, Measure] = {
            "http": lambda connections: measure(target, connections, SECONDS),
            "grpc": callee.measure,
        }
        gateway = find_gateway(platform.public_port)
        failures = sum(compare(gateway, measures, connections) for connections in CONNECTIONS)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
