"""The `tidegate` command."""

from tidegate.cli.app import main

__all__ = ["main"]
