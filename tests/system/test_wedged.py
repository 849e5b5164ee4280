"""A model that hangs in a run, under load: it costs nobody else a request, and is replaced."""

import httpx

from tests.samples import write_looping_model
from tests.system.stand import Stand, live_replicas, write_body
from tidegate.demo.promotion import Load

ROW, ENDLESS = [[1.0, 2.0, 3.0, 4.0]], [[1e15, 2.0, 3.0, 4.0]]


def test_a_model_that_hangs_costs_nobody_else_a_request(stand: Stand) -> None:
    source = stand.settings.home / "drafts" / "wedged" / "source" / "model.onnx"
    stand.publish_file("wedged", write_looping_model(source))
    variant = {
        "model": "wedged:1",
        "replicas": 2,
        "resources": {"num_cpus": 0.1},
        "batching": {"run_timeout_s": 1, "max_rows": 4},
    }
    url = f"{stand.settings.private_url}/v2/models/wedged/infer"
    with stand.connect() as client:
        client.endpoints.apply({"name": "wedged", "variants": [variant], "timeout_s": 90})
        before = {one.replica for one in live_replicas(stand.await_pool("wedged", 2))}
        with Load(url, write_body(ROW), {}) as load:
            load.await_version(1)
            # It says that it must not be computed twice: so it wedges one replica, not one more.
            endless = write_body(ENDLESS)[:-1] + ', "parameters": {"idempotent": false}}'
            answer = httpx.post(url, content=endless, timeout=120)
            load.await_version(1, more=200)
        after = {one.replica for one in live_replicas(stand.await_pool("wedged", 2))}
        client.endpoints.remove("wedged")
    assert (answer.status_code, "replica" in answer.json()["error"]) == (503, True)
    assert load.failures == []
    assert len(before & after) == 1
