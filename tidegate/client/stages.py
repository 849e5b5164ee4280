"""The client's calls about stages and deployments."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.exposure import Exposure
from tidegate.client.connection import Connection
from tidegate.control.papers import DeploymentDocument, StageDocument


class Stages:
    """What is public, as a whole: numbered deployments, and stages that have one each."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self) -> tuple[StageDocument, ...]:
        """All stages."""
        return self._connection.list(StageDocument, "stages")

    def get(self, name: str) -> StageDocument:
        """One stage; raises NotFound."""
        return self._connection.get(StageDocument, "stages", name)

    def exposed(self, name: str) -> DeploymentDocument:
        """The deployment that a stage has; raises NotFound."""
        return self._connection.get(DeploymentDocument, "stages", name, "exposure")

    def deployments(self, limit: int = 100) -> tuple[DeploymentDocument, ...]:
        """The last deployments, newest first."""
        return self._connection.list(DeploymentDocument, "deployments", query={"limit": str(limit)})

    def deployment(self, number: int) -> DeploymentDocument:
        """One deployment; raises NotFound."""
        return self._connection.get(DeploymentDocument, "deployments", str(number))

    def publish(
        self, name: str, exposure: Exposure | Mapping[str, Any], note: str = ""
    ) -> DeploymentDocument:
        """Let a stage expose exactly this; the same deployment comes back where nothing changes."""
        wanted = exposure if isinstance(exposure, Exposure) else Exposure.read(exposure)
        body = {"exposure": wanted.model_dump(mode="json"), "note": note}
        return self._connection.put(DeploymentDocument, "stages", name, "exposure", body=body)

    def move(self, name: str, deployment: int, share: float = 1.0) -> StageDocument:
        """Give a stage a deployment that there is, wholly or for a share of its requests."""
        body = {"deployment": deployment, "share": share}
        return self._connection.put(StageDocument, "stages", name, "deployment", body=body)

    def promote(self, name: str) -> StageDocument:
        """Let a stage's canary take all requests; raises Conflict without one."""
        return self._connection.post(StageDocument, "stages", name, "canary", "promote")

    def abort(self, name: str) -> StageDocument:
        """End a stage's canary."""
        self._connection.delete("stages", name, "canary")
        return self.get(name)

    def roll_back(self, name: str) -> StageDocument:
        """Give a stage the deployment that it had before; raises Conflict without one."""
        return self._connection.post(StageDocument, "stages", name, "rollback")

    def host(self, name: str, hosts: Sequence[str]) -> StageDocument:
        """Let these hosts lead to a stage."""
        body = {"hosts": list(hosts)}
        return self._connection.put(StageDocument, "stages", name, "hosts", body=body)

    def remove(self, name: str) -> None:
        """Nothing is public under a stage's name any more; raises NotFound."""
        self._connection.delete("stages", name)
