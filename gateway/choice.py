"""Which resident of an endpoint answers: the one asked for, the one a key sticks to, or by weight."""

import math
from collections.abc import Sequence
from hashlib import blake2b

from core.endpoint import Sticky
from core.errors import EndpointNotFound, NotFound
from core.http import Headers, header
from core.tensor import InferRequest
from registry.records import Resident

VARIANT = b"x-tidegate-variant"
_SPAN = float(2**64)


def choose_by_key(residents: Sequence[Resident], weights: Sequence[float], key: str) -> Resident:
    """The resident that this key sticks to, with shares by weight.

    When a weight changes, only as many keys move as the shares do. Source: weighted rendezvous hashing,
    Schindelhauer and Schomaker 2005, in the logarithmic form.
    """
    scored = (
        (-math.log(_draw(one, key)) / weight, one.variant, one)
        for one, weight in zip(residents, weights, strict=True)
    )
    return min(scored, key=lambda score: score[:2])[2]


def choose_by_version(residents: Sequence[Resident], name: str, version: str) -> Resident:
    """The first resident of this version; raises EndpointNotFound."""
    for one in residents:
        if str(one.version) == version:
            return one
    raise EndpointNotFound(f"{name}' version '{version}")


def choose_by_variant(residents: Sequence[Resident], variant: str) -> Resident:
    """The resident of this variant; raises NotFound."""
    for one in residents:
        if one.variant == variant:
            return one
    raise NotFound("variant", variant)


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


def _draw(resident: Resident, key: str) -> float:
    """A number in (0, 1) that is as good as random, and always the same for these two."""
    told = f"{resident.endpoint}\n{resident.variant}\n{key}".encode()
    found = int.from_bytes(blake2b(told, digest_size=8).digest(), "big")
    return (found + 0.5) / _SPAN
