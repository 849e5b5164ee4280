"""Callbacks: telling a caller's own server that its asynchronous request has ended.

A caller chooses the address, so only hosts that the operator named are called: else anybody with a key
could make the gateway speak to the private network.
"""

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson

from core.errors import MalformedRequest

log = logging.getLogger(__name__)
MAX_URL = 2000
MAX_ATTEMPTS = 5
_TIMEOUT = aiohttp.ClientTimeout(total=10)
_SCHEMES = ("http", "https")


def check_callback(url: str, hosts: frozenset[str]) -> str:
    """Return `url` when it may be called; raises MalformedRequest.

    `hosts` holds `name` (any port) or `name:port`.
    """
    try:
        parts = urlsplit(url)
        name, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise MalformedRequest("the callback is not a URL") from error
    plain = url.isascii() and url.isprintable() and len(url) <= MAX_URL
    if parts.scheme not in _SCHEMES or not name or parts.username or not plain:
        raise MalformedRequest("the callback must be a plain http or https URL")
    if name not in hosts and f"{name}:{port}" not in hosts:
        raise MalformedRequest(
            f"callbacks to '{name[:100]}' are not allowed; the operator lists hosts in "
            "TIDEGATE_CALLBACK_HOSTS"
        )
    return url


def next_call(attempts: int, now: float) -> float | None:
    """When to try again after `attempts` calls that failed (Unix seconds), None for never."""
    return None if attempts >= MAX_ATTEMPTS else now + min(600.0, 5.0 * 4 ** (attempts - 1))


class Caller:
    """Posts documents. Belongs to one event loop."""

    def __init__(self, session: aiohttp.ClientSession, hosts: frozenset[str]) -> None:
        self._session = session
        self._hosts = hosts

    def check(self, url: str) -> str:
        """Return `url` when it may be called; raises MalformedRequest."""
        return check_callback(url, self._hosts)

    async def call(
        self, url: str, document: dict[str, Any], headers: Mapping[str, str] | None = None
    ) -> bool:
        """Post the document; whether the other side took it (any 2xx). Redirects are not followed."""
        try:
            async with self._session.post(
                url,
                data=orjson.dumps(document),
                headers={"content-type": "application/json", **(headers or {})},
                allow_redirects=False,
                timeout=_TIMEOUT,
            ) as answer:
                return 200 <= answer.status < 300
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.info("callback not delivered: %s", type(error).__name__)
            return False
