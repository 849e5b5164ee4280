"""Who asks the control API: whoever has the admin token, and who they say they are."""

import re
from typing import Annotated

from fastapi import Depends, Header

from tidegate.control.naming import ACTOR

ADMIN = "admin"
_SANE = re.compile(r"[A-Za-z0-9._@+-]{1,120}", re.ASCII)


def name_actor(said: str | None) -> str:
    """The token's name, with the name that its bearer gives in brackets, where that is a sane one."""
    return f"{ADMIN} ({said})" if said is not None and _SANE.fullmatch(said) else ADMIN


def _read_actor(
    said: Annotated[str | None, Header(alias=ACTOR, include_in_schema=False)] = None,
) -> str:
    return name_actor(said)


Actor = Annotated[str, Depends(_read_actor)]
