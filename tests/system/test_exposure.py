"""What is reachable from where, and how bad requests are refused."""

import json
import subprocess

import httpx

from tests.system.stand import Exposed, Stand, write_body

ROWS = [[1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 0.0, 1.0]]
SCORES = [40.0, 50.0, 6.0, 7.0]


def test_a_key_opens_the_route(scores: Exposed) -> None:
    answer = scores.infer(ROWS)
    assert answer.status_code == 200
    (output,) = answer.json()["outputs"]
    assert (output["name"], output["data"]) == ("scores", SCORES)
    assert answer.headers["x-request-id"]
    assert answer.headers["x-tidegate-inference-id"]


def test_curl_gets_the_same_answer(scores: Exposed) -> None:
    header = f"Authorization: Bearer {scores.key}"
    command = ["curl", "-sS", "--fail", f"{scores.url}/infer", "-H", header, "-d", write_body(ROWS)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    assert json.loads(ran.stdout)["outputs"][0]["data"] == SCORES


def test_plain_json_takes_rows_of_named_features(scores: Exposed) -> None:
    url = f"{scores.stand.settings.public_url}/v1/endpoints/scores:predict"
    rows = [dict(zip(("f0", "f1", "f2", "f3"), row, strict=True)) for row in ROWS]
    answer = httpx.post(url, json={"rows": rows}, headers=scores.headers)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["predictions"]) == 2


def test_without_a_key_nothing_is_answered(scores: Exposed) -> None:
    answer = scores.infer(ROWS, headers={})
    assert answer.status_code == 401
    assert isinstance(answer.json()["error"], str)
    forged = {"Authorization": f"Bearer {scores.key[:-1]}{'A' if scores.key[-1] != 'A' else 'B'}"}
    assert scores.infer(ROWS, headers=forged).status_code == 401


def test_a_wrong_tensor_is_named_with_what_was_expected_and_given(scores: Exposed) -> None:
    body = write_body([[1.0, 2.0]], datatype="FP64")
    answer = httpx.post(f"{scores.url}/infer", content=body, headers=scores.headers)
    assert answer.status_code == 400
    message = answer.json()["error"]
    assert all(text in message for text in ("features", "FP32[-1, 4]", "FP64[1, 2]")), message


def test_bytes_that_are_no_request_disturb_nobody(scores: Exposed) -> None:
    for body in (b"", b"{", b"\xff\x00", b'{"inputs": 3}'):
        answer = httpx.post(f"{scores.url}/infer", content=body, headers=scores.headers)
        assert answer.status_code == 400
        assert isinstance(answer.json()["error"], str)
    assert scores.infer(ROWS).status_code == 200


def test_an_endpoint_without_a_route_is_private(stand: Stand, scores: Exposed) -> None:
    stand.deploy("inside", "scores:1")
    path = "/v2/models/inside/infer"
    body = write_body(ROWS)
    publicly = httpx.post(f"{stand.settings.public_url}{path}", content=body)
    with_key = httpx.post(
        f"{stand.settings.public_url}{path}", content=body, headers=scores.headers
    )
    privately = httpx.post(f"{stand.settings.private_url}{path}", content=body)
    assert [publicly.status_code, with_key.status_code, privately.status_code] == [404, 404, 200]


def test_the_control_api_is_not_public(stand: Stand) -> None:
    token = {"Authorization": f"Bearer {stand.settings.admin_token_file.read_text().strip()}"}
    path = "/api/v1/status"
    assert httpx.get(f"{stand.settings.public_url}{path}", headers=token).status_code == 404
    assert httpx.get(f"{stand.settings.private_url}{path}", headers=token).status_code == 200
    assert httpx.get(f"{stand.settings.private_url}{path}").status_code == 401


def test_a_revoked_key_opens_nothing(stand: Stand, scores: Exposed) -> None:
    minted = stand.read("keys", "create", "short", "--route", "scores")
    headers = {"x-api-key": minted["key"]}
    scores.await_status(200, headers)
    stand.read("keys", "revoke", minted["id"])
    scores.await_status(401, headers)
