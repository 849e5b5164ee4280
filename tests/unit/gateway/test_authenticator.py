from core.issuer import IssuerSpec
from core.plugins import load
from core.route import RouteSpec
from gateway.authenticator import AUTHENTICATORS, Trust


def test_every_authenticator_can_be_loaded() -> None:
    for name in AUTHENTICATORS:
        assert load("authenticator", AUTHENTICATORS, name)(Trust())


def test_a_route_can_ask_for_each_of_them() -> None:
    for name in AUTHENTICATORS:
        assert RouteSpec.read({"name": "r", "endpoint": "e", "auth": name}).auth == (name,)
    assert IssuerSpec(name="i", issuer="https://i", audiences=("a",)).algorithms
