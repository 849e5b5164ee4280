"""What people ask of the public listener: an issuer whose bearer tokens let callers in."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from core.spec import Named, Spec

Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]
Text = Annotated[str, Field(min_length=1, max_length=2000)]
Texts = Annotated[tuple[Text, ...], Field(min_length=1, max_length=64)]
_SECRET = ("d", "k")


class IssuerSpec(Spec):
    """An identity provider, and what its tokens must say.

    Its keys come from `jwks`, else from `jwks_url`, else from where its OpenID configuration says.
    `required_claims`: a token's claim is this text, or one of these; a claim that is a list holds one.
    `plans` maps values of `plan_claim` to plans; the first that the claim holds is the token's plan.
    """

    name: Named
    issuer: Text
    audiences: Texts
    jwks_url: str = Field(default="", max_length=2000, pattern=r"^(https?://\S+)?$")
    jwks: dict[str, Any] | None = None
    algorithms: tuple[Algorithm, ...] = Field(default=("RS256", "ES256"), min_length=1)
    leeway_s: float = Field(default=30.0, ge=0, le=300)
    principal_claim: Text = "sub"
    scopes_claim: Text = "scope"
    required_claims: dict[str, Text | Texts] = Field(default_factory=dict)
    plan_claim: str = Field(default="", max_length=2000)
    plans: dict[str, Named] = Field(default_factory=dict)

    @field_validator("jwks")
    @classmethod
    def _holds_public_keys(cls, jwks: dict[str, Any] | None) -> dict[str, Any] | None:
        keys = None if jwks is None else jwks.get("keys")
        if jwks is None:
            return None
        if not isinstance(keys, list) or not keys:
            raise ValueError("must hold a list of keys")
        if any(_is_secret(key) for key in keys):
            raise ValueError("must hold public keys only")
        return jwks

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.jwks is not None and self.jwks_url:
            raise ValueError("give jwks or jwks_url, not both")
        is_url = self.issuer.startswith(("https://", "http://"))
        if self.jwks is None and not self.jwks_url and not is_url:
            raise ValueError("the issuer is not a URL: give jwks or jwks_url")
        if bool(self.plan_claim) != bool(self.plans):
            raise ValueError("plan_claim and plans go together")
        return self


def _is_secret(key: Any) -> bool:
    return not isinstance(key, Mapping) or any(member in key for member in _SECRET)
