from gateway.budget import Budget
from gateway.caller import Caller, PlainCaller
from gateway.rpc.exchange import Exchange as Rpc
from tests.contracts.facade import make_exchange


def test_every_exchange_is_a_caller() -> None:
    callers: list[Caller] = [
        PlainCaller(),
        make_exchange("/v2", b""),
        Rpc([], "i", 0.0, None, Budget(1)),
    ]
    for caller in callers:
        assert (caller.address, caller.host, caller.stage, caller.certificate) == ("", "", "", None)
        assert (caller.method, caller.query, caller.held_bytes) == ("POST", b"", 0)
