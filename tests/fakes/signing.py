"""Requests signed by AWS's own library, and tokens signed by an issuer of our own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from joserfc import jwt
from joserfc.jwk import RSAKey

from core.http import Headers

ISSUER = "https://login.example.com"
SIGNER = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})


def sign_request(
    access_key: str, secret: str, method: str, url: str, body: bytes, at: datetime
) -> Headers:
    """The headers that botocore sends with this request."""
    request = AWSRequest(method, url, data=body, headers={"content-type": "application/json"})
    signer = SigV4Auth(Credentials(access_key, secret), "sagemaker", "us-east-1")
    # As its `add_auth` does, at a time of ours.
    request.context["timestamp"] = at.strftime(SIGV4_TIMESTAMP)
    signer._modify_request_before_signing(request)
    canonical = signer.canonical_request(request)
    signature = signer.signature(signer.string_to_sign(request, canonical), request)
    signer._inject_signature_to_request(request, signature)
    prepared = request.prepare()
    named = {"host": url.split("/")[2], **{k.lower(): v for k, v in prepared.headers.items()}}
    return [(name.encode(), _encode(value)) for name, value in named.items()]


def _encode(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def issue_token(claims: Mapping[str, Any], key: Any = SIGNER, **head: Any) -> str:
    """A token with these claims; the header says RS256 and the key's id unless told otherwise."""
    header = {"alg": "RS256", "kid": key.kid, **head}
    return jwt.encode(header, dict(claims), key, algorithms=[header["alg"]])
