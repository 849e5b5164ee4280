"""Which resident of an endpoint answers: the one asked for, the one a key sticks to, or by weight."""

import math
from collections.abc import Sequence
from hashlib import blake2b

from core.endpoint import Sticky
from core.errors import EndpointNotFound, NotFound
from core.http import Headers, header
from core.tensor import InferRequest
from gateway.directory import Served
from registry.records import Resident

VARIANT = b"x-tidegate-variant"
_SPAN = float(2**64)


def choose_by_key(residents: Sequence[Resident], weights: Sequence[float], key: str) -> Resident:
    """The resident that this key sticks to, with shares by weight: its variant first, then its version.

    When a weight changes, only as many keys move as the shares do; a rollout moves none between
    variants. Source: weighted rendezvous hashing, Schindelhauer and Schomaker 2005, in logarithms.
    """
    variants: dict[str, float] = {}
    for one, weight in zip(residents, weights, strict=True):
        variants[one.variant] = variants.get(one.variant, 0.0) + weight
    endpoint = residents[0].endpoint
    drawn = {name: _score(f"{endpoint}\n{name}", key, weight) for name, weight in variants.items()}
    variant = min(drawn, key=lambda name: (drawn[name], name))
    of_variant = [
        (_score(one.id, key, weight), one.id, one)
        for one, weight in zip(residents, weights, strict=True)
        if one.variant == variant
    ]
    return min(of_variant, key=lambda score: score[:2])[2]


def choose_by_version(residents: Sequence[Resident], name: str, version: str) -> Resident:
    """The first resident of this version; raises EndpointNotFound."""
    for one in residents:
        if str(one.version) == version:
            return one
    raise EndpointNotFound(f"{name}' version '{version}")


def choose_by_variant(residents: Sequence[Resident], variant: str) -> tuple[Resident, ...]:
    """The residents of this variant, two while a version is rolled out; raises NotFound."""
    found = tuple(one for one in residents if one.variant == variant)
    if not found:
        raise NotFound("variant", variant)
    return found


def find_target(headers: Headers) -> str:
    """The variant that the caller names, empty for none."""
    return (header(headers, VARIANT) or b"").decode("latin-1").strip()


def find_key(sticky: Sticky | None, headers: Headers, request: InferRequest | None) -> str:
    """What the request sticks by, empty for nothing."""
    if sticky is None:
        return ""
    if sticky.header:
        return (header(headers, sticky.header.lower().encode()) or b"").decode("latin-1")
    if request is None:
        return ""
    return str(request.parameters.get(sticky.parameter, ""))


def find_sequence(served: Served, request: InferRequest | None) -> str:
    """The sequence that a request is a step of, where the endpoint's models have any; empty for none."""
    if request is None or served.residents[0].spec.batching.sequences is None:
        return ""
    return str(request.parameters.get("sequence_id", 0) or "")


def _score(name: str, key: str, weight: float) -> float:
    return -math.log(_draw(name, key)) / weight


def _draw(name: str, key: str) -> float:
    """A number in (0, 1) that is as good as random, and always the same for these two."""
    found = int.from_bytes(blake2b(f"{name}\n{key}".encode(), digest_size=8).digest(), "big")
    return (found + 0.5) / _SPAN
