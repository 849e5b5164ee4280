from gateway.metrics import RequestMetrics
from tests.fakes.tap import FakeTap


def write(metrics: RequestMetrics) -> str:
    return metrics.write().decode()


def test_requests_are_counted_by_listener_name_and_status() -> None:
    metrics = RequestMetrics(FakeTap())
    for status in (200, 200, 503):
        metrics.record("public", "iris", status, 0.01)
    text = write(metrics)
    assert 'tidegate_requests_total{listener="public",name="iris",status="200"} 2.0' in text
    assert 'tidegate_requests_total{listener="public",name="iris",status="503"} 1.0' in text


def test_latencies_fall_into_buckets_that_add_up() -> None:
    metrics = RequestMetrics(FakeTap())
    for seconds in (0.0005, 0.001, 0.2, 99.0):
        metrics.record("private", "iris", 200, seconds)
    text = write(metrics)
    bucket = 'tidegate_request_seconds_bucket{le="%s",listener="private",name="iris"}'
    assert f"{bucket % '0.001'} 2.0" in text
    assert f"{bucket % '0.25'} 3.0" in text
    assert f"{bucket % '+Inf'} 4.0" in text
    assert 'tidegate_request_seconds_count{listener="private",name="iris"} 4.0' in text


def test_a_names_quotes_are_escaped() -> None:
    metrics = RequestMetrics(FakeTap())
    metrics.record("public", 'a"b', 200, 0.1)
    assert r'name="a\"b"' in write(metrics)


def test_what_became_of_traced_requests_adds_up_over_workers() -> None:
    other = RequestMetrics(FakeTap(), traced={"sent": 2, "dropped": 0})
    counts = {"sent": 1, "dropped": 0}
    mine = RequestMetrics(FakeTap(), lambda: [other.export()], traced=counts)
    counts["dropped"] += 1
    text = write(mine)
    assert 'tidegate_traced_requests_total{outcome="sent"} 3.0' in text
    assert 'tidegate_traced_requests_total{outcome="dropped"} 1.0' in text
    assert "tidegate_traced" not in write(RequestMetrics(FakeTap()))


def test_what_became_of_captured_records() -> None:
    assert 'tidegate_capture_records_total{outcome="dropped"} 0.0' in write(
        RequestMetrics(FakeTap())
    )
