import tempfile
from pathlib import Path

import pytest

from core.errors import Unavailable
from tidegate.settings import Settings
from tidegate.supervisor.cluster import make_ray_folder, ray_command, ray_environ, ray_folder


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_that_a_short_home_holds_rays_folder() -> None:
    assert ray_folder(Settings(home=Path("/srv/tide"))) == Path("/srv/tide/run/ray")


def test_that_a_long_home_sends_ray_to_a_short_folder(temporary: Path) -> None:
    folder = ray_folder(Settings(home=Path("/srv") / ("x" * 40)))
    assert folder.parent.parent == temporary
    assert folder != ray_folder(Settings(home=Path("/srv") / ("y" * 40)))


def test_that_rays_folder_lies_in_a_private_one(temporary: Path) -> None:
    settings = Settings(home=Path("/srv") / ("x" * 40))
    make_ray_folder(settings)
    make_ray_folder(settings)
    assert ray_folder(settings).parent.stat().st_mode & 0o777 == 0o700


def test_that_only_the_last_session_of_ray_is_kept(temporary: Path) -> None:
    settings = Settings(home=Path("/srv") / ("x" * 40))
    for day in ("02", "01", "03"):
        (ray_folder(settings) / f"session_2026-01-{day}_1").mkdir(parents=True)
    make_ray_folder(settings)
    assert [each.name for each in ray_folder(settings).iterdir()] == ["session_2026-01-03_1"]


def test_that_a_link_in_its_place_is_refused(temporary: Path) -> None:
    settings = Settings(home=Path("/srv") / ("x" * 40))
    (temporary / "elsewhere").mkdir()
    ray_folder(settings).parent.symlink_to(temporary / "elsewhere")
    with pytest.raises(Unavailable, match="not a folder of this user"):
        make_ray_folder(settings)


def test_that_ray_is_told_to_listen_on_the_private_interface() -> None:
    command = ray_command(Settings(ray_port=6390, ray_cpus=3, ray_object_store_mb=100))
    assert "--node-ip-address=127.0.0.1" in command
    assert "--dashboard-host=127.0.0.1" in command
    assert {"--port=6390", "--num-cpus=3", "--object-store-memory=100000000"} < set(command)


def test_that_ray_asks_for_a_token_and_stays_on_loopback(tmp_path: Path) -> None:
    environ = ray_environ(Settings(home=tmp_path))
    assert environ["RAY_AUTH_MODE"] == "token"
    assert environ["RAY_AUTH_TOKEN_PATH"] == str(tmp_path / "ray.token")
    assert environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] == "0"
