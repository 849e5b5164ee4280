"""Processes die, the platform is stopped and started: what was deployed comes back by itself."""

from ipaddress import IPv6Address, ip_address

import psutil
import pytest

from tests.system.stand import Exposed, Stand, listening, write_body
from tidegate.client.waiting import Waiting
from tidegate.demo.promotion import Load
from tidegate.supervisor.process import find
from tidegate.supervisor.state import Child

ROW = [[1.0, 2.0, 3.0, 4.0]]


def await_renewed(stand: Stand, name: str, old: Child) -> None:
    """Wait until the process of this name is another one and answers."""
    Waiting().until(
        lambda: stand.state,
        lambda state: name in state.ready and state.children[name] != old,
        subject=f"a new {name}",
        timeout_s=60,
    )


def kill(stand: Stand, name: str) -> Child:
    """Kill one process of the platform and return which it was."""
    child = stand.state.children[name]
    process = find(child)
    assert process is not None
    process.kill()
    return child


def test_requests_do_not_notice_that_the_control_process_died(
    stand: Stand, scores: Exposed
) -> None:
    with Load(f"{scores.url}/infer", write_body(ROW), scores.headers) as load:
        load.await_version(1)
        await_renewed(stand, "control", kill(stand, "control"))
        load.await_version(1)
    assert load.failures == []
    assert stand.read("status")["state"] == "ok"


def test_a_gateway_that_died_is_started_again(stand: Stand, scores: Exposed) -> None:
    await_renewed(stand, "gateway", kill(stand, "gateway"))
    assert scores.infer(ROW).status_code == 200


def test_stop_and_start_bring_every_endpoint_back(stand: Stand, scores: Exposed) -> None:
    before = stand.state.list_processes()
    stand.read("down")
    assert [child for child in before if find(child) is not None] == []
    assert stand.run("status").returncode == 3
    stand.read("up")
    stand.await_pool("scores", 2)
    scores.await_status(200)
    answer = scores.infer(ROW)
    assert (answer.status_code, answer.json()["outputs"][0]["data"]) == (200, [40.0, 50.0])


def test_up_says_that_it_runs_already(stand: Stand) -> None:
    before = stand.state.supervisor
    ran = stand.run("up")
    assert ran.returncode == 1
    assert "running" in ran.stderr
    assert stand.state.supervisor == before


def test_the_platform_listens_on_loopback_only(stand: Stand, scores: Exposed) -> None:
    assert scores.infer(ROW).status_code == 200
    processes = [find(child) for child in stand.state.list_processes()]
    found = {
        f"{name_of(process)} {one.laddr.ip}"
        for process in processes
        if process is not None
        for one in listening(process)
        if not is_loopback(one.laddr.ip)
    }
    assert found == set()


def is_loopback(text: str) -> bool:
    """Whether this address is the machine's own, in IPv6's clothes too."""
    address = ip_address(text)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def name_of(process: psutil.Process) -> str:
    """A process's title; empty where it is gone."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


@pytest.mark.parametrize("name", ["admin.token", "ray.token"])
def test_secrets_are_the_owners_alone(stand: Stand, name: str) -> None:
    assert (stand.settings.home / name).stat().st_mode & 0o777 == 0o600
    assert stand.settings.home.stat().st_mode & 0o777 == 0o700
