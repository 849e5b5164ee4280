from core.plugins import load
from gateway.authenticator import Trust
from gateway.doorway import open_facades
from gateway.entrance import PublicEntrance
from gateway.facade import FACADES
from tests.fakes.gateway import FakeGateway


def test_every_facade_stands_over_one_plane() -> None:
    found = open_facades(*FakeGateway().parts(PublicEntrance(Trust())))
    assert set(found) == set(FACADES)
    assert all(isinstance(found[name], load("facade", FACADES, name)) for name in FACADES)
