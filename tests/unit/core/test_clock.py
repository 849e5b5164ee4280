from core.clock import SystemClock


def test_the_machines_clock_moves_forward() -> None:
    clock = SystemClock()
    assert clock.now() > 1_700_000_000
    assert clock.monotonic() <= clock.monotonic()
