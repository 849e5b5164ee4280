"""Act two: a classifier trained here, and a model that somebody else made."""

import json
from collections.abc import Sequence
from importlib.metadata import Distribution, PackageNotFoundError
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from registry.package import PackageDraft, build_package
from registry.records import JobState
from tidegate.control.documents import JobDocument
from tidegate.demo.stage import PromiseBroken, Stage

CLASSIFIER = "tumour"
FILE_TYPES = "filetype"
_MAGIKA = "magika/models/standard_v3_3"


def train_and_register(stage: Stage) -> None:
    """Train two versions of one classifier as Ray jobs; register Magika's file-type model."""
    with stage.open_act("Train a classifier, and register a third-party model"):
        jobs = [submit(stage, "logistic_regression"), submit(stage, "random_forest")]
        register_magika(stage)
        first, second = (follow(stage, job) for job in jobs)
        stage.held_out = first.result["held_out"]
        # Two jobs end in any order; the demo goes from the simple model to the larger one.
        versions = first.result["version"], second.result["version"]
        stage.client.models.point(CLASSIFIER, "live", versions[0])
        stage.show(
            f"{CLASSIFIER}@live", f"version {versions[0]}",
            f"tidegate models alias {CLASSIFIER} live {versions[0]}",
        )  # fmt: skip


def submit(stage: Stage, estimator: str) -> JobDocument:
    """Submit a training job on the breast cancer data that ships with scikit-learn."""
    job = stage.client.jobs.submit(
        {
            "algorithm": "sklearn_classifier",
            "data": {"source": "sklearn:breast_cancer"},
            "hyperparameters": {"estimator": estimator},
            "output": {"model": CLASSIFIER},
        }
    )
    stage.say(f"submitted {job.id} ({estimator}) to Ray")
    return job


def follow(stage: Stage, job: JobDocument) -> JobDocument:
    """Wait for the job; raises PromiseBroken with its log when it failed."""
    with stage.console.status(f"   {job.id}"):
        ended = stage.client.jobs.wait(job.id, timeout_s=240)
    if ended.state is not JobState.SUCCEEDED:
        log = stage.client.jobs.logs(job.id)[-2000:]
        raise PromiseBroken(f"job {job.id} {ended.state}: {ended.message}\n{log}")
    metrics = ended.result["metrics"]
    estimator = job.spec["hyperparameters"]["estimator"]
    stage.show(
        f"trained {estimator} on {metrics['rows_trained']:.0f} rows, exported to ONNX",
        f"{CLASSIFIER}:{ended.result['version']}, ROC-AUC {metrics['roc_auc']:.3f}",
        f"tidegate jobs train --data sklearn:breast_cancer --algorithm sklearn_classifier "
        f"--model {CLASSIFIER} --param estimator={estimator} --wait",
    )
    return ended


def register_magika(stage: Stage) -> None:
    """Package and publish the ONNX file that the `magika` wheel carries (Apache-2.0)."""
    folder = find_magika()
    with TemporaryDirectory() as work:
        package = Path(work) / "package"
        draft = PackageDraft(
            name=FILE_TYPES,
            description="Magika: the type of a file by its first and last 1024 bytes",
            labels=tuple(read_config(folder)["target_labels_space"]),
            lineage={"source": "PyPI magika 1.0.3", "license": "Apache-2.0"},
        )
        manifest = build_package(folder / "model.onnx", package, draft)
        version = stage.client.models.publish(package)
    (spec,) = manifest.signature.inputs
    stage.show(
        "registered Magika's ONNX model",
        f"{FILE_TYPES}:{version.version}, takes {spec.described}",
        f"tidegate models package {folder / 'model.onnx'} --name {FILE_TYPES} --out package "
        "&& tidegate models publish package",
    )


def find_magika() -> Path:
    """The folder of the model inside the installed wheel; nothing of the package is imported."""
    try:
        found = Path(str(Distribution.from_name("magika").locate_file(_MAGIKA)))
    except PackageNotFoundError as error:
        advice = "the demo needs Magika's model file: pip install --no-deps magika==1.0.3"
        raise PromiseBroken(advice) from error
    return found


def read_config(folder: Path) -> dict[str, Any]:
    """What the model's authors say of its input."""
    config: dict[str, Any] = json.loads((folder / "config.min.json").read_text())
    return config


def read_features(content: bytes, config: dict[str, Any]) -> Sequence[int]:
    """Magika's input for one file: its first and last bytes, padded.

    Source: `Magika._extract_features_from_seekable` of magika 1.0: blanks are stripped from the outer
    ends, the beginning is padded behind and the end in front.
    """
    block, pad = config["block_size"], config["padding_token"]
    beginning = list(content[:block].lstrip()[: config["beg_size"]])
    ending = list(content[-block:].rstrip()[-config["end_size"] :])
    return [
        *beginning, *[pad] * (config["beg_size"] - len(beginning)),
        *[pad] * (config["end_size"] - len(ending)), *ending,
    ]  # fmt: skip
