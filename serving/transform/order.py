"""What a transform job is told, and the worker that it makes of it."""

import os
from dataclasses import dataclass
from pathlib import Path

from core.errors import InvalidSpec, PackageCorrupt
from core.refs import Digest
from core.spec import Spec
from registry.catalogue import Version
from registry.package import verify_package
from serving.runtime import load_runtime
from serving.surroundings import Surroundings
from serving.transform.ledger import Ledger
from serving.transform.source import open_source
from serving.transform.spec import TransformSpec
from serving.transform.worker import Form, Worker


class TransformOrder(Spec):
    """One job: its spec, and the package that its model stood for when it was accepted.

    The database's address may hold a password, so the order's file is its owner's only.
    """

    job: str
    spec: TransformSpec
    database_url: str
    model: str
    version: int
    location: Path
    digest: Digest
    trusted: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, job: str, spec: TransformSpec, version: Version, around: Surroundings
    ) -> "TransformOrder":
        """The order of an accepted job."""
        return cls(
            job=job,
            spec=spec,
            database_url=around.database_url,
            model=version.model,
            version=version.version,
            location=Path(version.location),
            digest=version.digest,
            trusted=around.trusted,
        )

    def write(self, file: Path) -> None:
        """Write the order's file, mode 0600."""
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(file, flags, 0o600), "w") as opened:
            opened.write(self.model_dump_json(indent=2))

    @classmethod
    def load(cls, file: Path) -> "TransformOrder":
        """Read an order's file; raises PackageCorrupt when there is none."""
        try:
            return cls.model_validate_json(file.read_bytes())
        except (OSError, ValueError) as error:
            raise PackageCorrupt(file.name, f"cannot be read: {error}") from error


@dataclass(frozen=True, slots=True)
class WorkerPlan:
    """All that a worker needs, in any process of the cluster."""

    spec: TransformSpec
    location: Path
    digest: Digest
    output_format: str
    trusted: frozenset[str] = frozenset()

    def open(self) -> Worker:
        """Load the model; raises PackageCorrupt, RuntimeUnavailable, InvalidSpec."""
        package = verify_package(self.location)
        if package.manifest.digest != self.digest:
            raise PackageCorrupt("tidegate.json", "the manifest is not the one that was published")
        signature = package.manifest.signature
        source, _ = open_source(self.spec, signature)
        runtime = load_runtime(package, self.spec.resources, self.trusted)
        form = Form(self.output_format, self.spec.batch_rows, self.spec.keep)
        return Worker(source, runtime.predict, signature, Ledger(Path(self.spec.output)), form)


def choose_output_format(spec: TransformSpec, files: tuple[Path, ...]) -> str:
    """As the input is, unless the spec says; Parquet for images. Raises InvalidSpec."""
    if spec.output_format != "auto":
        return spec.output_format
    suffixes = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
    if spec.format in suffixes.values():
        return spec.format
    if not files:
        raise InvalidSpec("transform", {"input": "no files"})
    return suffixes.get(files[0].suffix.lower(), "parquet")
