"""A cluster of dictionaries: applications start when they are told to."""

from collections.abc import Mapping

from core.pool import PoolSpec
from core.refs import ResidentId
from registry.records import Resident
from serving.orchestrator import App, AppState


class FakeOrchestrator:
    """Applications by resident. `settle` lets what was asked for come true."""

    def __init__(self) -> None:
        self.apps: dict[ResidentId, App] = {}
        self.residents: dict[ResidentId, Resident] = {}
        self.folders: dict[ResidentId, str] = {}

    def observe(self) -> Mapping[ResidentId, App]:
        return dict(self.apps)

    def start(self, resident: Resident, folder: str = "") -> None:
        self.folders[resident.id] = folder
        known = self.apps.get(resident.id)
        self.apps[resident.id] = known or App(AppState.STARTING)
        self.residents[resident.id] = resident

    def start_pool(self, spec: PoolSpec) -> None:
        self.apps.setdefault(spec.app, App(AppState.STARTING))

    def stop(self, resident: ResidentId) -> None:
        if resident in self.apps:
            self.apps[resident] = App(AppState.STOPPING)

    def settle(self) -> None:
        """Starting applications run, stopping ones are gone."""
        self.apps = {
            resident: App(AppState.RUNNING) if app.state is AppState.STARTING else app
            for resident, app in self.apps.items()
            if app.state is not AppState.STOPPING
        }

    def fail(self, resident: ResidentId, message: str) -> None:
        """The application does not come up."""
        self.apps[resident] = App(AppState.FAILED, message)
