"""An ensemble: several models in one replica, and tensors that flow between them in memory.

A step runs as soon as the steps that it reads from are done, beside others that are ready too.
"""

import threading
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from typing import ClassVar, Self

from core.dataflow import trace
from core.ensemble import EnsembleStep
from core.errors import (
    InvalidInput,
    PackageCorrupt,
    PredictionFailed,
    RuntimeUnavailable,
    TidegateError,
)
from core.resources import Resources
from core.signature import Signature
from core.tensor import Array, InferRequest, Tensor
from registry.ensemble import open_steps, read_ensemble
from registry.package import Package
from serving.runtime import RUNTIMES, Runtime, count_runs, load_runtime

Arrays = Mapping[str, Array]
_MAX_WORKERS = 128


@dataclass(frozen=True, slots=True)
class Step:
    """One loaded step. `after` are the steps that it reads from, `turns` how often it may run at once."""

    spec: EnsembleStep
    signature: Signature
    runtime: Runtime
    after: frozenset[str]
    turns: threading.Semaphore

    def run(self, tensors: Arrays) -> Arrays:
        """The ensemble's tensors that this step writes; raises what its runtime does."""
        inputs = {
            name: tensors[tensor]
            for name, tensor in self.spec.inputs.items()
            if tensor in tensors  # an optional one may be left out
        }
        self._check(inputs)
        with self.turns:
            outputs = self.runtime.predict(inputs)
        return {tensor: outputs[name] for name, tensor in self.spec.outputs.items()}

    def _check(self, inputs: Arrays) -> None:
        # Sizes that packaging left open meet here; the signature's words are better than a model's.
        given = tuple(Tensor.of(name, array) for name, array in inputs.items())
        try:
            self.signature.check(InferRequest(given))
        except InvalidInput as error:
            raise PredictionFailed(self.spec.model, str(error)) from error


class EnsembleRuntime:
    """Loaded steps. Several requests may be in it at once where a step can take several.

    Its own file is data; each step is trusted, or not, by its own runtime.
    """

    runs_code: ClassVar[bool] = False

    def __init__(self, name: str, steps: tuple[Step, ...], outputs: tuple[str, ...]) -> None:
        self._name = name
        self._steps = steps
        self._outputs = outputs
        workers = min(_MAX_WORKERS, len(steps) * self.concurrent_runs)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="ensemble")

    @classmethod
    def load(cls, package: Package, resources: Resources) -> Self:
        """Load every step; whoever calls has checked that their runtimes are trusted.

        An option `<step>.<option>` goes to that step. Raises RuntimeUnavailable, naming the step.
        """
        try:
            spec = read_ensemble(package.model_path)
            parts = open_steps(package.folder, spec)
            flow = trace(spec, {name: part.manifest.signature for name, part in parts.items()})
        except (InvalidInput, PackageCorrupt) as error:
            raise RuntimeUnavailable("ensemble", str(error)) from error
        steps: list[Step] = []
        specs = {step.name: step for step in spec.steps}
        with ExitStack() as undo:
            for name, after in flow.after.items():
                step = _load_step(package, specs[name], parts[name], resources, after)
                undo.callback(step.runtime.close)
                steps.append(step)
            undo.pop_all()
        outputs = tuple(one.name for one in spec.outputs)
        return cls(package.manifest.name, tuple(steps), outputs)

    @property
    def device(self) -> str:
        """`cuda` when a step runs there."""
        return "cuda" if any(step.runtime.device == "cuda" for step in self._steps) else "cpu"

    @property
    def concurrent_runs(self) -> int:
        """As many as the step that takes the most; the others take turns."""
        return max(count_runs(step.runtime) for step in self._steps)

    def predict(self, inputs: Arrays) -> Arrays:
        """The ensemble's outputs; raises what the step that fails does, naming it."""
        tensors = _protect(inputs)
        waiting = list(self._steps)
        done: set[str] = set()
        running: dict[Future[Arrays], Step] = {}
        try:
            while waiting or running:
                ready = [step for step in waiting if step.after <= done]
                waiting = [step for step in waiting if not step.after <= done]
                if len(ready) == 1 and not running:
                    # A hop to a thread costs more than a small model.
                    found = [(ready[0], self._run(ready[0], tensors))]
                else:
                    for step in ready:
                        running[self._pool.submit(self._run, step, dict(tensors))] = step
                    ended = wait(running, return_when=FIRST_COMPLETED).done
                    found = [(running.pop(future), future.result()) for future in ended]
                for step, outputs in found:
                    tensors.update(_protect(outputs))
                    done.add(step.spec.name)
        finally:
            # The next request must not find a step still at work on this one.
            wait(running)
        return {name: tensors[name] for name in self._outputs}

    def close(self) -> None:
        """Close every step."""
        self._pool.shutdown()
        for step in self._steps:
            step.runtime.close()

    def _run(self, step: Step, tensors: Arrays) -> Arrays:
        try:
            return step.run(tensors)
        except PredictionFailed as error:
            detail = f"step '{step.spec.name}' ({error.model}): {error.detail}"
            raise PredictionFailed(self._name, detail) from error
        except TidegateError:
            raise
        except Exception as error:  # a model may raise anything
            detail = f"step '{step.spec.name}': {type(error).__name__}: {error}"
            raise PredictionFailed(self._name, detail) from error


def _load_step(
    package: Package, spec: EnsembleStep, part: Package, resources: Resources, after: frozenset[str]
) -> Step:
    prefix = f"{spec.name}."
    options = {
        name.removeprefix(prefix): value
        for name, value in package.manifest.options.items()
        if name.startswith(prefix)
    }
    try:
        runtime = load_runtime(part.overrule(options), resources, frozenset(RUNTIMES))
    except RuntimeUnavailable as error:
        detail = f"step '{spec.name}' ({spec.model}): {error.detail}"
        raise RuntimeUnavailable(error.runtime, detail) from error
    return Step(
        spec, part.manifest.signature, runtime, after, threading.Semaphore(count_runs(runtime))
    )


def _protect(tensors: Arrays) -> dict[str, Array]:
    """Views that cannot be written to: several steps may read the same tensor at once."""
    found: dict[str, Array] = {}
    for name, array in tensors.items():
        found[name] = array.view()
        found[name].flags.writeable = False
    return found
