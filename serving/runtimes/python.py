"""A Python class of the package: `load`, `predict`, async and streaming as the author likes.

    class Model:
        def load(self, folder: pathlib.Path) -> None: ...               # optional
        def predict(self, inputs: dict[str, numpy.ndarray]) -> dict[str, numpy.ndarray]: ...

`predict` may take `parameters` as its second argument, may be `async def`, and may be a generator (of
either kind) that yields several answers: then the package says `streaming`.
"""

import asyncio
import inspect
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from concurrent.futures import Future
from typing import Any, ClassVar, Self

from core.errors import PredictionFailed, RuntimeUnavailable
from core.resources import Resources
from core.signature import Signature, TensorSpec
from core.tensor import NO_PARAMETERS, Array, Parameter, Tensor
from registry.package import Package
from serving.author import describe, import_author, import_path

_CLASS = "class"
_ASYNC_STREAMS = 32


class PythonRuntime:
    """One object of the author's class. Its coroutines run on one event loop in a thread of its own."""

    runs_code: ClassVar[bool] = True

    def __init__(self, name: str, model: Any, signature: Signature) -> None:
        self._name = name
        self._model = model
        self._signature = signature
        self._takes_parameters = len(inspect.signature(model.predict).parameters) > 1
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="author", daemon=True)
        self._thread.start()

    @classmethod
    def load(cls, package: Package, resources: Resources) -> Self:
        """Import the class and let it load; raises RuntimeUnavailable with the author's error."""
        del resources
        module = import_author("python", package.model_path)
        kind = getattr(module, str(package.manifest.options.get(_CLASS, "Model")), None)
        if kind is None or not callable(getattr(kind, "predict", None)):
            detail = "the module needs a class `Model` with `predict`; option `class` names another"
            raise RuntimeUnavailable("python", detail)
        with import_path(package.model_path.parent):
            try:
                model = kind()
                if hasattr(model, "load"):
                    model.load(package.folder)
            except Exception as error:  # an author's class may raise anything
                raise RuntimeUnavailable("python", describe(error)) from error
        return cls(package.manifest.name, model, package.manifest.signature)

    @property
    def concurrent_streams(self) -> int:
        """How many of its streams may be in the class at once: several when it is written for that."""
        return _ASYNC_STREAMS if _is_async(self._model.predict) else 1

    @property
    def device(self) -> str:
        """The class says it as `device`, if it likes."""
        return str(getattr(self._model, "device", "cpu"))

    def predict(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        """The one answer of `predict`; raises PredictionFailed, also when it gives several."""
        pieces = list(self.stream(inputs, NO_PARAMETERS))
        if len(pieces) != 1:
            detail = f"{len(pieces)} answers to one request; ask by a streaming operation"
            raise PredictionFailed(self._name, detail)
        return pieces[0]

    def stream(
        self, inputs: Mapping[str, Array], parameters: Mapping[str, Parameter]
    ) -> Iterator[Mapping[str, Array]]:
        """The answers of `predict` as they are made; raises PredictionFailed."""
        arguments: list[Any] = [dict(inputs)]
        if self._takes_parameters:
            arguments.append(dict(parameters))
        try:
            found = self._model.predict(*arguments)
            if inspect.isawaitable(found):
                found = self._wait(_await(found))
            for piece in self._pieces(found):
                yield self._read(piece)
        except PredictionFailed:
            raise
        except Exception as error:  # an author's class may raise anything
            raise PredictionFailed(self._name, describe(error)) from error

    def close(self) -> None:
        """End the author's loop."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5.0)
        if not self._thread.is_alive():
            self._loop.close()

    def _pieces(self, found: Any) -> Iterator[Any]:
        if inspect.isasyncgen(found):
            yield from self._drain(found)
        elif inspect.isgenerator(found):
            yield from found
        else:
            yield found

    def _drain(self, pieces: AsyncIterator[Any]) -> Iterator[Any]:
        try:
            while True:
                try:
                    yield self._wait(_await(anext(pieces)))
                except StopAsyncIteration:
                    return
        finally:
            self._wait(_await(pieces.aclose()))  # type: ignore[attr-defined]  # an async generator

    def _wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        running: Future[Any] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return running.result()

    def _read(self, piece: Any) -> Mapping[str, Array]:
        if not isinstance(piece, Mapping):
            raise PredictionFailed(self._name, f"predict gave {type(piece).__name__}, not a dict")
        return {spec.name: self._convert(spec, piece) for spec in self._signature.outputs}

    def _convert(self, spec: TensorSpec, piece: Mapping[str, Any]) -> Array:
        if spec.name not in piece:
            given = ", ".join(map(str, piece)) or "nothing"
            raise PredictionFailed(
                self._name, f"no output '{spec.name}' in what predict gave: {given}"
            )
        tensor = Tensor.of(spec.name, piece[spec.name])
        if tensor.datatype is spec.datatype:
            return tensor.array
        return tensor.array.astype(spec.datatype.numpy)


def _is_async(predict: Any) -> bool:
    return inspect.iscoroutinefunction(predict) or inspect.isasyncgenfunction(predict)


async def _await(awaitable: Any) -> Any:
    return await awaitable
