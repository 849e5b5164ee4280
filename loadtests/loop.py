"""The limit of batching: ONNX Runtime called in a loop with a batch that is ready, and nothing else.

`python -m loadtests.loop MODEL ROWS THREADS SECONDS` prints the rows/s.
"""

import subprocess
import sys
from pathlib import Path
from time import perf_counter

import onnxruntime

from loadtests.cnn import INPUT, draw_pictures

_WARM_UP = 5


def measure_loop(model: Path, rows: int, threads: int, seconds: float) -> float:
    """Rows/s of the loop in a process of its own; raises CalledProcessError."""
    settings = (str(model), str(rows), str(threads), str(seconds))
    command = [sys.executable, "-m", "loadtests.loop", *settings]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own command
    return float(ran.stdout)


def run_loop(model: Path, rows: int, threads: int, seconds: float) -> float:
    """Rows/s over `seconds`, after a few runs that are not counted. Options as the replica's session."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    providers = ["CPUExecutionProvider"]
    session = onnxruntime.InferenceSession(str(model), options, providers=providers)
    feed = {INPUT: draw_pictures(rows)}
    for _ in range(_WARM_UP):
        session.run(None, feed)
    runs, begun = 0, perf_counter()
    while (lasted := perf_counter() - begun) < seconds:
        session.run(None, feed)
        runs += 1
    return runs * rows / lasted


if __name__ == "__main__":
    _, model, rows, threads, seconds = sys.argv
    sys.stdout.write(f"{run_loop(Path(model), int(rows), int(threads), float(seconds))}\n")
