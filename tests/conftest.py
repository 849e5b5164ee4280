"""Markers from the folder a test lies in, Hypothesis profiles, and no Ray and no network in unit tests."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=300, deadline=None, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))  # noqa: TID251 - the test run is its own process edge

_ROOT = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.relative_to(_ROOT).parts[0]
        if folder in ("cluster", "system"):
            item.add_marker(folder)
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(autouse=True)
def _no_ray(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unit tests must not start a cluster by accident."""
    folder = Path(request.node.path).relative_to(_ROOT).parts[0]
    if folder in ("unit", "house"):
        monkeypatch.setenv("RAY_ADDRESS", "refused:1")
