"""A model on a server elsewhere: `remote.json`, and what the server says of it when it answers."""

import asyncio
from pathlib import Path

from core.errors import TidegateError
from core.signature import Signature
from registry.inspector import Inspection
from registry.remote import RemoteModel
from registry.remote_client import RemoteClient

_PATIENCE_S = 10.0


class RemoteInspector:
    """Asks the server for the model's metadata, and goes without where it does not answer."""

    def inspect(self, source: Path) -> Inspection:
        """As `Inspector` says; the wait for the server is bounded by 10 seconds."""
        remote = RemoteModel.open(source)
        signature, silence = asyncio.run(_describe(remote))
        note = f"answered by {remote.described}; asked only where the operator trusts 'remote'"
        return Inspection(
            signature,
            runtime="remote",
            platform="remote",
            notes=(note,),
            silence=silence,
        )


async def _describe(remote: RemoteModel) -> tuple[Signature | None, str]:
    limit = min(remote.timeout_s, _PATIENCE_S)
    client = RemoteClient(remote.model_copy(update={"timeout_s": limit}))
    try:
        return await client.describe(), ""
    except TidegateError as error:
        return None, f"the server does not say what the model takes and gives ({error})"
    finally:
        await client.close()
