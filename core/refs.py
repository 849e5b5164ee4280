"""Names of things, and references to versions of models: `iris:3`, `iris@live`."""

import re
from dataclasses import dataclass
from typing import NewType

from core.errors import InvalidName

ModelName = NewType("ModelName", str)
EndpointName = NewType("EndpointName", str)
VariantName = NewType("VariantName", str)
AliasName = NewType("AliasName", str)
ResidentId = NewType("ResidentId", str)
ReplicaId = NewType("ReplicaId", str)
KeyId = NewType("KeyId", str)
JobId = NewType("JobId", str)
Digest = NewType("Digest", str)

NAME_RULE = "1 to 63 letters, digits, '.', '_' or '-', starting and ending with a letter or digit"
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", re.ASCII)
# `/v2/models/stats` is a path of the Open Inference Protocol, so no model can be called that.
_RESERVED = frozenset({"stats"})


def check_name(kind: str, name: str) -> str:
    """Return `name` when it can name a `kind`; raises InvalidName. It is safe as a path's part."""
    if not _NAME.fullmatch(name) or ".." in name:
        raise InvalidName(kind, name, NAME_RULE)
    if name in _RESERVED:
        raise InvalidName(kind, name, "the name is reserved by the protocol")
    return name


@dataclass(frozen=True, slots=True)
class ModelRef:
    """One version of a model, by number or by alias: exactly one of the two is set."""

    model: ModelName
    version: int | None = None
    alias: AliasName | None = None

    def __str__(self) -> str:
        return (
            f"{self.model}@{self.alias}" if self.version is None else f"{self.model}:{self.version}"
        )

    @classmethod
    def parse(cls, text: str) -> "ModelRef":
        """Read `model:version` or `model@alias`; raises InvalidName."""
        model, at, alias = text.partition("@")
        if at:
            return cls(
                ModelName(check_name("model name", model)),
                alias=AliasName(check_name("alias", alias)),
            )
        model, _, version = text.partition(":")
        # 9 digits keep the number within every store's integer.
        if not re.fullmatch(r"[1-9][0-9]{0,8}", version, re.ASCII):
            raise InvalidName("model reference", text, "write model:version or model@alias")
        return cls(ModelName(check_name("model name", model)), version=int(version))
