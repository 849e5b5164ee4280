"""What the environment says to the gateway, read once and handed down."""

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from core.environment import Environment


class Settings(Environment):
    """Each field is `TIDEGATE_` and its name in the environment; docs/settings.md lists them."""

    poll_s: float = Field(default=0.1, gt=0, le=60)
    private_auth: Literal["open", "api_key"] = "open"
    max_json_bytes: int = Field(default=16 * 2**20, ge=1024)
    max_inflight_mb: int = Field(default=1024, ge=1)
    max_rpcs: int = Field(default=2048, ge=1)
    capture_rotate_s: float = Field(default=2.0, gt=0)
    capture_rotate_mb: int = Field(default=64, ge=1)
    capture_buffer_mb: int = Field(default=64, ge=1)
    async_url: str = ""
    async_inputs: str = ""
    async_concurrency: int = Field(default=8, ge=0, le=1024)
    async_max_queued: int = Field(default=10_000, ge=0)
    async_max_attempts: int = Field(default=5, ge=1, le=100)
    async_expires_s: float = Field(default=86_400, gt=0, le=604_800)
    callback_hosts: str = ""
    limits_url: str = ""
    limits_outage: Literal["closed", "open"] = "closed"
    access_log: str = ""
    public_tls_key: str = ""
    public_tls_client_ca: str = ""
    otlp_endpoint: str = Field(default="", pattern=r"^(https?://\S+)?$")
    trace_share: float = Field(default=0.1, ge=0, le=1)
    cache_mb: int = Field(default=64, ge=0, le=2**20)
    gateway_workers: int = Field(default=1, ge=1, le=256)

    @classmethod
    def defaults_in(cls, home: Path) -> dict[str, Any]:
        """Defaults that depend on the home folder."""
        return {
            **super().defaults_in(home),
            "async_url": str(home / "async"),
            "access_log": str(home / "logs" / "access.jsonl"),
        }

    @property
    def board(self) -> Path:
        """Folder where workers post what they have counted."""
        return self.home / "run" / "workers"

    @property
    def allowed_callbacks(self) -> frozenset[str]:
        """Hosts that callbacks may go to, as `name` or `name:port`."""
        return frozenset(part.strip() for part in self.callback_hosts.split(",") if part.strip())


def read_settings() -> Settings:
    """The settings of this process."""
    # The name that every OpenTelemetry library knows; ours, set to nothing, says no all the same.
    named = {"TIDEGATE_OTLP_ENDPOINT": os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")}
    return Settings.from_environ({**named, **os.environ})
