"""AWS Signature Version 4, verified. Source: AWS, "Create a signed AWS API request" (header form).

The secret access key is derived from a master secret and the key's id: nothing that could sign is stored.
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote

from core.http import Headers, header

ALGORITHM = "AWS4-HMAC-SHA256"
SKEW_S = 300.0
_ACCESS = re.compile(r"TGSV4([0-9A-F]{8})", re.ASCII)
_FORM = re.compile(
    r"AWS4-HMAC-SHA256 +Credential=([A-Z0-9]{1,128})/(\d{8})/([a-z0-9-]{1,64})/([a-z0-9-]{1,64})"
    r"/aws4_request,"
    r" *SignedHeaders=([a-z0-9;_-]{1,2048}), *Signature=([0-9a-f]{64})",
    re.ASCII,
)
# What may not be left out: else the request could be sent elsewhere, or later.
_NEEDED = frozenset({"host", "x-amz-date"})


@dataclass(frozen=True, slots=True)
class Authorization:
    """What an `Authorization` header of this algorithm says."""

    access_key: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """The request as it came: the path undecoded, header names in lower case."""

    method: str
    raw_path: bytes
    query: bytes
    headers: Headers


def write_access_key(key: str) -> str:
    """The access key id of an API key's id."""
    return f"TGSV4{key.upper()}"


def read_access_key(access_key: str) -> str:
    """The API key's id of an access key id; empty when it is none of ours."""
    found = _ACCESS.fullmatch(access_key)
    return "" if found is None else found[1].lower()


def derive_secret(master: bytes, access_key: str) -> str:
    """The secret access key of an access key id: HMAC-SHA256 under the master secret."""
    digest = hmac.digest(master, b"sigv4:" + access_key.encode(), "sha256")
    return urlsafe_b64encode(digest).decode().rstrip("=")


def parse_authorization(value: str) -> Authorization | None:
    """Read the header's value; None when it has not this form."""
    found = _FORM.fullmatch(value.strip()) if len(value) < 4096 else None
    if found is None:
        return None
    access_key, date, region, service, names, signature = found.groups()
    return Authorization(access_key, date, region, service, tuple(names.split(";")), signature)


def is_timely(
    said: Authorization, headers: Headers, services: AbstractSet[str], now: float
) -> bool:
    """Whether a request is signed for one of these services and within SKEW_S of `now` (Unix seconds)."""
    stamp = (header(headers, b"x-amz-date") or b"").decode("latin-1")
    try:
        at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return False
    names = [name for name, _ in headers]
    return (
        said.service in services
        # Of two of them one would be signed, and the other one believed.
        and all(names.count(name.encode()) == 1 for name in _NEEDED)
        and stamp.startswith(said.date)
        and abs(at - now) <= SKEW_S
        and _NEEDED.issubset(said.signed_headers)
        # Only long-lived keys are issued here.
        and header(headers, b"x-amz-security-token") is None
    )


def is_signed(secret: str, said: Authorization, request: SignedRequest, payload: bytes) -> bool:
    """Whether the signature is the one of this request with this body, in constant time."""
    digest = hashlib.sha256(payload).hexdigest()
    claimed = header(request.headers, b"x-amz-content-sha256")
    if claimed is not None and not hmac.compare_digest(claimed, digest.encode()):
        return False
    stamp = (header(request.headers, b"x-amz-date") or b"").decode("latin-1")
    expected = sign(secret, said, request, digest, stamp)
    return hmac.compare_digest(expected, said.signature)


def sign(secret: str, said: Authorization, request: SignedRequest, digest: str, stamp: str) -> str:
    """The signature in hex; `digest` is the body's SHA-256 in hex, `stamp` the value of `x-amz-date`."""
    canonical = "\n".join(
        (
            request.method,
            # Services other than S3 sign the path with its escapes escaped once more.
            quote(request.raw_path.decode("latin-1"), safe="/~", encoding="latin-1"),
            _write_query(request.query),
            *(f"{name}:{_join(request.headers, name)}" for name in said.signed_headers),
            "",
            ";".join(said.signed_headers),
            digest,
        )
    )
    scope = f"{said.date}/{said.region}/{said.service}/aws4_request"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{stamp}\n{scope}\n{hashed}"
    key = f"AWS4{secret}".encode()
    for part in (said.date, said.region, said.service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, to_sign.encode(), "sha256").hexdigest()


def _write_query(query: bytes) -> str:
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, encoding="latin-1")
    written = sorted((_escape(name), _escape(value)) for name, value in pairs)
    return "&".join(f"{name}={value}" for name, value in written)


def _escape(text: str) -> str:
    return quote(text.encode("latin-1"), safe="-_.~")


def _join(headers: Headers, name: str) -> str:
    wanted = name.encode()
    values = [value.decode("latin-1") for key, value in headers if key == wanted]
    return ",".join(" ".join(value.split()) for value in values)
