"""Issuers of tokens: whose JSON Web Tokens are believed, and what in them means what."""

from typing import Any, Literal

from pydantic import Field

from core.spec import Named, Spec

Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]


class IssuerSpec(Spec):
    """An OpenID provider, or whoever else signs tokens with keys that are published as a JWKS."""

    name: Named
    issuer: str = Field(min_length=1, max_length=1000)
    audiences: tuple[str, ...] = Field(min_length=1, max_length=100)
    jwks_url: str = ""
    jwks: dict[str, Any] | None = None
    algorithms: tuple[Algorithm, ...] = Field(default=("RS256", "ES256"), min_length=1)
    leeway_s: float = Field(default=30, ge=0, le=300)
    principal_claim: str = "sub"
    scopes_claim: str = "scope"
    required_claims: dict[str, str | tuple[str, ...]] = Field(default={}, max_length=20)
    plan_claim: str = ""
    plans: dict[str, str] = Field(default={}, max_length=100)
