import pytest

from tidegate.client.traffic import Flow, Reading, compare, read_metrics

TEXT = """
# TYPE tidegate_requests counter
tidegate_requests_total{listener="public",name="iris",status="200"} 90
tidegate_requests_total{listener="public",name="iris",status="503"} 10
tidegate_requests_total{listener="public",name="",status="404"} 5
# TYPE tidegate_request_seconds histogram
tidegate_request_seconds_bucket{listener="public",name="iris",le="0.1"} 50
tidegate_request_seconds_bucket{listener="public",name="iris",le="0.2"} 100
tidegate_request_seconds_bucket{listener="public",name="iris",le="+Inf"} 100
# TYPE tidegate_capture_records counter
tidegate_capture_records_total{outcome="written"} 7
"""
KEY = ("public", "iris")


def test_names_are_read_and_strangers_left_out() -> None:
    (found,) = read_metrics(TEXT).items()
    assert found[0] == KEY
    assert (found[1].requests, found[1].errors, found[1].below[0.1]) == (100.0, 10.0, 50.0)


def test_what_was_before_does_not_count() -> None:
    before = {KEY: Reading(50, 10, {0.1: 50.0, 0.2: 50.0, float("inf"): 50.0})}
    (flow,) = compare(before, read_metrics(TEXT), 2.0)
    assert (flow.requests_per_s, flow.error_share) == (25.0, 0.0)
    assert flow.p50_s == pytest.approx(0.15)


def test_a_gateway_that_was_started_again_counts_from_zero() -> None:
    (flow,) = compare({KEY: Reading(5000, 0, {})}, read_metrics(TEXT), 1.0)
    assert (flow.requests_per_s, flow.error_share) == (100.0, 0.1)


def test_the_busiest_come_first_and_silence_has_no_latency() -> None:
    after = {("private", "a"): Reading(), ("public", "b"): Reading(4, 0, {float("inf"): 4})}
    assert compare({}, after, 2.0) == (
        Flow("public", "b", 2.0, 0.0, 0.0, 0.0),
        Flow("private", "a", 0.0, 0.0, None, None),
    )
