"""A model on a server elsewhere that speaks the Open Inference Protocol: Triton, another Tidegate.

Many requests are under way at once, on one event loop in a thread of its own.
"""

import asyncio
import threading
from collections.abc import Coroutine, Mapping
from concurrent.futures import CancelledError
from typing import Any, ClassVar, Self, TypeVar

from core.errors import InvalidSpec, RuntimeUnavailable, TidegateError, Unavailable
from core.resources import Resources
from core.signature import Signature
from core.tensor import Array
from registry.package import Package
from registry.remote import RemoteModel
from registry.remote_client import RemoteClient

Answer = TypeVar("Answer")
_CLOSE_S = 5.0


class RemoteRuntime:
    """One client of one remote model; `predict` may be called from several threads at once.

    It counts as running its author's code: the package names the server that is sent the tensors.
    """

    runs_code: ClassVar[bool] = True

    def __init__(self, remote: RemoteModel, signature: Signature) -> None:
        self._remote = remote
        self._signature = signature
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="remote", daemon=True)
        self._thread.start()
        self._client = self._wait(_open_client(remote))

    @classmethod
    def load(cls, package: Package, resources: Resources) -> Self:
        """Ask whether the model is ready there; raises RuntimeUnavailable when it is not."""
        del resources
        try:
            remote = RemoteModel.open(package.model_path)
        except InvalidSpec as error:
            raise RuntimeUnavailable("remote", str(error)) from error
        runtime = cls(remote, package.manifest.signature)
        try:
            runtime.require_ready()
        except TidegateError:
            runtime.close()
            raise
        return runtime

    @property
    def device(self) -> str:
        """Nothing is computed here."""
        return "cpu"

    @property
    def concurrent_runs(self) -> int:
        """How many requests the remote server may be asked at once."""
        return self._remote.concurrency

    def require_ready(self) -> None:
        """Raise RuntimeUnavailable unless the server answers that the model is ready."""
        try:
            is_ready = self._wait(self._client.is_ready())
        except TidegateError as error:
            raise RuntimeUnavailable("remote", str(error)) from error
        if not is_ready:
            detail = f"{self._remote.described} is not ready; load it there, or mend remote.json"
            raise RuntimeUnavailable("remote", detail)

    def predict(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        """The remote model's answer; raises what `RemoteClient.infer` does."""
        return self._wait(self._client.infer(inputs, self._signature.outputs))

    def close(self) -> None:
        """Close the connections and end the loop; who still waits for an answer is sent away."""
        self._wait(_end(self._client))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_CLOSE_S)
        if not self._thread.is_alive():
            self._loop.close()

    def _wait(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop).result()
        except CancelledError as error:
            raise Unavailable(self._remote.described, "the replica is going") from error


async def _open_client(remote: RemoteModel) -> RemoteClient:
    return RemoteClient(remote)


async def _end(client: RemoteClient) -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await client.close()
