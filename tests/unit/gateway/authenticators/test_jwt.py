import pytest

from core.errors import Unauthenticated
from core.issuer import IssuerSpec
from gateway.authenticator import Authenticator, Known, Trust
from gateway.authenticators.jwt import JwtAuthenticator
from gateway.caller import PlainCaller
from gateway.issuer import IssuerKeys
from tests.contracts.authenticator import NOW, AuthenticatorContract
from tests.fakes.clock import FakeClock
from tests.fakes.gateway import fetch_nothing, make_directory
from tests.fakes.signing import ISSUER, SIGNER, issue_token

CLAIMS = {"iss": ISSUER, "aud": "tidegate", "sub": "ann", "exp": NOW + 60, "scope": "read write"}
CORP = IssuerSpec(
    name="corp",
    issuer=ISSUER,
    audiences=("tidegate",),
    jwks={"keys": [SIGNER.as_dict(private=False)]},
    plan_claim="tier",
    plans={"1": "gold"},
)


def make_caller(**claims: object) -> PlainCaller:
    token = issue_token({**CLAIMS, **claims})
    return PlainCaller([(b"authorization", f"Bearer {token}".encode())])


def make_authenticator() -> JwtAuthenticator:
    keys = IssuerKeys(fetch_nothing, FakeClock())
    keys.adopt((CORP,))
    return JwtAuthenticator(Trust(issuer_keys=keys))


class TestJwtAuthenticator(AuthenticatorContract):
    @pytest.fixture
    def authenticator(self) -> Authenticator:
        return make_authenticator()

    @pytest.fixture
    def known(self) -> Known:
        return Known(make_directory(), NOW, (CORP,), "1/flowers")

    @pytest.fixture
    def good(self) -> PlainCaller:
        return make_caller()

    @pytest.fixture
    def bad(self) -> list[PlainCaller]:
        return [
            make_caller(exp=NOW - 60),
            make_caller(aud="others"),
            make_caller(iss="https://evil.example.com"),
            PlainCaller([(b"authorization", b"Bearer a.b.c")]),
        ]


def test_claims_become_scopes_and_a_plan() -> None:
    known = Known(make_directory(), NOW, (CORP,), "1/flowers")
    principal = make_authenticator().authenticate(make_caller(tier="1"), known)
    assert (principal.name, principal.plan) == ("corp/ann", "gold")
    assert principal.scopes == frozenset({"read", "write"})


def test_what_was_good_for_one_route_says_nothing_of_another() -> None:
    authenticator, caller = make_authenticator(), make_caller()
    authenticator.authenticate(caller, Known(make_directory(), NOW, (CORP,), "1/flowers"))
    strict = CORP.model_copy(update={"audiences": ("others",)})
    with pytest.raises(Unauthenticated):
        authenticator.authenticate(caller, Known(make_directory(), NOW, (strict,), "1/other"))


def test_a_route_without_issuers_takes_no_token() -> None:
    with pytest.raises(Unauthenticated):
        make_authenticator().authenticate(make_caller(), Known(make_directory(), NOW))
