"""Several workers on one port: an exact limit in Redis, metrics of all, and workers that come and go."""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from core.exposure import Exposure
from registry.publishing import Authored
from tests.fakes.gateway_process import Running, keyed, run_gateway
from tests.fakes.redis_server import run_redis
from tidegate.client.waiting import Waiting

BODY = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}]}
EXPOSURE = Exposure.read(
    {
        "routes": [
            {"name": "flowers", "endpoint": "iris"},
            {"name": "limited", "endpoint": "iris", "total": "fifty"},
        ],
        "plans": [{"name": "fifty", "rate": 0.0001, "burst": 50}],
    }
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("redis")
    with (
        run_redis(folder) as url,
        run_gateway(tmp_path_factory.mktemp("home"), gateway_workers=2, limits_url=url) as running,
    ):
        running.platform.stages.publish("prod", lambda _: EXPOSURE, Authored(0.0))
        yield running


def ask(running: Running, route: str = "flowers") -> httpx.Response:
    # A connection of its own each time, so that the system chooses the worker anew.
    url = f"http://{running.public}/v2/models/{route}/infer"
    return httpx.post(url, json=BODY, headers=keyed(), trust_env=False, timeout=30)


def find_workers(running: Running) -> set[int]:
    found = psutil.Process(running.process.pid).children()
    return {one.pid for one in found if is_worker(one)}


def is_worker(process: psutil.Process) -> bool:
    try:
        return "--number" in process.cmdline()
    except psutil.Error:
        return False


def test_workers_share_one_exact_limit_and_tell_of_each_other(running: Running) -> None:
    statuses: list[int] = []

    def work() -> None:
        statuses.extend(ask(running, "limited").status_code for _ in range(30))

    Waiting().until(
        lambda: ask(running).status_code, lambda status: status == 200, subject="it", timeout_s=20
    )
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status: statuses.count(status) for status in set(statuses)} == {200: 50, 429: 70}
    refused = ask(running, "limited")
    assert refused.headers["ratelimit"].startswith('"fifty";r=0;t=')
    assert refused.headers["ratelimit-policy"] == '"fifty";q=50;w=500000'
    assert int(refused.headers["retry-after"]) > 60

    def count() -> str:
        return httpx.get(f"http://{running.private}/metrics", trust_env=False).text

    line = 'tidegate_requests_total{listener="public",name="limited",status="200"} 50.0'
    Waiting().until(count, lambda text: line in text, subject="the metrics", timeout_s=20)


def test_a_worker_that_dies_is_replaced(running: Running) -> None:
    before = find_workers(running)
    assert len(before) == 2
    victim = min(before)
    os.kill(victim, signal.SIGKILL)
    Waiting().until(
        lambda: find_workers(running),
        lambda seen: len(seen) == 2 and victim not in seen,
        subject="another worker",
        timeout_s=30,
    )
    assert ask(running).status_code == 200


def load(running: Running, ends: threading.Event, failures: list[str]) -> None:
    """Ask on kept connections, until told to end."""
    url = f"http://{running.public}/v2/models/flowers/infer"
    with httpx.Client(trust_env=False, timeout=30) as client:
        while not ends.is_set():
            try:
                answer = client.post(url, json=BODY, headers=keyed())
                if answer.status_code != 200:
                    failures.append(answer.text)
            except httpx.HTTPError as error:
                # A kept connection that was closed while it was idle: clients ask again.
                if "without sending" not in str(error):
                    failures.append(repr(error))


def test_workers_are_replaced_under_load_without_losing_a_request(running: Running) -> None:
    before, ends = find_workers(running), threading.Event()
    failures: list[str] = []

    threads = [threading.Thread(target=load, args=(running, ends, failures)) for _ in range(2)]
    for thread in threads:
        thread.start()
    running.process.send_signal(signal.SIGHUP)
    Waiting().until(
        lambda: find_workers(running),
        lambda seen: len(seen) == 2 and not seen & before,
        subject="two new workers",
        timeout_s=60,
    )
    ends.set()
    for thread in threads:
        thread.join()
    assert failures == []


def test_workers_do_not_outlive_their_foreman(tmp_path: Path) -> None:
    with run_gateway(tmp_path, gateway_workers=2) as running:
        workers = [psutil.Process(pid) for pid in find_workers(running)]
        running.process.kill()
        gone, alive = psutil.wait_procs(workers, timeout=20)
        assert (len(gone), alive) == (2, [])
