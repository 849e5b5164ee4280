from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tritonclient.grpc import service_pb2 as pb

from core.errors import MalformedRequest, PayloadTooLarge
from gateway.rpc.codec import (
    MAX_FIELDS,
    MAX_REST,
    WORTH_CUTTING,
    open_request,
    parse_request,
    seal_response,
    seal_streamed,
)

BIG = bytes(WORTH_CUTTING)


def make(*raws: bytes, **fields: object) -> bytes:
    inputs = [{"name": f"x{n}", "datatype": "UINT8", "shape": [1]} for n in range(len(raws))]
    message = pb.ModelInferRequest(
        model_name="m", inputs=inputs, raw_input_contents=raws, **{"id": "7", **fields}
    )
    return bytes(message.SerializeToString())


@pytest.mark.parametrize("raws", [(), (b"",), (b"a", b"bc"), (BIG, b"a"), (b"", BIG, BIG)])
def test_what_is_around_the_tensors_and_these_are_told_apart(raws: tuple[bytes, ...]) -> None:
    parcel = open_request(make(*raws))
    assert tuple(bytes(raw) for raw in parcel.raws) == raws
    assert parcel.message == parse_request(around(raws))


def around(raws: tuple[bytes, ...]) -> bytes:
    message = pb.ModelInferRequest.FromString(make(*raws))
    message.ClearField("raw_input_contents")
    return bytes(message.SerializeToString())


def test_big_tensors_stay_where_they_arrived() -> None:
    body = make(BIG)
    (raw,) = open_request(body).raws
    assert isinstance(raw, memoryview)
    assert raw.obj is body


def test_big_typed_contents_stand_apart() -> None:
    tensor = {"name": "x", "contents": {"bytes_contents": [BIG]}}
    parcel = open_request(bytes(pb.ModelInferRequest(id="7", inputs=[tensor]).SerializeToString()))
    assert (parcel.message.id, len(parcel.message.inputs)) == ("7", 0)
    assert parse_request(parcel.typed).inputs[0].contents.bytes_contents == [BIG]


@given(st.binary(max_size=200), st.sampled_from((b"", BIG)))
def test_any_bytes_are_a_request_or_malformed(noise: bytes, more: bytes) -> None:
    with suppress(MalformedRequest):
        open_request(noise + more)


@pytest.mark.parametrize(
    "body",
    [make(BIG)[:-1], make(BIG) + b"\x0a", make(BIG) + b"\x08\x01", make(BIG) + b"\xff" * 12],
)
def test_a_big_message_that_is_cut_off_or_foreign_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedRequest):
        open_request(body)


def test_a_message_that_is_made_of_crumbs_is_refused() -> None:
    with pytest.raises(MalformedRequest, match="fields"):
        open_request(b"\x2a\x00" * (MAX_FIELDS + WORTH_CUTTING))


def test_much_around_the_tensors_is_refused() -> None:
    with pytest.raises(PayloadTooLarge):
        open_request(make(b"a", id="i" * (MAX_REST + 1)))


@pytest.mark.parametrize("size", [0, 1, 127, 128, 70_000])
def test_sealed_responses_are_what_protobuf_writes(size: int) -> None:
    raws = (bytes(size), b"a")
    head = pb.ModelInferResponse(model_name="m", id="7")
    whole = pb.ModelInferResponse(model_name="m", id="7", raw_output_contents=raws)
    sealed = seal_response(head, [memoryview(raw) for raw in raws])
    assert pb.ModelInferResponse.FromString(sealed) == whole
    streamed = pb.ModelStreamInferResponse.FromString(seal_streamed(sealed))
    assert streamed == pb.ModelStreamInferResponse(infer_response=whole)
