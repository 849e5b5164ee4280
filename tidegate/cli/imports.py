"""`tidegate models import-triton` and `import-mlflow`: models that are somewhere else already."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
import yaml

from core.errors import InvalidSpec, TidegateError
from tidegate.cli.connection import connect
from tidegate.cli.output import Json, print_json, print_table

if TYPE_CHECKING:
    from registry.package import PackageDraft
    from registry.triton import TritonModel
    from tidegate.client import Client


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one version: its number here, or why it is not here."""

    model: str
    version: int
    became: int | None
    kind: str
    notes: tuple[str, ...]


def import_triton(
    folder: Annotated[Path, typer.Argument(help="A model repository.", exists=True)],
    *,
    model: Annotated[list[str], typer.Option(help="Only this model; again for more.")] = [],
    specs: Annotated[
        Path | None, typer.Option(help="A folder for ready endpoint specs, one for each model.")
    ] = None,
    json: Json = False,
) -> None:
    """Publish the models of a Triton repository, with their batching as endpoint specs."""
    from registry.triton import read_repository  # noqa: PLC0415 - heavy, and only here

    wanted = set(model)
    found: list[Imported] = []
    with connect() as client:
        for one in read_repository(folder):
            if wanted and one.name not in wanted:
                continue
            done = tuple(_publish_all(client, one))
            found.extend(done)
            if specs is not None and (last := _last(done)):
                _write_spec(specs, one, last)
    _show(found, json=json)


def import_mlflow(
    name: Annotated[str, typer.Argument(help="A registered model, NAME or NAME/VERSION.")],
    *,
    tracking_uri: Annotated[
        str, typer.Option(help="Where it is registered: a server, or sqlite:///FILE.")
    ],
    signature: Annotated[
        Path | None, typer.Option(help="YAML or JSON, for models that were saved without one.")
    ] = None,
    json: Json = False,
) -> None:
    """Publish a model that is registered in another MLflow."""
    from registry.mlflow_source import fetch_model  # noqa: PLC0415 - heavy, and only here
    from registry.package import PackageDraft  # noqa: PLC0415 - as above
    from registry.signature_file import SignatureFile, read_signature  # noqa: PLC0415 - as above

    model, _, version = name.partition("/")
    with tempfile.TemporaryDirectory(prefix="tidegate-") as folder, connect() as client:
        fetched = fetch_model(model, version, tracking_uri, Path(folder))
        told = SignatureFile() if signature is None else read_signature(signature)
        draft = PackageDraft(
            name=fetched.name,
            kind=fetched.kind,
            lineage={"mlflow": fetched.source},
            inputs=told.inputs,
            outputs=told.outputs,
            batched=told.batched,
        )
        became = _publish(client, fetched.path, draft)
    _show([Imported(model, fetched.version, became, fetched.kind, fetched.notes)], json=json)


def _publish_all(client: "Client", model: "TritonModel") -> Iterator[Imported]:
    if model.refusal:
        yield Imported(model.name, 0, None, "", (model.refusal,))
    for version, file in model.files.items():
        notes = model.notes
        became = None
        try:
            became, more = _publish_version(client, model, version, file)
            notes = (*notes, *more)
        except TidegateError as error:
            notes = (str(error),)
        yield Imported(model.name, version, became, model.kind, notes)


def _publish_version(
    client: "Client", model: "TritonModel", version: int, file: Path
) -> tuple[int, tuple[str, ...]]:
    from registry.package import PackageDraft  # noqa: PLC0415 - as above

    says_itself = model.kind != "torchscript"
    draft = PackageDraft(
        name=model.name,
        kind=model.kind,
        labels=model.labels,
        lineage={"triton": f"{model.name}/{version}"},
        inputs=() if says_itself else model.inputs,
        outputs=() if says_itself else model.outputs,
        # A model that Triton does not batch is not batched here either.
        batched=False if model.is_batched is False else None,
    )
    try:
        return _publish(client, file, draft), ()
    except InvalidSpec as error:
        if not model.labels:
            raise
        told = f"labels left out: {error}"
        return _publish(client, file, replace(draft, labels=())), (told,)


def _publish(client: "Client", source: Path, draft: "PackageDraft") -> int:
    from registry.package import build_package  # noqa: PLC0415 - as above

    with tempfile.TemporaryDirectory(prefix="tidegate-") as folder:
        build_package(source, Path(folder) / "package", draft)
        return client.models.publish(Path(folder) / "package").version


def _last(done: tuple[Imported, ...]) -> int | None:
    return max((one.became for one in done if one.became is not None), default=None)


def _write_spec(folder: Path, model: "TritonModel", version: int) -> None:
    variant = {"model": f"{model.name}:{version}", "batching": model.batching}
    folder.mkdir(parents=True, exist_ok=True)
    spec = {"name": model.name, "variants": [variant]}
    (folder / f"{model.name}.yaml").write_text(yaml.safe_dump(spec, sort_keys=False))


def _show(found: list[Imported], *, json: bool) -> None:
    if json:
        print_json(
            [
                {
                    "model": one.model,
                    "version": one.version,
                    "became": one.became,
                    "kind": one.kind,
                    "notes": list(one.notes),
                }
                for one in found
            ]
        )
    else:
        rows = [
            (
                f"{one.model}/{one.version}" if one.version else one.model,
                f"{one.model}:{one.became}" if one.became else "not imported",
                one.kind,
                "; ".join(one.notes),
            )
            for one in found
        ]
        print_table(("from", "became", "kind", "notes"), rows)
    if not any(one.became for one in found):
        raise typer.Exit(1)
