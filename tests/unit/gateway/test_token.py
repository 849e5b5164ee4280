import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

import orjson
import pytest
from joserfc.jwk import ECKey, Key, KeySet, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from core.errors import Unauthenticated
from core.issuer import IssuerSpec
from gateway.token import MAX_TOKEN_BYTES, TokenMemory, Verified, verify_token

NOW = 1_700_000_000.0
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
P256 = ECKey.generate_key("P-256", {"kid": "p256"})
P384 = ECKey.generate_key("P-384", {"kid": "p384"})
P521 = ECKey.generate_key("P-521", {"kid": "p521"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})
X = OKPKey.generate_key("X25519", {"kid": "x"})
KEYS = KeySet([RSA, P256, P384, P521, ED, X])
CORP = IssuerSpec(name="corp", issuer="https://id.corp", audiences=("tidegate", "other"))
EVERY: tuple[tuple[str, Key], ...] = (
    ("RS256", RSA), ("RS384", RSA), ("RS512", RSA), ("PS256", RSA), ("PS384", RSA), ("PS512", RSA),
    ("ES256", P256), ("ES384", P384), ("ES512", P521), ("EdDSA", ED),
)  # fmt: skip
CLAIMS: dict[str, Any] = {
    "iss": "https://id.corp",
    "aud": "tidegate",
    "sub": "ann",
    "iat": NOW - 10,
    "nbf": NOW - 10,
    "exp": NOW + 600,
    "scope": "read write",
}


def encode(value: Any) -> str:
    data = value if isinstance(value, bytes) else orjson.dumps(value)
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(claims: Any, algorithm: str = "RS256", key: Key = RSA, **header: Any) -> str:
    heading = {"alg": algorithm, "kid": key.kid, "typ": "JWT", **header}
    kept = {name: value for name, value in heading.items() if value is not None}
    text = f"{encode(kept)}.{encode(claims)}"
    return f"{text}.{encode(JWSRegistry.algorithms[algorithm].sign(text.encode(), key))}"


def make_token(**changes: Any) -> str:
    """Claims with these changes; None leaves one out."""
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}
    return sign(claims)


def find_keys(issuer: IssuerSpec, kid: str | None) -> KeySet | None:
    return KEYS


def verify(token: str, issuer: IssuerSpec = CORP) -> Verified:
    return verify_token(token, (issuer,), find_keys, NOW)


def is_good(token: str, issuer: IssuerSpec = CORP) -> bool:
    return verify(token, issuer).principal == "corp/ann"


def is_refused(token: str, issuer: IssuerSpec = CORP) -> bool:
    with pytest.raises(Unauthenticated) as caught:
        verify(token, issuer)
    return caught.value.args == ("a valid bearer token is required",)


def test_a_good_token_says_who_it_is_of() -> None:
    expected = Verified("corp/ann", frozenset({"read", "write"}), None, NOW + 600)
    assert verify(make_token()) == expected


@pytest.mark.parametrize(("algorithm", "key"), EVERY)
def test_every_allowed_algorithm_verifies(algorithm: str, key: Key) -> None:
    issuer = IssuerSpec.read({**CORP.model_dump(), "algorithms": [algorithm]})
    token = sign(CLAIMS, algorithm, key)
    assert is_good(token, issuer)
    assert is_refused(sign({**CLAIMS, "sub": "bob"}, algorithm, key)[:-8] + token[-8:], issuer)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://id.corp/"},
        {"iss": None},
        {"iss": ["https://id.corp"]},
        {"aud": None},
        {"aud": "somebody"},
        {"aud": ["somebody"]},
        {"aud": {"tidegate": 1}},
        {"exp": None},
        {"exp": NOW - 30},
        {"exp": str(NOW + 600)},
        {"exp": True},
        {"nbf": NOW + 31},
        {"nbf": "soon"},
        {"iat": NOW + 31},
        {"iat": [NOW]},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "a\nb"},
        {"sub": "a" * 256},
    ],
)
def test_claims_that_are_not_right_are_refused(changes: dict[str, Any]) -> None:
    assert is_refused(make_token(**changes))


def test_the_leeway_is_for_both_ends() -> None:
    assert verify(make_token(exp=NOW - 29)).expires_at == NOW - 29
    assert is_good(make_token(nbf=NOW + 30, iat=NOW + 30))
    strict = CORP.model_copy(update={"leeway_s": 0.0})
    assert is_refused(make_token(exp=NOW), strict)
    assert is_refused(make_token(nbf=NOW + 1), strict)


def test_a_token_may_leave_out_when_it_begins() -> None:
    assert is_good(make_token(nbf=None, iat=None))


def test_one_of_many_audiences_is_enough() -> None:
    assert is_good(make_token(aud=["somebody", "other"]))


@pytest.mark.parametrize(
    ("scope", "expected"),
    [(None, set()), ("", set()), (["a", "b c"], {"a", "b c"}), (["a", 1], {"a"}), (5, set())],
)
def test_scopes_are_a_text_or_a_list(scope: Any, expected: set[str]) -> None:
    assert verify(make_token(scope=scope)).scopes == expected


def test_the_claims_have_the_names_that_the_issuer_gives_them() -> None:
    issuer = CORP.model_copy(update={"principal_claim": "azp", "scopes_claim": "roles"})
    verified = verify(make_token(azp="app", roles=["admin"]), issuer)
    assert (verified.principal, verified.scopes) == ("corp/app", frozenset({"admin"}))


@pytest.mark.parametrize(
    ("tenant", "is_enough"),
    [("a", True), ("b", True), (["x", "b"], True), ("c", False), (["c"], False), (None, False)],
)
def test_required_claims_must_be_there(tenant: Any, is_enough: bool) -> None:  # noqa: FBT001 - a row of the table
    wanted = {"required_claims": {"tenant": ("a", "b"), "sub": "ann"}}
    token, issuer = make_token(tenant=tenant), CORP.model_copy(update=wanted)
    assert (is_good if is_enough else is_refused)(token, issuer)


def test_what_is_required_of_the_audience_is_asked_beside_the_audiences() -> None:
    issuer = CORP.model_copy(update={"required_claims": {"aud": "extra"}})
    assert is_good(make_token(aud=["tidegate", "extra"]), issuer)
    assert is_refused(make_token(aud="tidegate"), issuer)
    assert is_refused(make_token(aud="extra"), issuer)


@pytest.mark.parametrize(
    ("tier", "plan"),
    [("gold", "large"), (["free", "gold"], "large"), ("free", "small"), ("x", None), (None, None)],
)
def test_a_claim_says_the_plan(tier: Any, plan: str | None) -> None:
    plans = {"gold": "large", "free": "small"}
    issuer = CORP.model_copy(update={"plan_claim": "tier", "plans": plans})
    assert verify(make_token(tier=tier), issuer).plan == plan


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused() -> None:
    for secret in (RSA.as_pem(private=False), orjson.dumps(RSA.as_dict(private=False))):
        text = f"{encode({'alg': 'HS256', 'kid': 'rsa'})}.{encode(CLAIMS)}"
        digest = hmac.new(secret, text.encode(), sha256).digest()
        assert is_refused(f"{text}.{encode(digest)}")


def test_a_secret_among_the_keys_verifies_nothing() -> None:
    secret = OctKey.generate_key(256, {"kid": "oct"})
    with pytest.raises(Unauthenticated):
        verify_token(sign(CLAIMS, "HS256", secret), (CORP,), lambda *_: KeySet([secret]), NOW)


@pytest.mark.parametrize("name", ["none", "None", "NONE", ""])
@pytest.mark.parametrize("signature", ["", "AAAA"])
def test_a_token_that_nobody_signed_is_refused(name: str, signature: str) -> None:
    assert is_refused(f"{encode({'alg': name, 'kid': 'rsa'})}.{encode(CLAIMS)}.{signature}")


@pytest.mark.parametrize(
    ("algorithm", "key"), [("RS512", RSA), ("PS256", RSA), ("ES384", P384), ("EdDSA", ED)]
)
def test_an_algorithm_that_is_not_listed_is_refused(algorithm: str, key: Key) -> None:
    assert is_refused(sign(CLAIMS, algorithm, key))


@pytest.mark.parametrize(
    ("algorithm", "kid"), [("RS256", "p256"), ("ES256", "rsa"), ("ES256", "p384"), ("EdDSA", "x")]
)
def test_an_algorithm_that_is_not_the_keys_is_refused(algorithm: str, kid: str) -> None:
    issuer = CORP.model_copy(update={"algorithms": ("RS256", "ES256", "EdDSA")})
    signer = dict(EVERY)[algorithm]
    assert is_refused(sign(CLAIMS, algorithm, signer, kid=kid), issuer)


@pytest.mark.parametrize("parameters", [{"use": "enc"}, {"alg": "RS512"}, {"key_ops": ["sign"]}])
def test_a_key_that_is_for_something_else_is_not_used(parameters: dict[str, Any]) -> None:
    document = {**RSA.as_dict(private=False), **parameters}
    keys = KeySet([RSAKey.import_key(document)])
    with pytest.raises(Unauthenticated):
        verify_token(make_token(), (CORP,), lambda *_: keys, NOW)


def test_another_key_with_the_same_id_is_refused() -> None:
    assert is_refused(sign(CLAIMS, "ES256", ECKey.generate_key("P-256"), kid="p256"))


def test_a_token_without_a_key_id_is_good_where_one_key_can_be_meant() -> None:
    token = sign(CLAIMS, kid=None)
    assert is_good(token)
    two = KeySet([RSA, RSAKey.generate_key(2048)])
    with pytest.raises(Unauthenticated):
        verify_token(token, (CORP,), lambda *_: two, NOW)


def test_an_issuer_without_keys_verifies_nothing() -> None:
    with pytest.raises(Unauthenticated):
        verify_token(make_token(), (CORP,), lambda *_: None, NOW)
    with pytest.raises(Unauthenticated):
        verify_token(make_token(), (), find_keys, NOW)


def test_keys_are_asked_for_by_issuer_and_id() -> None:
    asked: list[tuple[str, str | None]] = []

    def find(issuer: IssuerSpec, kid: str | None) -> KeySet | None:
        asked.append((issuer.name, kid))
        return KEYS

    other = CORP.model_copy(update={"name": "other", "issuer": "https://other"})
    strict = CORP.model_copy(update={"name": "strict", "audiences": ("nobody",)})
    assert verify_token(make_token(), (other, strict, CORP), find, NOW).principal == "corp/ann"
    assert asked == [("strict", "rsa"), ("corp", "rsa")]


@pytest.mark.parametrize("header", [{"crit": ["b64"], "b64": False}, {"crit": []}, {"kid": 5}])
def test_a_header_that_asks_for_more_than_we_know_is_refused(header: dict[str, Any]) -> None:
    assert is_refused(sign(CLAIMS, **header))


def test_a_header_may_say_what_does_not_matter() -> None:
    embedded = ECKey.generate_key("P-256")
    assert is_good(sign(CLAIMS, x5t="abc", nonce=1, x5c=["A" * 2000]))
    assert is_refused(sign(CLAIMS, "ES256", embedded, jwk=embedded.as_dict(private=False)))


@pytest.mark.parametrize(
    "change",
    [
        lambda _: "",
        lambda _: "a.b",
        lambda token: f"{token}.x",
        lambda token: f"{token}=",
        lambda token: f" {token}",
        lambda token: f"{token}\n",
        lambda token: f"{token[:-1]}\u00e9",
        lambda token: token.replace(".", "..", 1),
        lambda token: token.rpartition(".")[0] + ".",
        lambda token: token.rpartition(".")[0] + ".A",
        lambda token: "AAAA." + token.partition(".")[2],
        lambda token: encode("alg") + "." + token.partition(".")[2],
        lambda token: encode(["alg"]) + "." + token.partition(".")[2],
        lambda token: encode({"kid": "rsa"}) + "." + token.partition(".")[2],
        lambda token: encode(b"[" * 5000) + "." + token.partition(".")[2],
    ],
)  # fmt: skip
def test_what_is_not_of_the_form_is_refused(change: Any) -> None:
    assert is_refused(change(make_token()))


@pytest.mark.parametrize(
    "payload", [b"", b"x", b"[]", b"null", b"[" * 4000, b'{"exp": NaN}', b'{"exp": 1e999}']
)
def test_claims_that_are_no_object_are_refused(payload: bytes) -> None:
    assert is_refused(sign(payload))


def test_a_token_that_is_too_long_is_refused() -> None:
    assert is_good(make_token(filler="x" * 4000))
    long = make_token(filler="x" * 6000)
    assert len(long) > MAX_TOKEN_BYTES
    assert is_refused(long)


def test_a_token_is_remembered_until_it_expires() -> None:
    memory = TokenMemory()
    verified = Verified("corp/ann", frozenset(), None, NOW + 10)
    assert memory.recall("token", 1, NOW) is None
    memory.remember("token", 1, verified)
    assert memory.recall("token", 1, NOW + 9) is verified
    assert memory.recall("tokem", 1, NOW) is None
    assert memory.recall("token", 1, NOW + 10) is None
    assert memory.recall("token", 1, NOW) is None


def test_a_change_of_issuers_or_keys_forgets_every_token() -> None:
    memory = TokenMemory()
    memory.remember("token", 1, Verified("corp/ann", frozenset(), None, NOW + 10))
    assert memory.recall("token", 2, NOW) is None
    assert memory.recall("token", 1, NOW) is None


def test_the_token_used_the_longest_ago_is_forgotten_first() -> None:
    memory = TokenMemory(size=2)
    verified = Verified("corp/ann", frozenset(), None, NOW + 10)
    for token in ("a", "b"):
        memory.remember(token, 0, verified)
    memory.recall("a", 0, NOW)
    memory.remember("c", 0, verified)
    assert [bool(memory.recall(token, 0, NOW)) for token in "abc"] == [True, False, True]
