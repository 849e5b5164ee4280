"""Runtimes: code that runs a package. One file each in `serving/runtimes`, loaded by name."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Protocol, Self, runtime_checkable

from core.errors import InvalidInput, PackageCorrupt, RuntimeUnavailable
from core.plugins import load
from core.resources import Resources
from core.tensor import Array, Parameter
from registry.ensemble import list_packages
from registry.package import Package
from serving.requirement import check_requirements

RUNTIMES: Mapping[str, str] = {
    "onnx": "serving.runtimes.onnx:OnnxRuntime",
    "xgboost": "serving.runtimes.xgboost:XgboostRuntime",
    "lightgbm": "serving.runtimes.lightgbm:LightgbmRuntime",
    "sklearn": "serving.runtimes.sklearn:SklearnRuntime",
    "torch_export": "serving.runtimes.torch_export:TorchExportRuntime",
    "torchscript": "serving.runtimes.torchscript:TorchscriptRuntime",
    "torch_module": "serving.runtimes.torch_module:TorchModuleRuntime",
    "python": "serving.runtimes.python:PythonRuntime",
    "sagemaker": "serving.runtimes.sagemaker:SagemakerRuntime",
    "mlflow": "serving.runtimes.mlflow:MlflowRuntime",
    "remote": "serving.runtimes.remote:RemoteRuntime",
    "ensemble": "serving.runtimes.ensemble:EnsembleRuntime",
}


class Runtime(Protocol):
    """One loaded package. Each instance is called from one thread at a time, unless it says otherwise.

    `runs_code`: it runs code of the package's author (pickles, modules) or asks a server that the author
    chose, so that the operator must have named this runtime in `TIDEGATE_TRUSTED_RUNTIMES`.
    """

    runs_code: ClassVar[bool]

    @classmethod
    def load(cls, package: Package, resources: Resources) -> Self:
        """Load the package; raises RuntimeUnavailable, saying what to change."""
        ...

    @property
    def device(self) -> str:
        """`cpu` or `cuda`: where it really runs."""
        ...

    def predict(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        """Every output of the model for these inputs; the arrays belong to the caller.

        Inputs fit the package's signature and may be read-only. Raises PredictionFailed; a runtime that
        asks elsewhere also InvalidInput (refused there) and Unavailable (no answer now).
        """
        ...

    def close(self) -> None:
        """Give memory back; nothing is called afterwards."""
        ...


@runtime_checkable
class ConcurrentRuntime(Protocol):
    """A runtime whose one instance takes several batches at once, each from a thread of its own."""

    @property
    def concurrent_runs(self) -> int:
        """How many."""
        ...


@runtime_checkable
class StreamingRuntime(Protocol):
    """A runtime whose package may answer one request in many pieces (`Signature.streaming`)."""

    def stream(
        self, inputs: Mapping[str, Array], parameters: Mapping[str, Parameter]
    ) -> Iterator[Mapping[str, Array]]:
        """The pieces of the answer to one request, as the model makes them. Raises PredictionFailed.

        Closing the iterator ends the model's work.
        """
        ...


def load_runtime(
    package: Package, resources: Resources, trusted: frozenset[str] = frozenset()
) -> Runtime:
    """The package in its runtime; raises RuntimeUnavailable, NotFound for an unknown runtime.

    `trusted` names the runtimes that may run code of a package's author.
    """
    require_trust(package, trusted)
    name = package.manifest.runtime
    kind: type[Runtime] = load("runtime", RUNTIMES, name)
    check_requirements(name, package.manifest.requirements)
    return kind.load(package, resources)


def count_runs(runtime: Runtime) -> int:
    """How many batches this one instance takes at once."""
    return runtime.concurrent_runs if isinstance(runtime, ConcurrentRuntime) else 1


def require_trust(package: Package, trusted: frozenset[str]) -> None:
    """Raise RuntimeUnavailable where the package, or one inside it, needs trust that nobody gave."""
    try:
        packages = list_packages(package)
    except (InvalidInput, PackageCorrupt) as error:
        raise RuntimeUnavailable(package.manifest.runtime, str(error)) from error
    for name in (one.manifest.runtime for one in packages):
        kind: type[Runtime] = load("runtime", RUNTIMES, name)
        if kind.runs_code and name not in trusted:
            detail = (
                "it would run code of the package's author, or ask a server that the author chose; an "
                f"operator who trusts the authors of all packages adds '{name}' to "
                "TIDEGATE_TRUSTED_RUNTIMES and starts the platform again"
            )
            raise RuntimeUnavailable(name, detail)
