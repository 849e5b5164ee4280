"""Padding: arrays of several lengths made equal, so that they share a run, and outputs cut back."""

import numpy as np

from core.batching import Padding
from core.tensor import Array
from serving.batch import Arrays

# For each output that is cut back: its name, the axis, and the length that it had.
Cuts = tuple[tuple[str, int, int], ...]


def pad(inputs: Arrays, rules: tuple[Padding, ...]) -> tuple[Arrays, Cuts]:
    """The inputs filled up to their next lengths, and what undoes it for the outputs."""
    padded = dict(inputs)
    cuts: list[tuple[str, int, int]] = []
    for rule in rules:
        array = padded.get(rule.input)
        if array is None or array.ndim <= rule.axis:
            continue
        length = array.shape[rule.axis]
        target = next((one for one in rule.lengths if one >= length), length)
        if target > length:
            padded[rule.input] = _fill(array, rule.axis, target, rule.value)
            cuts += [_read_cut(output, rule.axis, length) for output in rule.outputs]
    return padded, tuple(cuts)


def trim(outputs: Arrays, cuts: Cuts) -> Arrays:
    """The outputs with what belongs to the padding cut off."""
    if not cuts:
        return outputs
    trimmed = dict(outputs)
    for name, axis, length in cuts:
        array = trimmed.get(name)
        if array is not None and array.ndim > axis:
            trimmed[name] = array[(slice(None),) * axis + (slice(length),)]
    return trimmed


def _fill(array: Array, axis: int, length: int, value: float) -> Array:
    shape = list(array.shape)
    shape[axis] = length
    # BYTES have no number to fill with.
    filled = np.full(shape, b"" if array.dtype.kind == "O" else value, array.dtype)
    filled[(slice(None),) * axis + (slice(array.shape[axis]),)] = array
    return filled


def _read_cut(output: str, axis: int, length: int) -> tuple[str, int, int]:
    name, colon, told = output.rpartition(":")
    if colon and told.isdigit():
        return name, int(told), length
    return output, axis, length
