"""What differs between two exposures, as lines for people. Pure."""

from typing import Any

from core.exposure import Exposure

_KINDS = ("routes", "plans", "issuers")


def compare(before: Exposure, after: Exposure) -> tuple[str, ...]:
    """A line for each thing that comes (`+`), goes (`-`) or changes (`~`, with its fields)."""
    lines: list[str] = []
    for kind in _KINDS:
        old = {one.name: one.model_dump(mode="json") for one in getattr(before, kind)}
        new = {one.name: one.model_dump(mode="json") for one in getattr(after, kind)}
        word = kind.removesuffix("s")
        for name in sorted({*old, *new}):
            if name not in old:
                lines.append(f"+ {word} {name}{_tell_fields(new[name])}")
            elif name not in new:
                lines.append(f"- {word} {name}")
            elif old[name] != new[name]:
                lines.append(f"~ {word} {name}: {_tell_changes(old[name], new[name])}")
    return tuple(lines)


def _tell_fields(document: dict[str, Any]) -> str:
    told = [f"{name} {_show(value)}" for name, value in document.items() if name in _TOLD and value]
    return f" ({', '.join(told)})" if told else ""


def _tell_changes(old: dict[str, Any], new: dict[str, Any]) -> str:
    changed = [name for name in new if old.get(name) != new[name]]
    return ", ".join(f"{name} {_show(old.get(name))} → {_show(new[name])}" for name in changed)


def _show(value: Any) -> str:
    if value in (None, [], {}):
        return "none"
    match value:
        case list():
            return "+".join(_show(item) for item in value)
        case dict():
            return (
                "{" + ", ".join(f"{k} {_show(v)}" for k, v in value.items() if v is not None) + "}"
            )
    return str(value)


_TOLD = ("endpoint", "auth", "plan", "total", "rate", "burst", "quota", "concurrency", "issuer")
