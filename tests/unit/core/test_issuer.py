from typing import Any

import pytest

from core.errors import InvalidSpec
from core.issuer import IssuerSpec

WHOLE: dict[str, Any] = {"name": "corp", "issuer": "https://id.corp", "audiences": ["tidegate"]}
PUBLIC = {"keys": [{"kty": "EC", "crv": "P-256", "x": "x", "y": "y"}]}


def test_an_issuer_is_asked_for_its_keys_unless_it_says_otherwise() -> None:
    spec = IssuerSpec.read(WHOLE)
    assert (spec.jwks_url, spec.jwks) == ("", None)
    assert spec.algorithms == ("RS256", "ES256")
    assert (spec.leeway_s, spec.principal_claim, spec.scopes_claim) == (30.0, "sub", "scope")


def test_a_required_claim_is_a_text_or_one_of_some() -> None:
    wanted = {"tenant": "a", "role": ["x", "y"]}
    spec = IssuerSpec.read({**WHOLE, "required_claims": wanted})
    assert spec.required_claims == {"tenant": "a", "role": ("x", "y")}


def test_it_survives_being_written_and_read() -> None:
    given = {"jwks": PUBLIC, "plan_claim": "tier", "plans": {"gold": "large"}}
    spec = IssuerSpec.read({**WHOLE, **given})
    assert IssuerSpec.read(spec.model_dump(mode="json")) == spec


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS512", "ES256K", "rs256", ""])
def test_only_public_key_algorithms_are_allowed(algorithm: str) -> None:
    with pytest.raises(InvalidSpec, match="algorithms"):
        IssuerSpec.read({**WHOLE, "algorithms": [algorithm]})


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"name": "not a name"}, "name"),
        ({"issuer": ""}, "issuer"),
        ({"audiences": []}, "audiences"),
        ({"audiences": [""]}, "audiences"),
        ({"algorithms": []}, "algorithms"),
        ({"leeway_s": 301}, "leeway_s"),
        ({"leeway_s": -1}, "leeway_s"),
        ({"principal_claim": ""}, "principal_claim"),
        ({"required_claims": {"role": []}}, "required_claims"),
        ({"jwks_url": "file:///etc/keys"}, "jwks_url"),
        ({"jwks": {}}, "must hold a list of keys"),
        ({"jwks": {"keys": []}}, "must hold a list of keys"),
        ({"jwks": {"keys": ["a"]}}, "public keys only"),
        ({"jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}}, "public keys only"),
        ({"jwks": {"keys": [{"kty": "RSA", "d": "AQAB"}]}}, "public keys only"),
        ({"jwks": PUBLIC, "jwks_url": "https://id.corp/keys"}, "not both"),
        ({"issuer": "corp"}, "not a URL"),
        ({"plan_claim": "tier"}, "go together"),
        ({"plans": {"gold": "large"}}, "go together"),
        ({"secret": "x"}, "there is no such field"),
    ],
)
def test_what_cannot_be_is_a_fault(given: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidSpec, match=fault):
        IssuerSpec.read({**WHOLE, **given})


def test_an_issuer_that_is_no_url_says_where_its_keys_are() -> None:
    assert IssuerSpec.read({**WHOLE, "issuer": "corp", "jwks": PUBLIC}).issuer == "corp"
