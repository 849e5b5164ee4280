import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.http import Headers
from core.trace_context import (
    MAX_STATE_CHARS,
    TraceParent,
    read_traceparent,
    read_tracestate,
    write_traceparent,
)

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def parent(*values: str) -> TraceParent | None:
    return read_traceparent([(b"traceparent", value.encode("latin-1")) for value in values])


def state(*values: str) -> str:
    return read_tracestate([(b"tracestate", value.encode("latin-1")) for value in values])


@pytest.mark.parametrize(("flags", "sampled"), [("00", False), ("01", True), ("03", True)])
def test_the_recommendations_own_example(flags: str, *, sampled: bool) -> None:
    assert parent(f"00-{TRACE}-{SPAN}-{flags}") == TraceParent(TRACE, SPAN, is_sampled=sampled)


def test_a_later_version_counts_as_far_as_it_begins_like_this_one() -> None:
    assert parent(f"cc-{TRACE}-{SPAN}-01") == TraceParent(TRACE, SPAN, is_sampled=True)
    assert parent(f"01-{TRACE}-{SPAN}-01-what-comes") == TraceParent(TRACE, SPAN, is_sampled=True)
    assert parent(f"01-{TRACE}-{SPAN}-01.what") is None


@pytest.mark.parametrize(
    "value",
    [
        "",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-01-",
        f"00-{TRACE}-{SPAN}-01-more",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE}-{SPAN}-0x",
        f" 00-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\n",
        f"00_{TRACE}_{SPAN}_01",
    ],
)
def test_what_breaks_a_rule_is_as_if_it_were_not_there(value: str) -> None:
    assert parent(value) is None


def test_several_parents_are_none() -> None:
    assert parent() is None
    assert parent(f"00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-01") is None


def test_members_of_several_headers_stand_in_their_order() -> None:
    assert state("congo=t61rcWkgMzE , ,rojo=00f067aa0ba902b7", "a@b=1 2") == (
        "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7,a@b=1 2"
    )
    assert state() == state("", " , ") == ""


@pytest.mark.parametrize(
    "value",
    [
        "a=1,a=2",
        "A=1",
        "a",
        "a=",
        "a=b=c",
        "a=\x01",
        "a=1\r\nx-tidegate-proof: x",
        "@b=1",
        "a@B=1",
        f"{'a' * 257}=1",
        f"a={'b' * 257}",
        ",".join(f"k{n}=1" for n in range(33)),
    ],
)
def test_a_state_with_one_bad_member_is_dropped_whole(value: str) -> None:
    assert state(value) == ""


def test_a_long_state_loses_its_long_members_first() -> None:
    short = [f"k{n}={'v' * 90}" for n in range(7)]
    kept = state(",".join([f"long={'v' * 200}", *short]))
    assert kept == ",".join(short[:5])
    assert len(kept) <= MAX_STATE_CHARS


@given(st.lists(st.tuples(st.sampled_from([b"traceparent", b"tracestate"]), st.binary())))
def test_any_bytes_give_what_is_safe_in_a_header(headers: Headers) -> None:
    text = read_tracestate(headers)
    assert text.isascii()
    assert not set("\r\n\0") & set(text)
    found = read_traceparent(headers)
    assert found is None or len(found.trace_id) == 32


@pytest.mark.parametrize("is_sampled", [True, False])
def test_reading_undoes_writing(*, is_sampled: bool) -> None:
    written = write_traceparent(TRACE, SPAN, is_sampled=is_sampled)
    assert parent(written) == TraceParent(TRACE, SPAN, is_sampled)
