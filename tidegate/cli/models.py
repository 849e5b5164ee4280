"""`tidegate models`: packages, versions, aliases."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidegate.cli.connection import connect, read_pairs
from tidegate.cli.convert import CONVERTIBLE, converted
from tidegate.cli.ensemble import open_ensemble
from tidegate.cli.output import Json, print_facts, print_json, print_table, show_time

if TYPE_CHECKING:
    from registry.manifest import Manifest

app = typer.Typer(help="Packages, versions and aliases.", no_args_is_help=True)


@app.command("package")
def package_model(
    file: Annotated[Path, typer.Argument(help="The model's file, folder or .tar.gz.")],
    *,
    name: Annotated[str, typer.Option(help="The model's name.")],
    out: Annotated[Path, typer.Option(help="A new folder for the package.")],
    description: str = "",
    feature: Annotated[list[str], typer.Option(help="A column's name, in order.")] = [],
    label: Annotated[list[str], typer.Option(help="A class's name, by index.")] = [],
    sample: Annotated[Path | None, typer.Option(help="Baseline sample, Parquet.")] = None,
    kind: Annotated[str | None, typer.Option(help="What it is, unless its name says so.")] = None,
    signature: Annotated[
        Path | None, typer.Option(help="YAML or JSON, for models that do not say what they take.")
    ] = None,
    option: Annotated[list[str], typer.Option(help="An option of the runtime, name=value.")] = [],
    requirement: Annotated[list[str], typer.Option(help="A pip requirement of its own.")] = [],
    streaming: Annotated[bool, typer.Option("--streaming", help="Answers in pieces.")] = False,
    convert: Annotated[
        str | None, typer.Option(help="onnx: package its ONNX form, where that answers the same.")
    ] = None,
    json: Json = False,
) -> None:
    """Build a package: copy the model, read its signature, compute digests."""
    from registry.package import PackageDraft, build_package  # noqa: PLC0415 - heavy, and only here
    from registry.signature_file import SignatureFile, read_signature  # noqa: PLC0415 - as above
    from registry.source import open_source  # noqa: PLC0415 - as above

    told = SignatureFile() if signature is None else read_signature(signature)
    draft = PackageDraft(
        name=name,
        description=description,
        features=tuple(feature),
        labels=tuple(label),
        sample=sample,
        kind=kind,
        inputs=told.inputs,
        outputs=told.outputs,
        batched=told.batched,
        options=read_pairs(option),
        requirements=tuple(requirement),
        streaming=streaming,
    )
    with (
        open_source(file) as source,
        open_ensemble(source, kind, out) as whole,
        converted(whole, draft, convert) as (model, as_drafted, notes),
    ):
        manifest = build_package(model, out, as_drafted)
    if json:
        print_json(manifest)
        return
    _show_package(out, manifest, notes)
    if convert is None and manifest.runtime in CONVERTIBLE:
        typer.echo("--convert onnx packages its ONNX form instead: quicker, on CPU and GPU alike")


def _show_package(out: Path, manifest: "Manifest", notes: tuple[str, ...]) -> None:
    print_facts({"package": out, "digest": manifest.digest, "runtime": manifest.runtime})
    print_table(
        ("tensor", "direction", "type and shape"),
        [
            *((spec.name, "input", spec.described) for spec in manifest.signature.inputs),
            *((spec.name, "output", spec.described) for spec in manifest.signature.outputs),
        ],
    )
    for note in (*manifest.notes, *notes):
        typer.echo(note)


@app.command("publish")
def publish_model(
    folder: Annotated[Path, typer.Argument(help="A package.")], *, json: Json = False
) -> None:
    """Publish a package: it becomes the model's next version, unless it is published already."""
    from registry.manifest import MANIFEST_FILE  # noqa: PLC0415 - heavy, and only here

    if not (folder / MANIFEST_FILE).is_file():
        how = f"`tidegate models package FILE --name NAME --out {folder}-package` makes one"
        raise typer.BadParameter(f"{folder} is no package, it has no {MANIFEST_FILE}: {how}")
    with connect() as client:
        version = client.models.publish(folder)
    if json:
        print_json(version)
    else:
        typer.echo(f"{version.model}:{version.version}  {version.digest}")


@app.command("list")
def list_models(*, json: Json = False) -> None:
    """All models."""
    with connect() as client:
        found = client.models.list()
    if json:
        print_json(found)
        return
    rows = [(one.name, one.latest, _say_aliases(one.aliases)) for one in found]
    print_table(("model", "latest", "aliases"), rows)


@app.command("show")
def show_model(name: str, *, json: Json = False) -> None:
    """One model's versions and aliases."""
    with connect() as client:
        model = client.models.get(name)
    if json:
        print_json(model)
        return
    rows = [
        (
            one.version,
            ", ".join(alias.name for alias in model.aliases if alias.version == one.version),
            show_time(one.created_at),
            one.digest[:19],
        )
        for one in model.versions
    ]
    print_table(("version", "aliases", "published (UTC)", "digest"), rows, title=model.name)


@app.command("alias")
def point_alias(
    name: str,
    alias: str,
    version: int,
    *,
    expected: Annotated[int | None, typer.Option(help="Move only from this version.")] = None,
    json: Json = False,
) -> None:
    """Move an alias to a version; endpoints that name the alias follow."""
    with connect() as client:
        moved = client.models.point(name, alias, version, "any" if expected is None else expected)
    if json:
        print_json(moved)
    else:
        typer.echo(f"{name}@{alias} is version {moved.version}, before {moved.previous or 'none'}")


@app.command("rollback")
def roll_back(name: str, alias: str, *, json: Json = False) -> None:
    """Move an alias back to where it stood before its last move."""
    with connect() as client:
        moved = client.models.rollback(name, alias)
    if json:
        print_json(moved)
    else:
        typer.echo(f"{name}@{alias} is version {moved.version} again")


def _say_aliases(aliases: dict[str, int]) -> str:
    return ", ".join(f"{name}={version}" for name, version in sorted(aliases.items()))
