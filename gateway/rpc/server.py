"""gRPC servers of the gateway: one for each listener, in the same loop as HTTP."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc

from gateway.rpc.methods import Methods
from gateway.rpc.service import InferenceService

# A message is the tensors and a little more around them.
_MARGIN = 64 * 1024
_OPTIONS = (
    ("grpc.max_send_message_length", -1),
    ("grpc.max_metadata_size", 16 * 1024),
    # Clients behind proxies ask whether we are still there; grpc would take that for abuse.
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # Whoever is gone without a word is noticed within two minutes.
    ("grpc.keepalive_time_ms", 100_000),
    ("grpc.keepalive_timeout_ms", 20_000),
)


@dataclass(frozen=True, slots=True)
class Port:
    """Where one service listens, by TLS where it has credentials; a port of 0 means that it does not."""

    service: InferenceService
    host: str
    port: int
    credentials: Any = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """Largest message in bytes, RPCs at once on each server, and seconds for the last answers.

    `shares_ports`: workers of one gateway listen at the same ports.
    """

    body_bytes: int
    rpcs: int
    drain_s: float
    shares_ports: bool = False


@asynccontextmanager
async def serving(ports: Sequence[Port], bounds: Bounds) -> AsyncIterator[asyncio.Event]:
    """Serve while inside, or until the event is set; then what is in flight has its seconds.

    Raises RuntimeError when a port is taken.
    """
    servers: list[Any] = []
    leaving = asyncio.Event()
    try:
        for port in (one for one in ports if one.port):
            servers.append(await start(port, bounds))  # noqa: PERF401 - those before a failure stop
        stopping = asyncio.create_task(stop(servers, bounds.drain_s, leaving))
        yield leaving
        leaving.set()
        await stopping
    finally:
        await asyncio.gather(*(server.stop(None) for server in servers))


async def start(one: Port, bounds: Bounds) -> Any:
    """A server that listens; raises RuntimeError when it cannot."""
    server = grpc.aio.server(
        handlers=(Methods(one.service),),
        maximum_concurrent_rpcs=bounds.rpcs,
        options=[
            *_OPTIONS,
            ("grpc.max_receive_message_length", bounds.body_bytes + _MARGIN),
            # Another process must not share the port unnoticed.
            ("grpc.so_reuseport", int(bounds.shares_ports)),
        ],
    )
    host = f"[{one.host}]" if ":" in one.host else one.host
    if one.credentials is None:
        server.add_insecure_port(f"{host}:{one.port}")
    else:
        server.add_secure_port(f"{host}:{one.port}", one.credentials)
    await server.start()
    return server


async def stop(servers: Sequence[Any], drain_s: float, leaving: asyncio.Event) -> None:
    """Once `leaving` is set, take no more and wait for what is in flight."""
    await leaving.wait()
    await asyncio.gather(*(server.stop(drain_s) for server in servers))
