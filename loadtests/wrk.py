"""Run wrk against one address and read what it measured."""

import json
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Written to standard error, so that wrk's own report stays apart.
_DONE = """
done = function(summary, latency, requests)
  local e = summary.errors
  io.stderr:write(string.format(
    '{"requests":%d,"duration_us":%d,"p50_us":%d,"p99_us":%d,"bad_status":%d,"socket_errors":%d}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.status, e.connect + e.read + e.write + e.timeout))
end
"""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL with the request to send there, again and again."""

    name: str
    url: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one run measured. `failures` counts bad statuses and broken connections."""

    rate: float
    p50_ms: float
    p99_ms: float
    failures: int


def measure(target: Target, connections: int, seconds: int) -> Reading:
    """Closed loop with `connections` callers for `seconds`; raises CalledProcessError."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "request.lua")
        script.write_text(_write_script(target))
        # One wrk thread: on two cores a second one takes time from the server under test.
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), target.url]
        ran = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own command line
    return read_report(ran.stderr)


def read_report(text: str) -> Reading:
    """The reading in wrk's last line."""
    found = json.loads(text.strip().splitlines()[-1])
    return Reading(
        rate=found["requests"] / (found["duration_us"] / 1e6),
        p50_ms=found["p50_us"] / 1e3,
        p99_ms=found["p99_us"] / 1e3,
        failures=found["bad_status"] + found["socket_errors"],
    )


def _write_script(target: Target) -> str:
    headers = "".join(
        f"wrk.headers[{_quote(k)}] = {_quote(v)}\n" for k, v in target.headers.items()
    )
    return f'wrk.method = "POST"\nwrk.body = {_quote_bytes(target.body)}\n{headers}{_DONE}'


def _quote(text: str) -> str:
    return _quote_bytes(text.encode())


def _quote_bytes(raw: bytes) -> str:
    return '"' + "".join(f"\\{octet:03d}" for octet in raw) + '"'
