from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.dtypes import DataType
from core.tensor import InferRequest, Parameter, RequestedOutput, Tensor
from gateway.fingerprint import find_fingerprint, take_fingerprint
from gateway.scribe import INLINE_BYTES

SCOPE = ("flowers", "prod", 1, "ann", "iris-main-1")
X = Tensor.of("x", np.arange(6, dtype="f4").reshape(3, 2))
Y = Tensor.of("y", ["a", "bc"])
REQUEST = InferRequest((X, Y), parameters={"k": 1, "t": "u"})

scalars = st.one_of(
    st.text(max_size=4),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.booleans(),
)
tensors = st.one_of(
    st.lists(st.floats(width=32, allow_nan=False), max_size=4).map(
        lambda found: Tensor.of("x", np.array(found, "f4"))
    ),
    st.lists(st.integers(0, 3), max_size=4).map(
        lambda found: Tensor.of("x", np.array(found, "i8"))
    ),
    st.lists(st.binary(max_size=3), max_size=4).map(
        lambda found: Tensor("x", DataType.BYTES, np.array([*found, b""], object)[:-1])
    ),
)
requests = st.builds(
    lambda tensor, parameters, outputs: InferRequest((tensor,), outputs, parameters=parameters),
    tensors,
    st.dictionaries(st.text(max_size=3), scalars, max_size=3),
    st.lists(st.builds(RequestedOutput, st.sampled_from("ab")), max_size=2).map(tuple),
)


def describe(request: InferRequest) -> object:
    """What two requests must have in common to be answered the same; types kept apart."""
    parameters = {name: (type(v), repr(v)) for name, v in request.parameters.items()}
    outputs = [(one.name, one.classification) for one in request.outputs]
    return [
        [
            (one.name, one.datatype, one.shape, one.array.tolist(), repr(one.array.tolist()))
            for one in request.inputs
        ],
        parameters,
        outputs,
    ]


@given(requests, requests)
def test_equal_requests_and_only_these_have_equal_fingerprints(
    one: InferRequest, other: InferRequest
) -> None:
    is_same = take_fingerprint(SCOPE, one) == take_fingerprint(SCOPE, other)
    assert is_same == (describe(one) == describe(other))


@given(st.dictionaries(st.text(max_size=3), scalars, max_size=5), st.randoms())
def test_the_order_of_parameters_does_not_matter(
    parameters: dict[str, Parameter], random: object
) -> None:
    names = list(parameters)
    random.shuffle(names)  # type: ignore[attr-defined]
    shuffled = replace(REQUEST, parameters={name: parameters[name] for name in names})
    first = take_fingerprint(SCOPE, replace(REQUEST, parameters=parameters))
    assert take_fingerprint(SCOPE, shuffled) == first


@pytest.mark.parametrize(
    "other",
    [
        replace(REQUEST, inputs=(Y, X)),
        replace(REQUEST, id="mine"),
        replace(REQUEST, binary_output=True),
        replace(REQUEST, parameters={"binary_data_output": True, "t": "u", "k": 1}),
        replace(REQUEST, inputs=(Tensor("x", X.datatype, X.array.copy()), Y)),
    ],
)
def test_the_form_of_a_request_does_not_matter(other: InferRequest) -> None:
    assert take_fingerprint(SCOPE, other) == take_fingerprint(SCOPE, REQUEST)


@pytest.mark.parametrize(
    "other",
    [
        replace(REQUEST, parameters={"k": 1.0, "t": "u"}),
        replace(REQUEST, parameters={"k": True, "t": "u"}),
        replace(REQUEST, parameters={"k": "1", "t": "u"}),
        replace(REQUEST, outputs=(RequestedOutput("scores"),)),
        replace(REQUEST, outputs=(RequestedOutput("scores", classification=2),)),
        replace(REQUEST, inputs=(Tensor("x", X.datatype, X.array.reshape(2, 3)), Y)),
        replace(REQUEST, inputs=(X, Tensor.of("y", ["ab", "c"]))),
        replace(REQUEST, inputs=(Tensor("x", DataType.INT32, X.array.view("i4")), Y)),
        replace(REQUEST, inputs=(X,)),
    ],
)
def test_what_decides_the_answer_does_matter(other: InferRequest) -> None:
    assert take_fingerprint(SCOPE, other) != take_fingerprint(SCOPE, REQUEST)


def test_infinities_and_no_number_are_apart() -> None:
    found = {
        take_fingerprint(SCOPE, replace(REQUEST, parameters={"k": value}))
        for value in (float("inf"), float("-inf"), float("nan"))
    }
    assert len(found) == 3


@given(st.tuples(st.text(), st.text()), st.tuples(st.text(), st.text()))
def test_scopes_are_apart(one: tuple[str, str], other: tuple[str, str]) -> None:
    is_same = take_fingerprint(one, REQUEST) == take_fingerprint(other, REQUEST)
    assert is_same == (one == other)


def test_text_that_is_no_unicode_is_digested_too() -> None:
    assert take_fingerprint(SCOPE, replace(REQUEST, parameters={"k": "\ud800"}))


@pytest.mark.anyio
async def test_a_big_request_has_the_same_one_beside_the_loop() -> None:
    big = InferRequest((Tensor.of("x", np.zeros(INLINE_BYTES, "f4")),))
    assert await find_fingerprint(SCOPE, big) == take_fingerprint(SCOPE, big)
