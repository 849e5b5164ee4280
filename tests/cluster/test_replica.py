"""One replica, asked by unmodified clients on its own port."""

import asyncio
import gzip
import http.client
import json
import socket
from collections.abc import Iterator
from ipaddress import ip_address

import numpy as np
import psutil
import pytest
import tritonclient.http as triton
import tritonclient.http.aio as triton_aio
from tritonclient.utils import InferenceServerException

from core.tensor import Array
from registry.records import Lease
from serving.logbook import read_logbooks
from tests.cluster.conftest import World
from tests.samples import linear_scores
from tidegate.settings import Settings
from tidegate.supervisor.process import Spawned, list_descendants

ROWS = np.arange(8, dtype=np.float32).reshape(2, 4)


@pytest.fixture(scope="module")
def lease(world: World) -> Iterator[Lease]:
    version = world.publish("clients")
    yield world.deploy("clients", f"clients:{version}")
    world.remove("clients")


def make_input(rows: Array = ROWS, *, binary: bool = True) -> triton.InferInput:
    datatype = "FP32" if rows.dtype == np.float32 else "FP64"
    tensor = triton.InferInput("features", list(rows.shape), datatype)
    tensor.set_data_from_numpy(rows, binary_data=binary)
    return tensor


@pytest.mark.parametrize("binary_in", [True, False])
@pytest.mark.parametrize("binary_out", [True, False])
@pytest.mark.parametrize("compression", [None, "gzip", "deflate"])
def test_tritonclient(
    world: World, lease: Lease, *, binary_in: bool, binary_out: bool, compression: str | None
) -> None:
    with triton.InferenceServerClient(lease.address) as client:
        answer = client.infer(
            "clients",
            [make_input(binary=binary_in)],
            outputs=[triton.InferRequestedOutput("scores", binary_data=binary_out)],
            headers=world.proof(lease),
            request_compression_algorithm=compression,
            response_compression_algorithm=compression,
        )
    np.testing.assert_allclose(answer.as_numpy("scores"), linear_scores(ROWS))


def test_tritonclient_aio_many_at_once(world: World, lease: Lease) -> None:
    async def ask() -> list[object]:
        async with triton_aio.InferenceServerClient(lease.address) as client:
            asked = [
                client.infer("clients", [make_input()], headers=world.proof(lease))
                for _ in range(50)
            ]
            return [answer.as_numpy("scores").tolist() for answer in await asyncio.gather(*asked)]

    assert asyncio.run(ask()) == [linear_scores(ROWS)] * 50


def test_it_describes_itself(world: World, lease: Lease) -> None:
    with triton.InferenceServerClient(lease.address) as client:
        headers = world.proof(lease)
        assert client.is_server_live()
        assert client.is_server_ready()
        assert client.get_server_metadata(headers=headers)["name"] == "tidegate"
        metadata = client.get_model_metadata("clients", headers=headers)
        assert metadata["inputs"] == [{"name": "features", "datatype": "FP32", "shape": [-1, 4]}]
        assert client.get_model_config("clients", headers=headers)["max_batch_size"] == 64


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (ROWS.astype(np.float64), r"'features': expected FP32\[-1, 4\], given FP64\[2, 4\]"),
        (ROWS[:, :3], r"'features': expected FP32\[-1, 4\], given FP32\[2, 3\]"),
    ],
)
def test_a_wrong_tensor_is_named(world: World, lease: Lease, rows: Array, says: str) -> None:
    with (
        triton.InferenceServerClient(lease.address) as client,
        pytest.raises(InferenceServerException, match=says),
    ):
        client.infer("clients", [make_input(rows)], headers=world.proof(lease))


def test_without_a_proof_nobody_comes_in(lease: Lease) -> None:
    with (
        triton.InferenceServerClient(lease.address) as client,
        pytest.raises(InferenceServerException, match="signed request"),
    ):
        client.infer("clients", [make_input()])


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00\xff\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /v2 HTTP/1.1\r\ncontent-length: x\r\n\r\n",
    ],
)
def test_malformed_bytes_end_only_their_own_connection(
    world: World, lease: Lease, raw: bytes
) -> None:
    host, port = lease.address.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as stranger:
        stranger.sendall(raw)
        assert b"HTTP/1.1 4" in stranger.recv(4096)
    test_it_describes_itself(world, lease)


def test_nothing_of_ray_listens_outside_loopback(head: Spawned, lease: Lease) -> None:
    ours = {child.pid for child in (*list_descendants(head.child), head.child)}
    sockets = [one for one in psutil.net_connections("tcp") if one.pid in ours]
    listening = {
        str(one.laddr.ip).removeprefix("::ffff:")  # IPv4 on a socket for both families
        for one in sockets
        if one.status == psutil.CONN_LISTEN and one.laddr
    }
    assert lease.address.partition(":")[0] in listening
    assert {address for address in listening if not ip_address(address).is_loopback} == set()


def test_a_bomb_is_refused(world: World, lease: Lease) -> None:
    connection = http.client.HTTPConnection(lease.address, timeout=30)
    bomb = gzip.compress(b"0" * (2**26 + 1))
    headers = {**world.proof(lease), "content-encoding": "gzip"}
    connection.request("POST", "/v2/models/clients/infer", bomb, headers)
    answer = connection.getresponse()
    assert answer.status == 413
    assert "limit" in json.loads(answer.read())["error"]
    connection.close()


def test_what_a_replica_says_can_be_read(world: World, lease: Lease, settings: Settings) -> None:
    text = read_logbooks(settings.logbooks, lease.resident, 50)
    assert f"answers at {lease.address}" in text
