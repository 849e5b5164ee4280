"""A caller's trace goes through the gateway to real replicas, and its spans to a real collector."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.fakes.collector import Collector, Got, collecting
from tests.fakes.gateway_process import free_ports, wait_until_ready
from tests.system.stand import Exposed, write_body
from tidegate.client.waiting import Waiting

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
ROWS = [[1.0, 2.0, 3.0, 4.0]]
_PORTS = ("PUBLIC", "PRIVATE", "PUBLIC_GRPC", "PRIVATE_GRPC")


@dataclass(frozen=True)
class TracedGateway:
    """One more gateway of the platform; it has a collector and an access log of its own."""

    collector: Collector
    public: str
    private: str
    log: Path

    def infer(self, exposed: Exposed, **headers: str) -> httpx.Response:
        """Ask publicly."""
        return self._post(f"{self.public}/v2/models/{exposed.name}", exposed.headers, headers)

    def infer_privately(self, exposed: Exposed, **headers: str) -> httpx.Response:
        """Ask the endpoint."""
        return self._post(f"{self.private}/v2/models/{exposed.name}", {}, headers)

    def _post(self, url: str, own: dict[str, str], more: dict[str, str]) -> httpx.Response:
        return httpx.post(f"{url}/infer", content=write_body(ROWS), headers={**own, **more})

    def logged(self, trace_id: str) -> list[str]:
        """The paths that the access log has for a trace."""
        lines = map(json.loads, self.log.read_text().splitlines()) if self.log.is_file() else ()
        return [line["path"] for line in lines if line["trace_id"] == trace_id]


@pytest.fixture(scope="module")
def traced(scores: Exposed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TracedGateway]:
    log = tmp_path_factory.mktemp("traced") / "access.jsonl"
    ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
    with collecting() as collector:
        environ = {
            **scores.stand.environ,
            **{f"TIDEGATE_{name}_PORT": str(port) for name, port in ports.items()},
            "TIDEGATE_OTLP_ENDPOINT": collector.url,
            "TIDEGATE_TRACE_SHARE": "0",
            "TIDEGATE_ACCESS_LOG": str(log),
            "TIDEGATE_GATEWAY_WORKERS": "1",
        }
        process = subprocess.Popen([sys.executable, "-m", "gateway"], env=environ)
        try:
            private = f"http://127.0.0.1:{ports['PRIVATE']}"
            wait_until_ready(private)
            yield TracedGateway(collector, f"http://127.0.0.1:{ports['PUBLIC']}", private, log)
        finally:
            process.terminate()
            assert process.wait(60) == 0


def test_a_callers_trace_has_the_gateways_span_and_its_stages(
    traced: TracedGateway, scores: Exposed
) -> None:
    began = time.time_ns()
    answer = traced.infer(scores, traceparent=f"00-{TRACE}-{SPAN}-01", tracestate="shop=7")
    ended = time.time_ns()
    assert answer.status_code == 200

    def is_ours(span: Got) -> bool:
        return span.trace_id == TRACE

    spans = {span.name: span for span in traced.collector.wait(is_ours, 5)}
    own = spans["POST scores"]
    assert (own.parent_id, own.state, own.kind) == (SPAN, "shop=7", "SERVER")
    # The span ends when the answer is handed over, which its reader may notice first.
    assert began <= own.start <= ended
    assert own.start < own.end
    assert own.attributes["tidegate.endpoint"] == "scores"
    assert (own.attributes["tidegate.version"], own.attributes["tidegate.rows"]) == (1, 1)
    assert own.attributes["http.response.status_code"] == 200
    assert own.holds(spans["auth"])
    assert own.holds(spans["upstream"])
    assert spans["upstream"].holds(spans["queue"])
    assert spans["upstream"].holds(spans["compute"])
    assert spans["queue"].end <= spans["compute"].start < spans["compute"].end
    assert scores.key not in repr(traced.collector.spans)
    Waiting(interval_s=0.05).until(
        lambda: traced.logged(TRACE), bool, subject="the trace in the access log", timeout_s=15
    )
    assert traced.logged(TRACE) == ["/v2/models/scores/infer"]


def test_only_sampled_requests_are_exported(traced: TracedGateway, scores: Exposed) -> None:
    silent, told = "1" * 32, "2" * 32
    traced.infer(scores, traceparent=f"00-{silent}-{SPAN}-00")
    traced.infer(scores)
    traced.infer(scores, traceparent=f"00-{told}-{SPAN}-01")
    assert len(traced.collector.wait(lambda span: span.trace_id == told, 5)) == 5
    assert {span.trace_id for span in traced.collector.spans} <= {TRACE, told}


def test_who_asks_and_may_is_told_where_the_time_went(
    traced: TracedGateway, scores: Exposed
) -> None:
    asked = {"x-tidegate-timing": "1"}
    told = traced.infer_privately(scores, **asked).headers["server-timing"]
    times = {
        name: float(said.removeprefix("dur="))
        for name, said in (part.split(";") for part in told.split(", "))
    }
    assert list(times) == ["auth", "queue", "compute", "upstream", "total"]
    assert times["compute"] > 0
    assert times["queue"] + times["compute"] <= times["upstream"] <= times["total"]
    assert "server-timing" not in traced.infer_privately(scores).headers
    assert "server-timing" not in traced.infer(scores, **asked).headers


def test_the_stages_are_in_the_metrics(traced: TracedGateway, scores: Exposed) -> None:
    assert traced.infer(scores).status_code == 200
    text = httpx.get(f"{traced.private}/metrics").text
    for stage in ("auth", "queue", "compute", "upstream"):
        label = f'listener="public",name="scores",stage="{stage}"'
        assert f"tidegate_stage_seconds_count{{{label}}}" in text
    assert 'tidegate_traced_requests_total{outcome="sent"}' in text
    assert 'tidegate_traced_requests_total{outcome="dropped"} 0.0' in text
