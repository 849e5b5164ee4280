"""Move an alias from wherever it stands, by as many compare-and-set moves as that takes."""

from contextlib import suppress

from core.clock import Clock
from core.errors import Conflict
from core.refs import AliasName, ModelName
from registry.catalogue import Catalogue
from registry.records import Alias

_ATTEMPTS = 20


def point_anyhow(
    catalogue: Catalogue, model: ModelName, alias: AliasName, version: int, clock: Clock
) -> Alias:
    """Point the alias to `version`; raises NotFound, and Conflict when others keep moving it."""
    for _ in range(_ATTEMPTS):
        known = {one.name: one.version for one in catalogue.aliases(model)}
        with suppress(Conflict):
            return catalogue.point(model, alias, version, known.get(alias), clock.now())
    raise Conflict("alias", f"{model}@{alias}", "a moment of rest", "others that move it")
