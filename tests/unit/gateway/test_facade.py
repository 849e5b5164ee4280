from core.plugins import load
from gateway.authenticator import Trust
from gateway.entrance import PublicEntrance
from gateway.facade import FACADES
from tests.contracts.facade import make_exchange
from tests.fakes.gateway import FakeGateway


def test_every_facade_has_a_prefix_of_its_own() -> None:
    parts = FakeGateway().parts(PublicEntrance(Trust()))
    made = [load("facade", FACADES, name)(*parts) for name in FACADES]
    prefixes = [facade.prefix for facade in made]
    assert not any(a != b and a.startswith(b) for a in prefixes for b in prefixes)
    assert len(set(prefixes)) == len(FACADES)


def test_an_exchange_notes_the_name_it_calls() -> None:
    exchange = make_exchange("/v2/models/a/infer", b"")
    call = exchange.call("a", "3")
    assert (exchange.name, call.name, call.version, call.inference_id) == ("a", "a", "3", "inf-1")
