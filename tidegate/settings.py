"""What the environment says, read once and handed down."""

import os
from pathlib import Path
from typing import Any

from pydantic import Field

from core.environment import Environment


class Settings(Environment):
    """Where things are on this machine. Each field is `TIDEGATE_` and its name in the environment."""

    mlflow_uri: str = ""
    ray_port: int = Field(default=6380, ge=1, le=65535)
    ray_dashboard_port: int = Field(default=8265, ge=1, le=65535)
    ray_cpus: int = Field(default=4, ge=1)
    ray_object_store_mb: int = Field(default=200, ge=80)
    trusted_runtimes: str = ""
    capture_retain_days: int = Field(default=30, ge=0, le=36_500)

    @classmethod
    def defaults_in(cls, home: Path) -> dict[str, Any]:
        """Defaults that depend on the home folder."""
        return {**super().defaults_in(home), "mlflow_uri": f"sqlite:///{home}/mlflow.db"}

    @property
    def trusted(self) -> frozenset[str]:
        """Names of the runtimes that may run code of a package's author."""
        return frozenset(part.strip() for part in self.trusted_runtimes.split(",") if part.strip())

    @property
    def packages(self) -> Path:
        """Folder of published packages."""
        return self.home / "packages"

    @property
    def jobs(self) -> Path:
        """Folder with one folder for each job."""
        return self.home / "jobs"

    @property
    def reports(self) -> Path:
        """Folder with one folder for each monitor run."""
        return self.home / "reports"

    @property
    def logs(self) -> Path:
        """Folder of the processes' logs."""
        return self.home / "logs"

    @property
    def logbooks(self) -> Path:
        """Folder of the replicas' logbooks, one folder for each resident."""
        return self.logs / "replicas"

    @property
    def environments(self) -> Path:
        """Folder of what packages require of Python, one folder for each set of requirements."""
        return self.home / "environments"

    @property
    def run(self) -> Path:
        """Folder of what a running platform keeps about itself."""
        return self.home / "run"

    @property
    def admin_token_file(self) -> Path:
        """The control API's admin token, mode 0600."""
        return self.home / "admin.token"

    @property
    def ray_token_file(self) -> Path:
        """Ray's cluster token, mode 0600."""
        return self.home / "ray.token"

    @property
    def public_url(self) -> str:
        """Address of the public listener."""
        scheme = "https" if self.public_tls_cert else "http"
        return f"{scheme}://{self.public_host}:{self.public_port}"

    @property
    def private_url(self) -> str:
        """Address of the private listener."""
        return f"http://{self.host}:{self.private_port}"

    @property
    def control_url(self) -> str:
        """Address of the control process, which is on loopback whatever the private interface is."""
        return f"http://127.0.0.1:{self.control_port}"

    @property
    def ray_address(self) -> str:
        """Address of Ray's control store."""
        return f"{self.host}:{self.ray_port}"

    @property
    def dashboard_url(self) -> str:
        """Address of Ray's dashboard and Jobs API."""
        return f"http://{self.host}:{self.ray_dashboard_port}"


def read_settings() -> Settings:
    """The settings of this process."""
    return Settings.from_environ(os.environ)
