from pathlib import Path

from gateway.board import Board
from gateway.metrics import RequestMetrics
from tests.fakes.tap import FakeTap


def test_workers_tell_of_each_other(tmp_path: Path) -> None:
    board = Board(tmp_path / "workers")
    board.clear()
    mine, other = RequestMetrics(FakeTap(), board.read_others), RequestMetrics(FakeTap())
    for metrics in (mine, other, other):
        metrics.record("public", "flowers", 200, 0.01)
    board.post(mine.export())
    other_board = Board(tmp_path / "workers")
    other_board._own = tmp_path / "workers" / "other.json"
    other_board.post(other.export())
    text = mine.write().decode()
    assert 'tidegate_requests_total{listener="public",name="flowers",status="200"} 3.0' in text
    assert 'tidegate_request_seconds_count{listener="public",name="flowers"} 3.0' in text
    (tmp_path / "workers" / "broken.json").write_text("{")
    assert mine.write().decode() == text
    board.clear()
    assert board.read_others() == []


def test_a_folder_that_cannot_be_written_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    Board(tmp_path / "file").post({})
