"""Act three: two endpoints, private until one of them gets a route and a key."""

import httpx

from tidegate.demo.models import CLASSIFIER, FILE_TYPES
from tidegate.demo.stage import Stage


def deploy_and_expose(stage: Stage) -> None:
    """Deploy both models, show that nothing is public, then expose the classifier."""
    with stage.open_act("Deploy both; expose one"):
        deploy(stage, CLASSIFIER, f"{CLASSIFIER}@live", capture=1.0)
        deploy(stage, FILE_TYPES, f"{FILE_TYPES}:1", capture=0.0)
        for name in (CLASSIFIER, FILE_TYPES):
            stage.expect(public_status(stage, name), 404, f"{name} on the public listener")
        stage.show("asked for both on the public listener", "404, 404: nothing is public by itself")
        expose(stage)


def deploy(stage: Stage, name: str, model: str, capture: float) -> None:
    """Create an endpoint and wait until it answers."""
    spec = {"name": name, "variants": [{"model": model}], "capture": {"share": capture}}
    stage.client.endpoints.apply(spec)
    with stage.console.status(f"   {name} loads"):
        ready = stage.client.endpoints.wait(name, timeout_s=120)
    stage.show(
        f"endpoint {name}",
        f"ready, replica at {ready.replicas[0].address}",
        f"tidegate endpoints create {name} --model {model} --capture {capture:g} "
        f"&& tidegate endpoints wait {name}",
    )


def expose(stage: Stage) -> None:
    """Give the classifier a route, and make a key for it."""
    stage.client.routes.apply({"name": CLASSIFIER, "endpoint": CLASSIFIER})
    stage.show(
        f"route {CLASSIFIER}",
        "public, with an API key",
        f"tidegate routes expose {CLASSIFIER} --endpoint {CLASSIFIER}",
    )
    minted = stage.client.keys.create("demo", [CLASSIFIER])
    stage.key = minted.text
    stage.show(
        f"key {minted.key.id}",
        "shown once, kept as a digest",
        f"KEY=$(tidegate keys create demo --route {CLASSIFIER})",
    )


def public_status(stage: Stage, name: str) -> int:
    """What the public listener answers when it is asked for this endpoint."""
    return httpx.get(f"{stage.settings.public_url}/v2/models/{name}").status_code
