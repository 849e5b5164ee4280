"""`tidegate endpoints rollout` and `shadows`: how new versions do beside those that answer."""

from datetime import UTC, datetime
from time import monotonic, sleep
from typing import TYPE_CHECKING, Annotated

import typer

from tidegate.cli.connection import connect
from tidegate.cli.output import Json, print_facts, print_json, print_table

if TYPE_CHECKING:
    from tidegate.control.measures import LatencyDocument, RolloutDocument, ShadowDocument

_EVERY_S = 2.0
# After an alias has moved, the platform takes a turn to notice.
_SETTLE_S = 3.0


def show_rollout(
    name: str,
    *,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on until the rollout is over.")
    ] = False,
    json: Json = False,
) -> None:
    """How far a rollout is, and how each version does: requests, errors, latency."""
    with connect() as client:
        found = client.endpoints.rollout(name)
        if json:
            print_json(found)
            return
        _show(found, client.endpoints.get(name).reason)
        settles_at = monotonic() + _SETTLE_S
        while watch and (is_under_way(found) or monotonic() < settles_at):
            sleep(_EVERY_S)
            found = client.endpoints.rollout(name)
            _show(found, client.endpoints.get(name).reason)


def is_under_way(found: "RolloutDocument") -> bool:
    """Whether a version takes traffic over, or still loads."""
    return bool(found.step) or any(one.state.value == "starting" for one in found.versions)


def show_shadows(
    name: str,
    *,
    window: Annotated[float, typer.Option(help="Seconds to look back.")] = 3600.0,
    json: Json = False,
) -> None:
    """How shadow variants' answers compare with the live ones: agreement and latency."""
    with connect() as client:
        found = client.endpoints.shadows(name, window)
    if json:
        print_json(found)
        return
    if not found:
        typer.echo(f"{name} has no shadow that is loaded; a variant is one by `shadow: {{}}`")
    for one in found:
        _show_shadow(one)


def _show(found: "RolloutDocument", reason: str) -> None:
    at = datetime.now(UTC)
    facts = {"endpoint": found.endpoint, "strategy": found.rollout.strategy}
    if found.step_ends_at is not None:
        left = max(0.0, found.step_ends_at - at.timestamp())
        facts["step"] = f"{found.step} of {found.steps}, {left:.0f} s left"
    if reason:
        facts["state"] = reason
    print_facts(facts)
    rows = [
        (
            one.variant,
            one.version,
            one.state.value,
            f"{one.share:.0%}",
            one.requests,
            f"{one.errors / one.requests:.1%}" if one.requests else "",
            *_show_latency(one.latency),
        )
        for one in found.versions
    ]
    heads = ("variant", "version", "state", "share", "requests", "errors", "p50", "p95", "p99")
    print_table(heads, rows)


def _show_shadow(one: "ShadowDocument") -> None:
    share = f"{one.agreed / one.compared:.1%}" if one.compared else "nothing compared yet"
    facts = {
        "shadow": f"{one.variant}, version {one.version}",
        "agreement": f"{share} of {one.compared} requests",
        "failed, dropped": f"{one.failed}, {one.dropped}",
    }
    print_facts(facts)
    outputs = [
        (
            each.name,
            each.rows,
            f"{each.agreed / each.rows:.1%}" if each.rows else "",
            "not comparable" if each.largest is None else f"{each.largest:g}",
        )
        for each in one.outputs
    ]
    print_table(("output", "rows", "agree", "largest difference"), outputs)
    both = (("live", one.live_latency), ("shadow", one.latency))
    print_table(
        ("latency", "p50", "p95", "p99"), [(who, *_show_latency(each)) for who, each in both]
    )


def _show_latency(found: "LatencyDocument") -> tuple[str, str, str]:
    p50, p95, p99 = (
        "" if each is None else f"{each * 1000:.1f} ms"
        for each in (found.p50_s, found.p95_s, found.p99_s)
    )
    return p50, p95, p99
