from core.plan import PlanSpec, Quota
from gateway.charge import Charge, Standing, Verdict, write_headers

NOW = 1_700_000_000.0  # a Tuesday, 22:13:20 UTC


def test_the_headers_say_what_is_given_and_what_is_left() -> None:
    plan = PlanSpec(name="gold", rate=5, burst=20, quota=Quota(limit=1000, period="day"))
    rows = PlanSpec(name="bulk", rate=100, unit="rows")
    charges = [Charge(plan, "a"), Charge(rows, "b", 7)]
    verdict = Verdict((Standing(12.5, 990), Standing(93.0, None)))
    assert dict(write_headers(charges, verdict, NOW)) == {
        b"ratelimit-policy": b'"gold";q=20;w=4, "gold-day";q=1000;w=86400, "bulk";q=100;w=1;qu="rows"',
        b"ratelimit": b'"gold";r=12;t=2, "gold-day";r=990;t=6400, "bulk";r=93;t=1',
    }


def test_concurrency_alone_has_no_headers() -> None:
    charge = Charge(PlanSpec(name="few", concurrency=2), "a")
    assert write_headers([charge], Verdict((Standing(),)), NOW) == []
