from registry.records import Usage
from tests.fakes.control import FakeControl
from tidegate.client.client import Client


def test_usage_is_told_by_day(control: FakeControl) -> None:
    control.platform.usage.add([Usage("g", "2023-11-14", "flowers", "ann", requests=3)])
    (one,) = control.client.records.usage("2023-11-01", "2023-11-30")
    assert (one.route, one.principal, one.requests) == ("flowers", "ann", 3)
    assert control.client.records.usage("2024-01-01", "2024-01-02") == ()


def test_changes_are_written_down_with_before_and_after(control: FakeControl) -> None:
    client: Client = control.client
    client.plans.apply({"name": "gold", "rate": 5})
    client.plans.apply({"name": "gold", "rate": 7})
    client.plans.list()
    second, first = client.records.audit()
    assert (first.actor, first.action, first.status) == ("admin", "PUT", 200)
    assert (first.before, second.subject) == (None, "/api/v1/plans/gold")
    assert (second.before["spec"]["rate"], second.after["spec"]["rate"]) == (5.0, 7.0)
    assert client.records.audit(subject="/api/v1/keys") == ()


def test_secrets_are_in_no_log(control: FakeControl) -> None:
    minted = control.client.keys.create("ann")
    pair = control.client.keys.sign(minted.key.id)
    told = "".join(one.model_dump_json() for one in control.client.records.audit())
    assert minted.key.id in told
    assert minted.text not in told
    assert pair.secret_access_key not in told
