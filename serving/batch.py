"""Many requests as one: joining their rows for a run of the model, and taking its answer apart."""

from collections.abc import Mapping, Sequence

import numpy as np

from core.errors import PredictionFailed
from core.tensor import Array

Arrays = Mapping[str, Array]


def collate(parts: Sequence[Arrays]) -> Arrays:
    """Join arrays of the same names and trailing shapes along their first dimension."""
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def split(outputs: Arrays, rows: Sequence[int], model: str) -> list[Arrays]:
    """Take joined outputs apart again, `rows[i]` rows for request i.

    Raises PredictionFailed when an output has not one row for each row that went in: such a model
    mixes the callers' rows and must not be batched.
    """
    total = sum(rows)
    for name, array in outputs.items():
        if array.ndim == 0 or array.shape[0] != total:
            given = f"shape {list(array.shape)} for {total} rows"
            raise PredictionFailed(model, f"output '{name}' has {given}")
    if len(rows) == 1:
        return [outputs]
    parts: list[Arrays] = []
    start = 0
    for count in rows:
        end = start + count
        parts.append({name: array[start:end] for name, array in outputs.items()})
        start = end
    return parts


def cut(inputs: Arrays, start: int, end: int) -> Arrays:
    """The rows from `start` to before `end`."""
    return {name: array[start:end] for name, array in inputs.items()}
