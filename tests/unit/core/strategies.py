"""Hypothesis strategies for tensors of every element type."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from core.dtypes import DataType
from core.elements import from_binary
from core.tensor import Tensor

shapes = st.lists(st.integers(0, 4), max_size=4).map(tuple)
names = st.text(min_size=1, max_size=12).filter(lambda name: name.isprintable())
json_datatypes = st.sampled_from([kind for kind in DataType if kind.in_json])


@st.composite
def tensors(draw: st.DrawFn, datatypes: SearchStrategy[DataType] | None = None) -> Tensor:
    """Any tensor: arbitrary bits for numbers (NaN payloads too), arbitrary bytes for BYTES."""
    datatype = draw(st.sampled_from(DataType) if datatypes is None else datatypes)
    shape = draw(shapes)
    count = int(np.prod(shape, dtype=int))
    if datatype is DataType.BYTES:
        array = np.empty(count, np.object_)
        array[:] = draw(st.lists(st.binary(max_size=9), min_size=count, max_size=count))
        return Tensor(draw(names), datatype, array.reshape(shape))
    size = count * datatype.itemsize
    raw = draw(st.binary(min_size=size, max_size=size))
    if datatype is DataType.BOOL:
        raw = bytes(octet & 1 for octet in raw)
    return Tensor(draw(names), datatype, from_binary("x", datatype, shape, memoryview(raw)))
