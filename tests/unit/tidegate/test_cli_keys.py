from time import time

import pytest

from core.route import RouteSpec
from tests.fakes.command import read, run, tell
from tests.fakes.control import FakeControl

DAY_S = 86_400


def test_a_key_is_shown_once(served: FakeControl) -> None:
    served.platform.routes.apply(RouteSpec(name="iris", endpoint="iris"), 1.0)
    key = read("keys", "create", "me", "--route", "iris")
    assert key["key"].startswith(f"tg_{key['id']}_")
    assert key["routes"] == ["iris"]
    listed = tell("keys", "list")
    assert key["id"] in listed
    assert key["key"] not in listed
    assert key["key"] not in str(read("keys", "list"))


def test_a_key_ends_after_its_days(served: FakeControl) -> None:
    key = read("keys", "create", "me", "--days", "0.5")
    assert key["expires_at"] == pytest.approx(time() + DAY_S / 2, abs=60)
    assert read("keys", "create", "you")["expires_at"] is None


def test_only_the_key_is_on_standard_output(served: FakeControl) -> None:
    result = run("keys", "create", "me")
    assert result.stdout.startswith("tg_")
    assert result.stdout.count("\n") == 1
    assert "once" in result.stderr
    assert "every route, those to come too" in result.stderr


def test_a_key_is_revoked_by_its_id(served: FakeControl) -> None:
    key = read("keys", "create", "me")
    assert read("keys", "revoke", key["id"]) == {"revoked": key["id"]}
    assert read("keys", "list")[0]["revoked_at"] is not None
