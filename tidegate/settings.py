"""What the environment says, read once and handed down."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

_PREFIX = "TIDEGATE_"


class Settings(BaseModel):
    """Where things are on this machine. Each field is `TIDEGATE_` and its name in the environment."""

    model_config = ConfigDict(frozen=True)

    home: Path = Path("~/.tidegate")
    database_url: str = ""
    mlflow_uri: str = ""
    host: str = "127.0.0.1"
    public_host: str = "127.0.0.1"
    public_port: int = Field(default=8080, ge=1, le=65535)
    private_port: int = Field(default=8081, ge=1, le=65535)
    control_port: int = Field(default=8082, ge=1, le=65535)
    ray_port: int = Field(default=6380, ge=1, le=65535)
    ray_dashboard_port: int = Field(default=8265, ge=1, le=65535)
    ray_cpus: int = Field(default=4, ge=1)
    ray_object_store_mb: int = Field(default=200, ge=80)
    max_body_bytes: int = Field(default=64 * 2**20, ge=1024)
    capture_url: str = ""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read the variables that start with `TIDEGATE_`; raises pydantic's ValidationError."""
        found: dict[str, Any] = {
            name.removeprefix(_PREFIX).lower(): value
            for name, value in environ.items()
            if name.startswith(_PREFIX) and name.removeprefix(_PREFIX).lower() in cls.model_fields
        }
        return cls.model_validate(found)

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, given: dict[str, Any]) -> dict[str, Any]:
        home = Path(given.get("home") or "~/.tidegate").expanduser().absolute()
        defaults = {
            "database_url": f"sqlite:///{home}/platform.db",
            "mlflow_uri": f"sqlite:///{home}/mlflow.db",
            "capture_url": str(home / "capture"),
        }
        return {**defaults, **{name: value for name, value in given.items() if value}, "home": home}

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
        return f"http://{self.public_host}:{self.public_port}"

    @property
    def private_url(self) -> str:
        """Address of the private listener."""
        return f"http://{self.host}:{self.private_port}"

    @property
    def control_url(self) -> str:
        """Address of the control process."""
        return f"http://{self.host}:{self.control_port}"

    @property
    def ray_address(self) -> str:
        """Address of Ray's control store."""
        return f"{self.host}:{self.ray_port}"

    @property
    def dashboard_url(self) -> str:
        """Address of Ray's dashboard and Jobs API."""
        return f"http://{self.host}:{self.ray_dashboard_port}"
