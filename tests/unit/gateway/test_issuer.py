import asyncio
import logging
from typing import Any

import orjson
import pytest
from joserfc.jwk import ECKey, KeySet, OctKey

from core.issuer import IssuerSpec
from gateway import issuer as module
from gateway.issuer import MAX_BYTES, SHORTEST_S, IssuerKeys, read_keys
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.anyio

URL = "https://id.corp/keys"
CONFIGURATION = "https://id.corp/.well-known/openid-configuration"
CORP = IssuerSpec(name="corp", issuer="https://id.corp", audiences=("tidegate",), jwks_url=URL)
DISCOVERED = CORP.model_copy(update={"jwks_url": ""})


def make_key(kid: str, **parameters: Any) -> dict[str, Any]:
    key = ECKey.generate_key("P-256", {"kid": kid}, private=False)
    return {**key.as_dict(), **parameters}


class FakeSite:
    """Serves documents by their URL; what it does not have is an outage."""

    def __init__(self, **pages: Any) -> None:
        self.pages: dict[str, Any] = pages
        self.asked: list[str] = []
        self.was_asked = asyncio.Event()

    def publish(self, *kids: str, url: str = URL) -> None:
        self.pages[url] = {"keys": [make_key(kid) for kid in kids]}

    async def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        self.was_asked.set()
        if url not in self.pages:
            raise ConnectionError(url)
        page = self.pages[url]
        return page if isinstance(page, bytes) else orjson.dumps(page)


class Scene:
    """Issuers' keys, followed by hand."""

    def __init__(self, *issuers: IssuerSpec) -> None:
        self.site, self.clock = FakeSite(), FakeClock()
        self.keys = IssuerKeys(self.site.fetch, self.clock)
        self.keys.adopt(issuers)

    def knows(self, kid: str | None, issuer: IssuerSpec = CORP) -> bool:
        return self.keys.find(issuer, kid) is not None


async def test_keys_are_found_once_they_are_read() -> None:
    scene = Scene(CORP)
    scene.site.publish("one", "two")
    assert not scene.knows("one")
    await scene.keys.refresh()
    assert scene.knows("one")
    assert scene.knows("two")
    assert scene.knows(None)
    assert not scene.knows("three")


async def test_an_issuer_that_is_not_followed_has_no_keys() -> None:
    scene = Scene(CORP)
    scene.site.publish("one")
    await scene.keys.refresh()
    assert not scene.knows("one", CORP.model_copy(update={"name": "other"}))
    assert not scene.knows("one", CORP.model_copy(update={"issuer": "https://evil"}))
    scene.keys.adopt(())
    assert not scene.knows("one")


async def test_keys_are_read_again_when_they_are_due() -> None:
    scene = Scene(CORP)
    scene.site.publish("one")
    await scene.keys.refresh()
    scene.clock.advance(299.0)
    await scene.keys.refresh()
    assert len(scene.site.asked) == 1
    scene.clock.advance(1.0)
    scene.site.publish("two")
    await scene.keys.refresh()
    assert scene.knows("two")
    assert not scene.knows("one")


async def test_an_unknown_key_is_looked_for_at_once_but_not_too_often() -> None:
    scene = Scene(CORP)
    scene.site.publish("one")
    await scene.keys.refresh()
    scene.site.publish("one", "two")
    assert not scene.knows("two")
    await scene.keys.refresh()
    assert len(scene.site.asked) == 1
    scene.clock.advance(SHORTEST_S)
    await scene.keys.refresh()
    assert scene.knows("two")
    assert not scene.knows("three")
    await scene.keys.refresh()
    assert len(scene.site.asked) == 2


async def test_long_after_the_last_reading_an_unknown_key_does_not_wait() -> None:
    scene = Scene(CORP)
    scene.site.publish("one")
    await scene.keys.refresh()
    scene.clock.advance(60.0)
    scene.site.publish("two")
    assert not scene.knows("two")
    await scene.keys.refresh()
    assert scene.knows("two")


@pytest.mark.parametrize(
    "page",
    [
        None,
        b"<html>",
        b"[]",
        b"[" * 5000,
        b'{"keys": {}}',
        b'{"keys": []}',
        b'{"keys": [], "filler": "' + b"x" * MAX_BYTES + b'"}',
    ],
)
async def test_a_failed_reading_keeps_the_keys_and_is_logged_once(
    page: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gateway")
    scene = Scene(CORP)
    scene.site.publish("one")
    await scene.keys.refresh()
    generation = scene.keys.generation
    scene.site.pages = {} if page is None else {URL: page}
    for _ in range(3):
        scene.clock.advance(300.0)
        await scene.keys.refresh()
    assert len(scene.site.asked) == 4
    assert scene.knows("one")
    assert scene.keys.generation == generation
    assert len(caplog.records) == 1


async def test_a_document_of_the_largest_size_is_read() -> None:
    scene = Scene(CORP)
    page = orjson.dumps({"keys": [make_key("one")]})
    scene.site.pages[URL] = page.ljust(MAX_BYTES)
    await scene.keys.refresh()
    assert scene.knows("one")


async def test_an_issuer_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(url: str) -> bytes:
        await asyncio.Event().wait()
        return b""

    monkeypatch.setattr(module, "FETCH_S", 0.0)
    keys = IssuerKeys(hang, FakeClock())
    keys.adopt((CORP,))
    await keys.refresh()
    assert keys.find(CORP, None) is None


async def test_one_issuers_outage_is_not_anothers() -> None:
    other = CORP.model_copy(update={"name": "other", "jwks_url": "https://other/keys"})
    scene = Scene(CORP, other)
    scene.site.publish("one", url="https://other/keys")
    await scene.keys.refresh()
    assert not scene.knows("one")
    assert scene.knows("one", other)


async def test_the_address_of_the_keys_is_discovered() -> None:
    scene = Scene(DISCOVERED)
    scene.site.publish("one")
    scene.site.pages[CONFIGURATION] = {"issuer": "https://id.corp", "jwks_uri": URL}
    await scene.keys.refresh()
    assert scene.knows("one", DISCOVERED)
    assert scene.site.asked == [CONFIGURATION, URL]


@pytest.mark.parametrize(
    "configuration",
    [
        {"issuer": "https://evil", "jwks_uri": URL},
        {"issuer": "https://id.corp"},
        {"issuer": "https://id.corp", "jwks_uri": 1},
        {"issuer": "https://id.corp", "jwks_uri": "http://id.corp/keys"},
        {"issuer": "https://id.corp", "jwks_uri": "file:///etc/keys"},
    ],
)
async def test_a_configuration_that_is_not_the_issuers_is_refused(
    configuration: dict[str, Any],
) -> None:
    scene = Scene(DISCOVERED)
    scene.site.publish("one", url=str(configuration.get("jwks_uri")))
    scene.site.pages[CONFIGURATION] = configuration
    await scene.keys.refresh()
    assert not scene.knows("one", DISCOVERED)
    assert scene.site.asked == [CONFIGURATION]


async def test_keys_that_were_given_are_never_fetched() -> None:
    given = IssuerSpec(
        name="corp", issuer="corp", audiences=("tidegate",), jwks={"keys": [make_key("one")]}
    )
    scene = Scene(given)
    assert scene.knows("one", given)
    assert not scene.knows("two", given)
    scene.clock.advance(1000.0)
    await scene.keys.refresh()
    assert scene.site.asked == []


async def test_a_changed_issuer_keeps_its_keys_where_they_come_from_the_same_place() -> None:
    scene = Scene(CORP)
    scene.site.publish("one")
    await scene.keys.refresh()
    stricter = CORP.model_copy(update={"audiences": ("other",)})
    scene.keys.adopt((stricter,))
    assert scene.knows("one", stricter)
    moved = CORP.model_copy(update={"jwks_url": "https://elsewhere/keys"})
    scene.keys.adopt((moved,))
    assert not scene.knows("one", moved)
    assert not scene.knows("one", stricter)


async def test_the_generation_rises_with_each_change_only() -> None:
    scene = Scene(CORP)
    scene.site.publish("one")
    seen = [scene.keys.generation]
    await scene.keys.refresh()
    seen.append(scene.keys.generation)
    scene.keys.adopt((CORP.model_copy(),))
    scene.clock.advance(300.0)
    await scene.keys.refresh()
    assert scene.keys.generation == seen[-1]
    scene.keys.adopt(())
    seen.append(scene.keys.generation)
    assert seen == sorted(set(seen))


async def test_it_follows_until_it_is_cancelled() -> None:
    scene = Scene()
    task = asyncio.create_task(scene.keys.run())
    await asyncio.sleep(0)
    scene.site.publish("one")
    scene.keys.adopt((CORP,))
    await scene.site.was_asked.wait()
    scene.site.was_asked.clear()
    scene.clock.advance(SHORTEST_S)
    assert not scene.knows("two")
    await scene.site.was_asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert scene.knows("one")


async def test_waiting_ends_when_the_next_reading_is_due() -> None:
    site = FakeSite()
    keys = IssuerKeys(site.fetch, FakeClock(), refresh_s=0.0)
    keys.adopt((CORP,))
    task = asyncio.create_task(keys.run())
    for _ in range(3):
        await site.was_asked.wait()
        site.was_asked.clear()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    "bad",
    [
        "text",
        {},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "AKP", "pub": "x"},
        {"kty": ["RSA"]},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {"kty": "RSA", "n": 5, "e": "AQAB"},
        {"kty": "EC", "crv": "P-999", "x": "x", "y": "y"},
        {"kty": "EC", "crv": "P-256", "x": "AQAB", "y": "AQAB"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AQAB"},
        make_key("two", use="enc"),
        dict(ECKey.generate_key("P-256").as_dict(private=True)),
        dict(OctKey.generate_key(256).as_dict(private=True)),
    ],
)
def test_keys_that_cannot_be_used_are_passed_over(bad: Any) -> None:
    keys = read_keys({"keys": [bad, make_key("one")]})
    assert isinstance(keys, KeySet)
    assert [key.kid for key in keys] == ["one"]
    assert read_keys({"keys": [bad]}) is None
