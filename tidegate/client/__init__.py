"""The Python client of the control API: `Client(url, token)`."""

from tidegate.client.client import Client

__all__ = ["Client"]
