from pathlib import Path

from registry.platform import open_platform
from tidegate.settings import Settings
from tidegate.supervisor.home import prepare_home


def test_that_a_home_is_private_and_whole(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    prepare_home(settings, 0.0)
    assert settings.home.stat().st_mode & 0o777 == 0o700
    for file in (settings.admin_token_file, settings.ray_token_file):
        assert len(file.read_text()) >= 43
    for name in ("admin.token", "ray.token", "platform.db"):
        assert (settings.home / name).stat().st_mode & 0o777 == 0o600
    assert open_platform(settings.database_url).endpoints.list() == ()


def test_that_what_is_there_stays(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    prepare_home(settings, 0.0)
    before = settings.admin_token_file.read_text(), settings.ray_token_file.read_text()
    prepare_home(settings, 1.0)
    assert before == (settings.admin_token_file.read_text(), settings.ray_token_file.read_text())
    assert not list(tmp_path.glob(".*token*"))
