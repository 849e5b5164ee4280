"""A thing's name stands in the path and in its spec: the two must agree."""

from core.errors import InvalidSpec

# The header by which a client says who works with the admin token.
ACTOR = "x-tidegate-actor"


def require_same(kind: str, path: str, name: str) -> None:
    """Raise InvalidSpec unless the spec's name is the path's."""
    if path != name:
        raise InvalidSpec(kind, {"name": f"'{name}', and the path says '{path[:200]}'"})
