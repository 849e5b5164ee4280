from pathlib import Path

import pytest

from tests.fakes.control import FakeControl


@pytest.fixture
def control(tmp_path: Path) -> FakeControl:
    """A control process on a fresh home, without a cluster."""
    return FakeControl(tmp_path)
