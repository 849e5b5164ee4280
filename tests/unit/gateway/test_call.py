from gateway.call import Call
from gateway.caller import PlainCaller


def test_a_calls_headers_are_its_callers() -> None:
    caller = PlainCaller([(b"a", b"1")])
    assert Call("iris", "", caller, "i", 0.0).headers is caller.headers
