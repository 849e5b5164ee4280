"""The catalogue in memory: packages stay where they are."""

import threading
from pathlib import Path

from core.errors import Conflict, NotFound, PackageCorrupt
from core.refs import AliasName, ModelName, ModelRef, check_name
from registry.catalogue import Version
from registry.package import Package, verify_package
from registry.records import Alias


class FakeCatalogue:
    """Keeps versions and aliases in dictionaries, behind one lock."""

    def __init__(self) -> None:
        self._versions: dict[ModelName, list[Version]] = {}
        self._aliases: dict[tuple[ModelName, AliasName], Alias] = {}
        self._lock = threading.RLock()

    def publish(self, folder: Path, *, now: float) -> Version:
        manifest = verify_package(folder).manifest
        model = ModelName(manifest.name)
        with self._lock:
            known = self._versions.setdefault(model, [])
            for version in known:
                if version.digest == manifest.digest:
                    return version
            number = len(known) + 1
            version = Version(model, number, str(folder), manifest.digest, manifest, now)
            known.append(version)
            return version

    def get(self, model: ModelName, version: int) -> Version:
        with self._lock:
            known = self._versions.get(model, [])
            if not 1 <= version <= len(known):
                raise NotFound("version", f"{model}:{version}")
            return known[version - 1]

    def fetch(self, version: Version) -> Package:
        package = verify_package(Path(version.location))
        if package.manifest.digest != version.digest:
            raise PackageCorrupt(version.location, "another digest")
        return package

    def models(self) -> tuple[ModelName, ...]:
        with self._lock:
            return tuple(sorted(self._versions))

    def versions(self, model: ModelName) -> tuple[Version, ...]:
        with self._lock:
            if model not in self._versions:
                raise NotFound("model", model)
            return tuple(self._versions[model])

    def resolve(self, ref: ModelRef) -> Version:
        if ref.version is not None:
            return self.get(ref.model, ref.version)
        assert ref.alias is not None
        return self.get(ref.model, self._alias(ref.model, ref.alias).version)

    def point(
        self, model: ModelName, alias: AliasName, version: int, expected: int | None, now: float
    ) -> Alias:
        check_name("alias", alias)
        with self._lock:
            self.get(model, version)
            here = self._aliases.get((model, alias))
            actual = None if here is None else here.version
            if actual != expected:
                raise Conflict("alias", f"{model}@{alias}", f"{expected}", f"{actual}")
            moved = Alias(model, alias, version, actual, now)
            self._aliases[model, alias] = moved
            return moved

    def rollback(self, model: ModelName, alias: AliasName, now: float) -> Alias:
        with self._lock:
            here = self._alias(model, alias)
            if here.previous is None:
                raise Conflict("alias", f"{model}@{alias}", "an earlier version", "none")
            return self.point(model, alias, here.previous, here.version, now)

    def aliases(self, model: ModelName) -> tuple[Alias, ...]:
        with self._lock:
            found = [alias for alias in self._aliases.values() if alias.model == model]
            return tuple(sorted(found, key=lambda alias: alias.name))

    def _alias(self, model: ModelName, alias: AliasName) -> Alias:
        try:
            return self._aliases[model, alias]
        except KeyError:
            raise NotFound("alias", f"{model}@{alias}") from None
