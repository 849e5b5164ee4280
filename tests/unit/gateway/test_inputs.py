from pathlib import Path

import pytest

from capture.store import open_store
from core.errors import Forbidden, NotFound, PayloadTooLarge
from gateway.inputs import Inputs

pytestmark = pytest.mark.anyio


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_bytes(b"1,2")
    (tmp_path / "secret").write_bytes(b"s")
    return Inputs(f"{tmp_path}/in", open_store(f"{tmp_path}/in"))


async def test_what_lies_there_is_read(inputs: Inputs, tmp_path: Path) -> None:
    assert await inputs.read(f"{tmp_path}/in/a.csv", 10) == b"1,2"
    with pytest.raises(PayloadTooLarge):
        await inputs.read(f"{tmp_path}/in/a.csv", 2)
    with pytest.raises(NotFound):
        await inputs.read(f"{tmp_path}/in/b.csv", 10)


@pytest.mark.parametrize("path", ["secret", "in/../secret", "in//etc/passwd", ""])
async def test_what_lies_elsewhere_is_not(inputs: Inputs, tmp_path: Path, path: str) -> None:
    with pytest.raises(Forbidden):
        await inputs.read(f"{tmp_path}/{path}", 10)
