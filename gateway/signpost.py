"""The signpost: which facade a path leads to, in which stage."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.http import Headers, header
from gateway.directory import Directory
from gateway.facade import Facade

STAGE = b"x-tidegate-stage"


@dataclass(frozen=True, slots=True)
class Way:
    """A facade, the path that it is to read, and the stage that was named; `facade` is None for none."""

    facade: Facade | None
    path: str
    stage: str = ""


class Signpost:
    """Of one listener. `has_stages`: a path may begin with a stage's name."""

    def __init__(self, facades: Sequence[Facade], *, has_stages: bool) -> None:
        self._facades = tuple((facade.prefix, facade) for facade in facades)
        self._has_stages = has_stages

    def find(self, path: str, headers: Headers, directory: Directory) -> Way:
        """The way that a path leads; a header may name the stage as well."""
        facade = self._match(path)
        if not self._has_stages:
            return Way(facade, path)
        if facade is not None:
            named = header(headers, STAGE)
            return Way(facade, path, "" if named is None else named.decode("latin-1"))
        stage, _, rest = path[1:].partition("/")
        if stage in directory.stages:
            path = f"/{rest}"
            return Way(self._match(path), path, stage)
        return Way(None, path)

    def _match(self, path: str) -> Facade | None:
        for prefix, facade in self._facades:
            if path.startswith(prefix):
                return facade
        return None
