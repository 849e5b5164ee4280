"""Answers that are kept: a route by `tidegate apply`, asked by curl, httpx and Triton's clients."""

import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest
import tritonclient.grpc as triton_grpc
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

from tests.system.stand import Exposed, Stand, write_body
from tidegate.client.waiting import Waiting

ROW = [[1.0, 2.0, 3.0, 4.0]]
# A stage of its own: what other stories have made public stays as it is.
STAGE = "cached"
GATEWAY = """
stage: cached
routes:
  - {name: alone, endpoint: kept, cache: {ttl_s: 600}}
  - name: shared
    endpoint: kept
    operations: [infer, metadata, documents]
    cache: {ttl_s: 600, vary: content, not_modified: true}
"""


class Kept(Exposed):
    """One behind the stage that keeps answers."""

    @property
    def base(self) -> str:
        """Where the stage is."""
        return f"{self.stand.settings.public_url}/{STAGE}"

    @property
    def url(self) -> str:
        """Where it answers publicly."""
        return f"{self.base}/v2/models/{self.name}"


@pytest.fixture(scope="module")
def kept(stand: Stand) -> Iterator[Kept]:
    """The endpoint `kept` behind `alone`, which keeps callers apart, and `shared`."""
    first, _ = stand.publish("kept", offset=0.0)
    stand.publish("kept", offset=100.0)
    stand.read("models", "alias", "kept", "live", str(first))
    stand.deploy("kept", "kept@live", capture=1.0)
    file = stand.settings.home / "cache.yaml"
    file.write_text(GATEWAY)
    applied = stand.run("apply", "-f", str(file))
    assert applied.returncode == 0, applied.stderr
    minted = stand.read("keys", "create", "kept-ann")
    exposed = Kept(stand, "shared", minted["id"], minted["key"])
    exposed.await_status(200)
    yield exposed
    deleted = stand.run("stages", "delete", STAGE)
    assert deleted.returncode == 0, deleted.stderr


def ask(
    kept: Kept, rows: list[list[float]], route: str = "shared", key: str = "", **headers: str
) -> httpx.Response:
    said = {"x-api-key": key or kept.key, **headers}
    url = f"{kept.base}/v2/models/{route}/infer"
    return httpx.post(url, content=write_body(rows), headers=said, timeout=30)


def tell(answer: httpx.Response) -> str:
    assert answer.status_code in (200, 304), answer.text
    return re.sub(r"ttl=\d+", "ttl=N", answer.headers["cache-status"])


def test_who_asks_again_gets_the_kept_answer(kept: Kept) -> None:
    first, again = ask(kept, ROW), ask(kept, ROW)
    assert tell(first) == "tidegate; fwd=miss; stored"
    assert tell(again) == "tidegate; hit; ttl=N"
    assert first.content == again.content
    assert again.headers["etag"] == first.headers["etag"]
    assert int(again.headers["age"]) < 600
    assert again.headers["cache-control"].startswith("private, max-age=")
    other = ask(kept, [[0.0, 0.0, 0.0, 1.0]])
    assert (tell(other), other.content != first.content) == ("tidegate; fwd=miss; stored", True)


def test_curl_is_spared_what_it_has(kept: Kept) -> None:
    # The tag is of the bytes, and curl takes them as they are.
    tag = ask(kept, ROW, **{"accept-encoding": "identity"}).headers["etag"]
    command = ["curl", "-sS", "-i", f"{kept.url}/infer", "-d", write_body(ROW)]
    headers = ["-H", f"x-api-key: {kept.key}", "-H", f"If-None-Match: {tag}"]
    # Two on one connection: the answer without a body must leave it in order.
    again = ["--next", *command[1:], "-H", f"x-api-key: {kept.key}"]
    ran = subprocess.run(
        [*command, *headers, *again], capture_output=True, text=True, check=True, timeout=30
    )
    spared, _, rest = ran.stdout.partition("\n\n")
    assert spared.startswith("HTTP/1.1 304")
    assert tag in spared
    assert rest.startswith("HTTP/1.1 200")
    assert '"scores"' in rest


def test_a_document_is_sent_once(kept: Kept) -> None:
    url = f"{kept.base}/docs/shared/openapi.json"
    first = httpx.get(url)
    again = httpx.get(url, headers={"if-none-match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_callers_are_kept_apart_unless_the_route_shares(kept: Kept) -> None:
    ben = kept.stand.read("keys", "create", "kept-ben")["key"]
    Waiting().until(
        lambda: ask(kept, ROW, key=ben).status_code,
        lambda status: status == 200,
        subject="the second key",
        timeout_s=15,
    )
    rows = [[5.0, 5.0, 5.0, 5.0]]
    told = [tell(ask(kept, rows, "alone", key)) for key in (kept.key, ben, kept.key, ben)]
    assert told == ["tidegate; fwd=miss; stored"] * 2 + ["tidegate; hit; ttl=N"] * 2
    shared = [tell(ask(kept, rows, "shared", key)) for key in (kept.key, ben)]
    assert shared == ["tidegate; fwd=miss; stored", "tidegate; hit; ttl=N"]
    assert ask(kept, rows, key=f"{ben[:-1]}x").status_code == 401


def test_a_caller_may_say_what_it_takes(kept: Kept) -> None:
    rows = [[6.0, 6.0, 6.0, 6.0]]
    only = {"cache-control": "only-if-cached"}
    refused = ask(kept, rows, **only)
    assert (refused.status_code, "in the cache" in refused.json()["error"]) == (504, True)
    assert tell(ask(kept, rows, **{"cache-control": "no-store"})) == "tidegate; fwd=bypass"
    assert ask(kept, rows, **only).status_code == 504
    assert tell(ask(kept, rows, **{"cache-control": "no-cache"})) == "tidegate; fwd=request; stored"
    assert tell(ask(kept, rows, **only)) == "tidegate; hit; ttl=N"


def test_requests_at_once_are_computed_once(kept: Kept) -> None:
    rows = [[7.0, 7.0, 7.0, float(number)] for number in range(400)]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: ask(kept, rows), range(24)))
    assert len({answer.content for answer in answers}) == 1
    told = [tell(answer) for answer in answers]
    assert told.count("tidegate; fwd=miss; stored") == 1


def make_input(of: type, rows: list[list[float]]) -> triton.InferInput:
    array = np.array(rows, np.float32)
    given = of("features", list(array.shape), "FP32")
    given.set_data_from_numpy(array)
    return given


def test_tritons_clients_share_what_is_kept(kept: Kept) -> None:
    rows = [[8.0, 1.0, 1.0, 1.0]]
    key = {"x-api-key": kept.key, "x-tidegate-stage": STAGE}
    with triton.InferenceServerClient(kept.stand.public_host) as client:
        over_http = client.infer("shared", [make_input(triton.InferInput, rows)], headers=dict(key))
    host = kept.stand.settings.public_host
    address = f"{host}:{kept.stand.settings.public_grpc_port}"
    with triton_grpc.InferenceServerClient(address) as caller:
        given = [make_input(triton_grpc.InferInput, rows)]
        only = {**key, "cache-control": "only-if-cached"}
        over_grpc = caller.infer("shared", given, headers=only)
        unknown = [make_input(triton_grpc.InferInput, [[8.0, 2.0, 2.0, 2.0]])]
        with pytest.raises(InferenceServerException, match="in the cache"):
            caller.infer("shared", unknown, headers=only)
    np.testing.assert_array_equal(over_http.as_numpy("scores"), over_grpc.as_numpy("scores"))


def test_a_new_version_begins_with_nothing(kept: Kept) -> None:
    rows = [[9.0, 1.0, 1.0, 1.0]]
    before = ask(kept, rows)
    assert tell(ask(kept, rows)) == "tidegate; hit; ttl=N"
    kept.stand.read("models", "alias", "kept", "live", "2")
    after = Waiting().until(
        lambda: ask(kept, rows),
        lambda answer: answer.json()["model_version"] == "2",
        subject="version 2",
        timeout_s=120,
    )
    # Whatever the first answer of the new version was, no later one is the old version's.
    again = ask(kept, rows)
    assert tell(again) == "tidegate; hit; ttl=N"
    assert again.json()["outputs"] == after.json()["outputs"] != before.json()["outputs"]
    assert again.headers["etag"] != before.headers["etag"]


def test_what_the_cache_does_is_counted(kept: Kept) -> None:
    text = httpx.get(f"{kept.stand.settings.private_url}/metrics").text
    counted = {
        outcome: float(count)
        for outcome, count in re.findall(
            r'tidegate_cache_requests_total\{outcome="(\w+)",route="shared"\} ([\d.]+)', text
        )
    }
    assert all(counted[outcome] > 0 for outcome in ("hit", "miss", "bypass", "absent")), counted
    held = re.search(r"^tidegate_cache_bytes ([\d.e+]+)$", text, re.MULTILINE)
    assert held is not None
    assert float(held[1]) > 0
