"""The client's calls about models."""

import tempfile
from pathlib import Path
from typing import Literal

from registry.archive import pack_archive
from tidegate.client.connection import Connection
from tidegate.control.documents import AliasDocument, ModelDocument, ModelSummary, VersionDocument

_UPLOAD_S = 600.0


class Models:
    """Models, their versions and aliases."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def publish(self, folder: Path | str) -> VersionDocument:
        """Publish the package in `folder`; one that is known already keeps its number."""
        with tempfile.TemporaryDirectory(prefix="tidegate-") as draft:
            archive = Path(draft) / "package.tar.gz"
            pack_archive(Path(folder), archive)
            return self._connection.upload(
                VersionDocument, "models", "versions", file=archive, timeout_s=_UPLOAD_S
            )

    def list(self) -> tuple[ModelSummary, ...]:
        """All models."""
        return self._connection.list(ModelSummary, "models")

    def get(self, model: str) -> ModelDocument:
        """One model with its versions and aliases; raises NotFound."""
        return self._connection.get(ModelDocument, "models", model)

    def point(
        self, model: str, alias: str, version: int, expected: int | Literal["any"] | None = "any"
    ) -> AliasDocument:
        """Move an alias to a version; with `expected` (None: it must not exist) only from there.

        Raises NotFound, and Conflict when the alias stands elsewhere.
        """
        body: dict[str, int | None] = {"version": version}
        if expected != "any":
            body["expected"] = expected
        return self._connection.put(AliasDocument, "models", model, "aliases", alias, body=body)

    def rollback(self, model: str, alias: str) -> AliasDocument:
        """Move an alias back to where it stood before its last move; raises NotFound, Conflict."""
        return self._connection.post(AliasDocument, "models", model, "aliases", alias, "rollback")
