import json
from pathlib import Path

from gateway.journal import Journal
from gateway.witness import Witness
from tests.contracts.facade import make_exchange
from tests.fakes.gateway import FakeGateway


def test_a_request_is_told_to_all_and_its_key_to_none(tmp_path: Path) -> None:
    gateway, file = FakeGateway(), tmp_path / "access.jsonl"
    journal = Journal(str(file))
    witness = Witness(gateway.metrics, gateway.ledger, journal, gateway.clock)
    exchange = make_exchange("/v2/models/flowers/infer", b"body")
    exchange.name, exchange.principal, exchange.rows = "flowers", "ann", 3
    witness.tell("public", exchange, 200, 12, "req-1")
    journal.flush()
    line = json.loads(file.read_text())
    assert (line["route"], line["principal"], line["status"]) == ("flowers", "ann", 200)
    assert (line["request_id"], line["bytes_out"]) == ("req-1", 12)
    assert "tg_" not in file.read_text()
    (usage,) = gateway.ledger.take()
    assert (usage.route, usage.requests, usage.rows) == ("flowers", 1, 3)
    assert b'name="flowers",status="200"' in gateway.metrics.write()


def test_names_that_were_made_up_are_no_labels() -> None:
    gateway = FakeGateway()
    exchange = make_exchange("/v2/models/made-up/infer", b"")
    exchange.name = "made-up"
    gateway.witness.tell("public", exchange, 404)
    assert b"made-up" not in gateway.metrics.write()
    assert gateway.ledger.take() == ()
