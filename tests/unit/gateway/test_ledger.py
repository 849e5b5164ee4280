from gateway.ledger import OTHERS, Ledger

NOW = 1_700_000_000.0


def test_requests_are_counted_by_day_route_and_caller() -> None:
    ledger = Ledger("g")
    for status in (200, 429, 500):
        ledger.record("flowers", "ann", status, (2, 10, 5), NOW)
    ledger.record("flowers", "ann", 200, (1, 1, 1), NOW + 86_400)
    first, second = ledger.take()
    assert (first.day, first.requests, first.refused, first.errors) == ("2023-11-14", 3, 1, 1)
    assert (first.rows, first.bytes_in, first.bytes_out) == (6, 30, 15)
    assert (second.day, second.requests) == ("2023-11-15", 1)
    assert ledger.take() == ()


def test_what_could_not_be_written_is_not_lost() -> None:
    ledger = Ledger("g")
    ledger.record("flowers", "ann", 200, (1, 1, 1), NOW)
    taken = ledger.take()
    ledger.record("flowers", "ann", 200, (1, 1, 1), NOW)
    ledger.put_back(taken)
    assert [one.requests for one in ledger.take()] == [2]


def test_callers_without_number_share_a_line() -> None:
    ledger = Ledger("g")
    for at in range(20_100):
        ledger.record("flowers", f"p{at}", 200, (1, 1, 1), NOW)
    taken = ledger.take()
    assert len(taken) <= 20_001
    assert next(one for one in taken if one.principal == OTHERS).requests == 100
