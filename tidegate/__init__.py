"""The face of Tidegate: command, Python client, control API, supervisor."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tidegate.client import Client

__all__ = ["Client"]


def __getattr__(name: str) -> Any:
    # The gateway's and the replicas' processes import this package's modules too, and need no client.
    if name == "Client":
        from tidegate.client import Client  # noqa: PLC0415 - see above

        return Client
    raise AttributeError(name)
