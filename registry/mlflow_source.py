"""A registered model of another MLflow, as files: in its own format where that is a safe one.

An ONNX, XGBoost or LightGBM model is taken out of its MLflow folder, since those files hold no code; all
else stays the folder that it is, which unpickles.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from core.errors import NotFound, PackageCorrupt, Unavailable
from registry.settings import refuse_telemetry

# Flavours, best first: our kind, and the suffixes of the file that is taken.
_NATIVE = (
    ("onnx", "onnx", (".onnx",)),
    ("xgboost", "xgboost", (".json", ".ubj")),
    ("lightgbm", "lightgbm", (".txt", ".lgb")),
)


@dataclass(frozen=True, slots=True)
class FetchedModel:
    """A version that was downloaded: what to package at `path`, and as which kind."""

    name: str
    version: int
    kind: str
    path: Path
    source: str
    notes: tuple[str, ...] = ()


def fetch_model(name: str, version: str, tracking_uri: str, folder: Path) -> FetchedModel:
    """Download a registered version (the newest where `version` is empty) into `folder`.

    Raises NotFound, Unavailable where the registry or its files cannot be reached.
    """
    refuse_telemetry()
    import mlflow  # noqa: PLC0415 - seconds, and only an import needs it
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - as above

    _check_store(tracking_uri)
    client = mlflow.MlflowClient(tracking_uri=tracking_uri, registry_uri=tracking_uri)
    try:
        number = version or _find_newest(client, name)
        uri = client.get_model_version_download_uri(name, number)
        path = mlflow.artifacts.download_artifacts(
            artifact_uri=uri, dst_path=str(folder), tracking_uri=tracking_uri
        )
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            raise NotFound("registered model", f"{name}/{version}" if version else name) from error
        raise Unavailable("mlflow", error.message) from error
    except OSError as error:
        raise Unavailable("mlflow", str(error)) from error
    kind, found, notes = choose_form(Path(path))
    return FetchedModel(name, int(number), kind, found, f"{name}/{number}", notes)


def choose_form(folder: Path) -> tuple[str, Path, tuple[str, ...]]:
    """The kind to package an MLflow folder as, what of it, and notes; raises PackageCorrupt."""
    try:
        document: Any = yaml.safe_load((folder / "MLmodel").read_text())
        flavors = dict(document["flavors"])
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise PackageCorrupt("MLmodel", "not a model that MLflow saved") from error
    for flavor, kind, suffixes in _NATIVE:
        data = flavors.get(flavor, {}).get("data")
        path = folder / str(data)
        is_inside = path.is_file() and path.resolve().is_relative_to(folder.resolve())
        if data and is_inside and path.suffix in suffixes:
            return kind, path, (f"its {flavor} file alone: it holds no code",)
    trusts = "served only where TIDEGATE_TRUSTED_RUNTIMES names mlflow, since it unpickles"
    return "mlflow", folder, (trusts,)


def _check_store(uri: str) -> None:
    """Raise NotFound for a file that is not there: MLflow would make an empty store of it."""
    kind, slashes, path = uri.partition(":///")
    if kind == "sqlite" and slashes and not Path(path).is_file():
        raise NotFound("MLflow store", path)


def _find_newest(client: Any, name: str) -> str:
    found = client.search_model_versions(f"name='{name}'")
    if not found:
        raise NotFound("registered model", name)
    return str(max(int(one.version) for one in found))
