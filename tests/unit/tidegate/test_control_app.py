import asyncio
import threading

from tests.fakes.clock import FakeClock
from tests.fakes.control import TOKEN, FakeControl
from tidegate.control.app import build_app
from tidegate.control.loop import Loop, Pace


def test_the_document_names_every_operation_and_what_it_answers(control: FakeControl) -> None:
    paths = control.app.openapi()["paths"]
    assert "put" in paths["/api/v1/models/{model}/aliases/{alias}"]
    assert sum(len(operations) for operations in paths.values()) == 61
    described = paths["/api/v1/endpoints/{name}"]["put"]
    schema = described["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/EndpointDocument"}
    assert described["operationId"] == "put_endpoints_name"
    assert described["security"] == [{"admin token": []}]


def test_the_document_is_served_behind_the_gate(control: FakeControl) -> None:
    connection = control.client.endpoints._connection
    assert connection.document("openapi.json")["info"]["title"] == "Tidegate control API"


def test_loops_turn_for_as_long_as_the_application_lives(control: FakeControl) -> None:
    turned = threading.Event()
    loop = Loop("work", turned.set, Pace(0.0), FakeClock())
    app = build_app(control.operations, TOKEN, [loop])

    async def live() -> None:
        async with app.router.lifespan_context(app):
            await asyncio.to_thread(turned.wait, 10)

    asyncio.run(live())
    turns = loop.report().turns
    assert turns >= 1
    assert loop.report().turns == turns
