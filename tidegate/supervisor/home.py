"""The platform's folder: what must be there before anything starts."""

import logging
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

from registry.database import Database
from registry.migration import migrate
from tidegate.settings import Settings

_LOG = logging.getLogger(__name__)


def prepare_home(settings: Settings, now: float) -> None:
    """Make the folders (0700), the tokens, the signing secret and the tables (0600); keeps what is there.

    `now` is Unix time. Safe to call again and by many processes. Raises OSError where the folder
    cannot be written.
    """
    folders = (settings.packages, settings.jobs, settings.reports, settings.logs, settings.run)
    for folder in (settings.home, *folders):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    made = [
        file.name
        for file, token in (
            (settings.admin_token_file, secrets.token_urlsafe(32)),
            (settings.ray_token_file, secrets.token_hex(32)),
            (settings.signing_secret_file, secrets.token_hex(32)),
        )
        if _keep_secret(file, token)
    ]
    if made:
        at = datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")
        _LOG.info("made %s in %s at %s", ", ".join(made), settings.home, at)
    migrate(settings.database_url)
    tables = Database(settings.database_url).file
    if tables is not None:
        # SQLite gives the files that it keeps beside it the same mode.
        tables.chmod(0o600)


def _keep_secret(file: Path, token: str) -> bool:
    """Write `token` unless the file is there: nobody ever reads a half-written one."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(token)
    try:
        file.hardlink_to(draft)
    except FileExistsError:
        file.chmod(0o600)
        return False
    else:
        return True
    finally:
        draft.unlink()
