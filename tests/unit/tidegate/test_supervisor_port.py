import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import Unavailable
from tidegate.settings import Settings
from tidegate.supervisor.port import check_ports, choose_port


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    names = (
        "public_port",
        "private_port",
        "public_grpc_port",
        "private_grpc_port",
        "control_port",
        "ray_port",
        "ray_dashboard_port",
    )
    ports = {f"TIDEGATE_{name.upper()}": str(choose_port("127.0.0.1")) for name in names}
    return Settings.from_environ({"TIDEGATE_HOME": str(tmp_path), **ports})


@pytest.fixture
def taken(settings: Settings) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", settings.control_port)):
        yield settings.control_port


def test_that_free_ports_pass(settings: Settings) -> None:
    check_ports(settings)


def test_that_a_taken_port_is_named_with_its_variable(settings: Settings, taken: int) -> None:
    with pytest.raises(Unavailable, match=f"port {taken}.*TIDEGATE_CONTROL_PORT"):
        check_ports(settings)


def test_that_one_port_is_not_given_twice(settings: Settings) -> None:
    both = settings.model_copy(update={"ray_port": settings.public_port})
    with pytest.raises(Unavailable, match="TIDEGATE_PUBLIC_PORT and TIDEGATE_RAY_PORT"):
        check_ports(both)


def test_that_a_port_of_rays_workers_is_refused(settings: Settings) -> None:
    inside = settings.model_copy(update={"ray_dashboard_port": 18484})
    with pytest.raises(Unavailable, match=r"18484.*TIDEGATE_RAY_DASHBOARD_PORT"):
        check_ports(inside)
