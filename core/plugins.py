"""Plug-in tables: a name leads to a dotted path, and its module is imported when it is first used."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from core.errors import NotFound


def load(kind: str, table: Mapping[str, str], name: str) -> Any:
    """The object at `table[name]`, written `package.module:attribute`; raises NotFound."""
    try:
        path = table[name]
    except KeyError:
        known = ", ".join(sorted(table))
        raise NotFound(kind, f"{name} (known: {known})") from None
    module, _, attribute = path.partition(":")
    return getattr(import_module(module), attribute)
