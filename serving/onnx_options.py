"""What a session of ONNX Runtime is opened with: a package's options, and the providers that it runs on."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

import onnxruntime
from pydantic import Field

from core.errors import InvalidSpec, RuntimeUnavailable
from core.resources import Resources
from core.spec import Spec
from registry.manifest import Option

Provider = Literal["auto", "cpu", "cuda", "tensorrt"]


_NAMES: Mapping[str, str] = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}
_LEVELS: Mapping[str, str] = {
    "disable": "ORT_DISABLE_ALL",
    "basic": "ORT_ENABLE_BASIC",
    "extended": "ORT_ENABLE_EXTENDED",
    "layout": "ORT_ENABLE_LAYOUT",
    "all": "ORT_ENABLE_ALL",
}
_MODES: Mapping[str, str] = {"sequential": "ORT_SEQUENTIAL", "parallel": "ORT_PARALLEL"}
# ONNX Runtime's own keys begin so, and go to it as they are.
_ENTRIES = ("session.", "optimization.", "ep.", "mlas.")
# Options of the explainer beside the model.
_OTHERS = ("explain.",)
# A package is data, so its options may name no file, library or address in the replica's process.
_UNSAFE = re.compile(r"path|file|folder|dir|lib|plugin|stream|alloc|external|dump|context|address")
_WORD = re.compile(r"[\w.,:;+-]{0,200}")
_ERRORS_ONLY = 3


class OnnxOptions(Spec):
    """A package's options. `intra_op_num_threads` is the variant's unless the package says.

    `entries` are ONNX Runtime's session configuration; `cuda` and `tensorrt` are options of those
    providers, by ONNX Runtime's names.
    """

    provider: Provider = "auto"
    graph_optimization_level: Literal["disable", "basic", "extended", "layout", "all"] = "all"
    execution_mode: Literal["sequential", "parallel"] = "sequential"
    intra_op_num_threads: int | None = Field(default=None, ge=0, le=1024)
    inter_op_num_threads: int = Field(default=1, ge=0, le=1024)
    entries: dict[str, str] = Field(default_factory=dict)
    cuda: dict[str, str] = Field(default_factory=dict)
    tensorrt: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def of(cls, options: Mapping[str, Option]) -> Self:
        """Read a package's options; raises RuntimeUnavailable for one that is unknown or unsafe."""
        document: dict[str, Any] = {"entries": {}, "cuda": {}, "tensorrt": {}}
        for key, value in options.items():
            group, _, rest = key.partition(".")
            if key.startswith(_ENTRIES):
                document["entries"][key] = _write(key, value)
            elif rest and group in ("cuda", "tensorrt"):
                document[group][rest] = _write(key, value)
            elif not key.startswith(_OTHERS):
                document[key] = value
        try:
            return cls.read(document)
        except InvalidSpec as error:
            raise RuntimeUnavailable("onnx", f"options of the package: {error}") from error

    def open_session(self, model: Path, resources: Resources) -> Any:
        """A session on the providers that were asked for.

        Raises RuntimeUnavailable when it cannot be had: ONNX Runtime itself would fall back to the CPU
        without a word, when it starts and when a run fails.
        """
        wanted = settle_provider(self.provider, resources.device)
        threads = self.intra_op_num_threads
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = (
            resources.intra_op_num_threads if threads is None else threads
        )
        options.inter_op_num_threads = self.inter_op_num_threads
        options.log_severity_level = _ERRORS_ONLY
        levels, modes = onnxruntime.GraphOptimizationLevel, onnxruntime.ExecutionMode
        options.graph_optimization_level = getattr(levels, _LEVELS[self.graph_optimization_level])
        options.execution_mode = getattr(modes, _MODES[self.execution_mode])
        for key, text in self.entries.items():
            options.add_session_config_entry(key, text)
        providers = [(name, self._provider_options(name)) for name in choose_providers(wanted)]
        try:
            session = onnxruntime.InferenceSession(
                str(model), options, providers=providers, enable_fallback=0
            )
        except Exception as error:  # ONNX Runtime has a class of its own for each failure
            raise RuntimeUnavailable("onnx", str(error)) from error
        check_providers(wanted, session.get_providers())
        return session

    def _provider_options(self, name: str) -> dict[str, str]:
        if name == _NAMES["cuda"]:
            return self.cuda
        return self.tensorrt if name == _NAMES["tensorrt"] else {}


def settle_provider(provider: Provider, device: str) -> Provider:
    """What the package and the variant ask for together; raises RuntimeUnavailable when they disagree."""
    if provider == "auto":
        return "cpu" if device == "cpu" else "cuda" if device == "cuda" else "auto"
    if device != "auto" and (provider == "cpu") != (device == "cpu"):
        detail = f"the package asks for provider {provider}, the variant for device {device}"
        raise RuntimeUnavailable("onnx", f"{detail}; change one of them")
    return provider


def choose_providers(wanted: Provider) -> list[str]:
    """The providers to ask for, best first; the CPU does what the others cannot."""
    if wanted == "auto":
        there = _NAMES["cuda"] in onnxruntime.get_available_providers() and has_cuda_device()
        wanted = "cuda" if there else "cpu"
    order = {"cpu": ("cpu",), "cuda": ("cuda", "cpu"), "tensorrt": ("tensorrt", "cuda", "cpu")}
    return [_NAMES[name] for name in order[wanted]]


def check_providers(wanted: Provider, provided: list[str]) -> None:
    """Raise RuntimeUnavailable when a provider was asked for by name and the session has not got it."""
    if wanted == "auto" or _NAMES[wanted] in provided:
        return
    name = {"cuda": "CUDA", "tensorrt": "TensorRT"}.get(wanted, wanted)
    detail = f"{name} was asked for and is not there; install its libraries or ask for device cpu"
    raise RuntimeUnavailable("onnx", detail)


def name_device(provided: list[str]) -> str:
    """`cuda` for a session that has any provider of a GPU."""
    return "cuda" if _NAMES["cuda"] in provided or _NAMES["tensorrt"] in provided else "cpu"


def has_cuda_device() -> bool:
    """Whether the driver shows a device: the GPU build claims its provider on any machine."""
    return Path("/dev/nvidiactl").exists()


def _write(key: str, value: Option) -> str:
    text = str(int(value)) if isinstance(value, bool) else str(value)
    if _UNSAFE.search(key.lower()) or not _WORD.fullmatch(text):
        detail = f"option '{key}' is not for a package to set: it could reach beyond its own files"
        raise RuntimeUnavailable("onnx", detail)
    return text
