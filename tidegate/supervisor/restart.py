"""When a process that died is started again. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """Each death in a row waits longer, until the process has stayed up for `steady_s`."""

    first_s: float = 0.5
    factor: float = 2.0
    longest_s: float = 30.0
    steady_s: float = 60.0
    failing_after: int = 3


@dataclass(frozen=True, slots=True)
class Deaths:
    """How often a process died in a row, and how many seconds to wait before the next start."""

    in_a_row: int = 0
    wait_s: float = 0.0


def count_death(deaths: Deaths, ran_s: float, policy: RestartPolicy) -> Deaths:
    """Count one more death of a process that had run for `ran_s` seconds."""
    in_a_row = 1 if ran_s >= policy.steady_s else deaths.in_a_row + 1
    # The exponent is bounded, since a power of a long-dead process would overflow.
    wait_s = policy.first_s * policy.factor ** min(in_a_row - 1, 32)
    return Deaths(in_a_row, min(wait_s, policy.longest_s))


def is_failing(deaths: Deaths, policy: RestartPolicy) -> bool:
    """Whether the process dies again and again, so that somebody should look at its log."""
    return deaths.in_a_row >= policy.failing_after
