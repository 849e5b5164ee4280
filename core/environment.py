"""Settings from an environment: `TIDEGATE_` and a field's name, for every process alike."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

_PREFIX = "TIDEGATE_"


class Environment(BaseModel):
    """What every process needs to know. Frozen, validated, handed down by constructor."""

    model_config = ConfigDict(frozen=True)

    home: Path = Path("~/.tidegate")
    database_url: str = ""
    host: str = "127.0.0.1"
    public_host: str = "127.0.0.1"
    public_port: int = Field(default=8080, ge=1, le=65535)
    private_port: int = Field(default=8081, ge=1, le=65535)
    public_tls_cert: str = ""
    public_grpc_port: int = Field(default=8090, ge=0, le=65535)
    private_grpc_port: int = Field(default=8091, ge=0, le=65535)
    control_port: int = Field(default=8082, ge=1, le=65535)
    max_body_bytes: int = Field(default=64 * 2**20, ge=1024)
    capture_url: str = ""
    signing_secret_file: Path = Path("signing.secret")

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read the variables that start with `TIDEGATE_`; raises pydantic's ValidationError."""
        found = {
            name.removeprefix(_PREFIX).lower(): value
            for name, value in environ.items()
            if name.startswith(_PREFIX) and value
        }
        return cls.model_validate({k: v for k, v in found.items() if k in cls.model_fields})

    def to_environ(self) -> dict[str, str]:
        """The variables that give these settings, for a process that is started with them."""
        return {f"{_PREFIX}{name.upper()}": str(value) for name, value in self.model_dump().items()}

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, given: dict[str, Any]) -> dict[str, Any]:
        home = Path(given.get("home") or "~/.tidegate").expanduser().absolute()
        return {**cls.defaults_in(home), **given, "home": home}

    @classmethod
    def defaults_in(cls, home: Path) -> dict[str, Any]:
        """Defaults that depend on the home folder."""
        return {
            "database_url": f"sqlite:///{home}/platform.db",
            "capture_url": str(home / "capture"),
            "signing_secret_file": home / "signing.secret",
        }
