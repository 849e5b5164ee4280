from pathlib import Path

from loadtests.cnn import write_cnn
from loadtests.loop import run_loop


def test_the_loop_counts_rows_not_runs(tmp_path: Path) -> None:
    model = write_cnn(tmp_path / "cnn.onnx")
    alone = run_loop(model, rows=1, threads=1, seconds=0.02)
    assert run_loop(model, rows=16, threads=1, seconds=0.1) > alone / 2
