"""`tidegate endpoints top`: the traffic of each name, as it goes."""

from dataclasses import asdict
from time import monotonic, sleep
from typing import Annotated

import typer

from tidegate.cli.connection import find_settings
from tidegate.cli.output import Json, print_json, print_table


def show_top(
    *,
    every: Annotated[float, typer.Option(help="Seconds between two looks.", min=0.2)] = 2.0,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until interrupted.")] = False,
    json: Json = False,
) -> None:
    """Requests per second, errors and latency of each route and endpoint."""
    import httpx  # noqa: PLC0415 - only this command needs it

    from tidegate.client.traffic import Flow, compare, read_metrics  # noqa: PLC0415 - as above

    url = f"{find_settings().private_url}/metrics"

    def look() -> tuple[str, float]:
        return httpx.get(url, timeout=5.0, trust_env=False).raise_for_status().text, monotonic()

    def show(flows: tuple[Flow, ...]) -> None:
        rows = [
            (
                one.listener,
                one.name,
                f"{one.requests_per_s:.1f}",
                f"{one.error_share:.1%}",
                _show_ms(one.p50_s),
                _show_ms(one.p95_s),
            )
            for one in flows
        ]
        print_table(("listener", "name", "requests/s", "errors", "p50", "p95"), rows)

    text, at = look()
    while True:
        sleep(every)
        before, began = text, at
        text, at = look()
        flows = compare(read_metrics(before), read_metrics(text), at - began)
        if json:
            print_json([asdict(one) for one in flows])
        else:
            show(flows)
        if json or not follow:
            return


def _show_ms(seconds: float | None) -> str:
    return "" if seconds is None else f"{1000 * seconds:.1f} ms"
