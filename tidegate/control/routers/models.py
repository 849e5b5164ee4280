"""Models, their versions and aliases."""

from fastapi import APIRouter, Request

from core.clock import Clock
from core.refs import AliasName, ModelName, check_name
from registry.catalogue import Catalogue
from registry.pointer import point_anyhow
from tidegate.control.documents import (
    AliasDocument,
    Listing,
    ModelDocument,
    ModelSummary,
    PointRequest,
    VersionDocument,
)
from tidegate.control.upload import Uploads

_ARCHIVE_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/gzip": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class ModelOperations:
    """The operations on models."""

    def __init__(self, catalogue: Catalogue, uploads: Uploads, clock: Clock) -> None:
        self._catalogue, self._uploads, self._clock = catalogue, uploads, clock

    def list(self) -> Listing[ModelSummary]:
        """All models, with where their aliases stand."""
        return Listing(items=tuple(self._summarise(name) for name in self._catalogue.models()))

    def get(self, model: str) -> ModelDocument:
        """One model with all its versions, oldest first, and aliases."""
        name = ModelName(check_name("model name", model))
        versions = self._catalogue.versions(name)
        return ModelDocument(
            name=name,
            versions=tuple(VersionDocument.of(version) for version in versions),
            aliases=tuple(AliasDocument.of(alias) for alias in self._catalogue.aliases(name)),
        )

    async def publish(self, request: Request) -> VersionDocument:
        """Publish the package that the body holds as .tar.gz; a known one keeps its number."""
        return VersionDocument.of(await self._uploads.publish(request.stream()))

    def point(self, model: str, alias: str, wanted: PointRequest) -> AliasDocument:
        """Move an alias, from `expected` only where that is given."""
        of, name = _parse(model, alias)
        if "expected" not in wanted.model_fields_set:
            moved = point_anyhow(self._catalogue, of, name, wanted.version, self._clock)
        else:
            moved = self._catalogue.point(
                of, name, wanted.version, wanted.expected, self._clock.now()
            )
        return AliasDocument.of(moved)

    def roll_back(self, model: str, alias: str) -> AliasDocument:
        """Move an alias back to where it stood before its last move."""
        moved = self._catalogue.rollback(*_parse(model, alias), self._clock.now())
        return AliasDocument.of(moved)

    def _summarise(self, model: ModelName) -> ModelSummary:
        versions = self._catalogue.versions(model)
        return ModelSummary(
            name=model,
            latest=versions[-1].version if versions else None,
            aliases={alias.name: alias.version for alias in self._catalogue.aliases(model)},
        )


def build_router(operations: ModelOperations) -> APIRouter:
    """The operations at their paths."""
    router = APIRouter(prefix="/models", tags=["models"])
    alias = "/{model}/aliases/{alias}"
    router.add_api_route("", operations.list, methods=["GET"])
    router.add_api_route("/{model}", operations.get, methods=["GET"])
    router.add_api_route(
        "/versions", operations.publish, methods=["POST"], openapi_extra=_ARCHIVE_BODY
    )
    router.add_api_route(alias, operations.point, methods=["PUT"])
    router.add_api_route(f"{alias}/rollback", operations.roll_back, methods=["POST"])
    return router


def _parse(model: str, alias: str) -> tuple[ModelName, AliasName]:
    return ModelName(check_name("model name", model)), AliasName(check_name("alias", alias))
