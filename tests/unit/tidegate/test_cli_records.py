from registry.records import Usage
from tests.fakes.command import read, tell
from tests.fakes.control import FakeControl


def test_usage_is_a_table_or_csv(served: FakeControl) -> None:
    served.platform.usage.add([Usage("g", "2023-11-14", "flowers", "ann", requests=3)])
    days = ("--from", "2023-11-01", "--to", "2023-11-30")
    assert "flowers" in tell("usage", *days)
    lines = tell("usage", "--csv", *days).splitlines()
    assert lines == [
        "day,route,principal,requests,errors,refused,rows,bytes_in,bytes_out",
        "2023-11-14,flowers,ann,3,0,0,0,0,0",
    ]
    assert read("usage", *days)[0]["requests"] == 3


def test_changes_are_listed_with_who_asked(served: FakeControl) -> None:
    read("plans", "set", "gold", "--rate", "5")
    (entry,) = read("audit")
    assert (entry["action"], entry["subject"]) == ("PUT", "/api/v1/plans/gold")
    assert entry["actor"].startswith("admin (")
    assert "/api/v1/plans/gold" in tell("audit")
