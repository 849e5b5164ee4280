from gateway.authenticator import Trust
from gateway.entrance import PrivateEntrance, PublicEntrance
from gateway.offers import NOTHING, Offers
from tests.fakes.gateway import FakeGateway


def test_nothing_is_offered_unless_it_is_given() -> None:
    assert Offers() == NOTHING == Offers(desk=None, operator=None)


def test_the_operator_is_there_privately_alone() -> None:
    gateway = FakeGateway()
    assert gateway.plane(PublicEntrance(Trust())).operator is None
    assert gateway.plane(PrivateEntrance("open")).operator is gateway.offers.operator
