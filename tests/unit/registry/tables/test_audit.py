"""The audit log."""

from registry.platform import Platform
from registry.records import AuditEntry


def test_the_newest_entries_come_first(platform: Platform) -> None:
    first = AuditEntry(1.0, "admin", "PUT", "/api/v1/routes/a_b", 200, None, {"name": "a_b"})
    second = AuditEntry(2.0, "admin", "DELETE", "/api/v1/routes/axb", 204, {"name": "axb"}, None)
    platform.audit.add(first)
    platform.audit.add(second)
    assert platform.audit.list() == (second, first)
    assert platform.audit.list(limit=1) == (second,)
    assert platform.audit.list(subject="/api/v1/routes/a_") == (first,)
