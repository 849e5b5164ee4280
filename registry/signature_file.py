"""A signature that people write down, for models that say nothing of themselves: JSON or YAML.

inputs: [{name: x, datatype: FP32, shape: [-1, 4], features: [a, b, c, d]}]
outputs: [{name: y, datatype: FP32, shape: [-1, 2], labels: [low, high]}]
batched: true        # optional: by default, when every first dimension is -1
"""

from pathlib import Path
from typing import Any

import yaml
from pydantic import Field

from core.errors import InvalidSpec
from core.signature import TensorSpec
from core.spec import Spec

_MAX_BYTES = 2**20


class SignatureFile(Spec):
    """What the file says; either side may be missing where the model itself says it."""

    inputs: tuple[TensorSpec, ...] = Field(default=(), max_length=1000)
    outputs: tuple[TensorSpec, ...] = Field(default=(), max_length=1000)
    batched: bool | None = None


def read_signature(file: Path) -> SignatureFile:
    """Read the file; raises InvalidSpec for one that cannot be read or says something else."""
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise InvalidSpec("signature", {"file": f"larger than {_MAX_BYTES} bytes"})
        document: Any = yaml.safe_load(file.read_bytes())
    except (OSError, yaml.YAMLError, ValueError) as error:
        raise InvalidSpec("signature", {"file": f"cannot be read ({error})"[:300]}) from error
    return SignatureFile.read(document)
