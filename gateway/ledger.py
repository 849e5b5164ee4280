"""The ledger: what each caller asked of each route today, until it is written to the tables."""

from dataclasses import dataclass
from datetime import UTC, datetime

from registry.records import Usage

_Key = tuple[str, str, str]
# Callers that come in are known ones, but tokens may name any number of people.
_MANY = 20_000
OTHERS = "others"


@dataclass(slots=True)
class _Line:
    requests: int = 0
    errors: int = 0
    refused: int = 0
    rows: int = 0
    bytes_in: int = 0
    bytes_out: int = 0


class Ledger:
    """Belongs to one event loop; told once a request."""

    def __init__(self, gateway: str) -> None:
        self._gateway = gateway
        self._lines: dict[_Key, _Line] = {}
        self._day_ends = 0.0
        self._day = ""

    def record(
        self, route: str, principal: str, status: int, sizes: tuple[int, int, int], now: float
    ) -> None:
        """One request, with its rows, and the bytes that came in and went out."""
        if now >= self._day_ends:
            self._turn(now)
        key = (self._day, route, principal)
        line = self._lines.get(key)
        if line is None:
            if len(self._lines) >= _MANY:
                key = (self._day, route, OTHERS)
            line = self._lines.setdefault(key, _Line())
        line.requests += 1
        line.errors += status >= 500
        line.refused += status == 429
        line.rows += sizes[0]
        line.bytes_in += sizes[1]
        line.bytes_out += sizes[2]

    def take(self) -> tuple[Usage, ...]:
        """All of it since the last time."""
        lines, self._lines = self._lines, {}
        return tuple(
            Usage(
                self._gateway, day, route, principal[:200], line.requests, line.errors, line.refused,
                line.rows, line.bytes_in, line.bytes_out,
            )
            for (day, route, principal), line in lines.items()
        )  # fmt: skip

    def put_back(self, usage: tuple[Usage, ...]) -> None:
        """What could not be written."""
        for one in usage:
            line = self._lines.setdefault((one.day, one.route, one.principal), _Line())
            line.requests += one.requests
            line.errors += one.errors
            line.refused += one.refused
            line.rows += one.rows
            line.bytes_in += one.bytes_in
            line.bytes_out += one.bytes_out

    def _turn(self, now: float) -> None:
        self._day = f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d}"
        self._day_ends = (now // 86_400 + 1) * 86_400
