"""The way of every training job: read, split, fit, evaluate, export, check, package."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from registry.manifest import Manifest
from registry.package import PackageDraft, build_package
from training.algorithm import Task, check_hyperparameters, load_algorithm
from training.dataset import Dataset, load_dataset, split
from training.evaluation import evaluate
from training.fidelity import check_export
from training.spec import TrainingSpec

SAMPLE_ROWS = 5000
_LIBRARIES = ("numpy", "scikit-learn", "skl2onnx", "onnx")


@dataclass(frozen=True, slots=True)
class Product:
    """What a job made: a package in `package`, and the rows that it was not trained on."""

    package: Path
    manifest: Manifest
    held_out: Dataset
    metrics: Mapping[str, float]


def train(
    spec: TrainingSpec, folder: Path, lineage: Mapping[str, str], report: Callable[[str], None]
) -> Product:
    """Do the job in `folder`, which is new or empty but for files of other names.

    Raises InvalidSpec for data or hyperparameters that do not fit, PredictionFailed when the exported
    model does not answer as the trained one.
    """
    algorithm = load_algorithm(spec.algorithm)
    hyperparameters = check_hyperparameters(spec)
    data = load_dataset(spec.data, algorithm.target)
    report(f"read {spec.data.source}: {data.rows} rows, {len(data.names)} features")
    rows, held_out = split(data, spec.test_share, spec.seed)
    fitted = algorithm.fit(Task(rows, hyperparameters, spec.seed, spec.resources.threads, report))

    reference = fitted.predict(held_out)
    metrics = evaluate(held_out, reference)
    report("held-out rows: " + ", ".join(f"{name} {value:.4f}" for name, value in metrics.items()))
    model = folder / "model.onnx"
    fitted.export(model)
    fidelity = check_export(spec.output.model, model, held_out, reference)
    report(f"exported to ONNX: differs from the trained model by {fidelity.difference:.1e} at most")

    metrics |= {"export_difference": fidelity.difference, "rows_trained": float(rows.rows)}
    draft = PackageDraft(
        name=spec.output.model,
        description=spec.output.description,
        features=data.names,
        labels=data.labels,
        sample=_write_sample(rows, spec.seed, folder / "sample.parquet"),
        metrics=metrics,
        lineage={**_trace(spec), **lineage},
    )
    package = folder / "package"
    manifest = build_package(model, package, draft)
    return Product(package, manifest, held_out, metrics)


def _write_sample(rows: Dataset, seed: int, path: Path) -> Path:
    """At most `SAMPLE_ROWS` of the trained rows, without order: the baseline of drift."""
    if rows.rows > SAMPLE_ROWS:
        chosen = np.random.default_rng(seed).choice(rows.rows, SAMPLE_ROWS, replace=False)
        rows = rows.take(chosen)
    rows.table().to_parquet(path, index=False)
    return path


def _trace(spec: TrainingSpec) -> dict[str, str]:
    """Where the model comes from: enough to make it again."""
    libraries = {f"library/{name}": version(name) for name in _LIBRARIES}
    return {
        "algorithm": spec.algorithm,
        "data/source": spec.data.source,
        "seed": str(spec.seed),
        "spec": spec.model_dump_json(),
        **libraries,
    }
