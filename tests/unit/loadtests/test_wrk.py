from loadtests.wrk import Reading, read_report


def test_the_last_line_is_the_reading() -> None:
    line = (
        '{"requests":100,"duration_us":2000000,"p50_us":1500,"p99_us":3000,'
        '"bad_status":2,"socket_errors":1}'
    )
    assert read_report(f"noise\n{line}\n") == Reading(rate=50, p50_ms=1.5, p99_ms=3, failures=3)
