"""What the environment says to the gateway, read once and handed down."""

import os
from typing import Literal

from pydantic import Field

from core.environment import Environment


class Settings(Environment):
    """Each field is `TIDEGATE_` and its name in the environment; docs/settings.md lists them."""

    poll_s: float = Field(default=0.1, gt=0, le=60)
    private_auth: Literal["open", "api_key"] = "open"
    capture_rotate_s: float = Field(default=2.0, gt=0)
    capture_rotate_mb: int = Field(default=64, ge=1)
    capture_buffer_mb: int = Field(default=64, ge=1)


def read_settings() -> Settings:
    """The settings of this process."""
    return Settings.from_environ(os.environ)
