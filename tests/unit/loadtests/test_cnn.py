from pathlib import Path

import numpy as np
import onnxruntime

from loadtests.cnn import (
    CLASSES,
    INPUT,
    count_flops,
    draw_pictures,
    write_binary_request,
    write_cnn,
)


def test_it_is_between_thirty_and_sixty_million_operations() -> None:
    assert 30e6 <= count_flops() <= 60e6


def test_it_answers_a_batch_as_it_answers_each_row(tmp_path: Path) -> None:
    model = write_cnn(tmp_path / "cnn.onnx")
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    pictures = draw_pictures(3)
    (scores,) = session.run(None, {INPUT: pictures})
    alone = [session.run(None, {INPUT: pictures[at : at + 1]})[0] for at in range(3)]
    assert scores.shape == (3, CLASSES)
    np.testing.assert_allclose(scores, np.concatenate(alone), atol=1e-4)


def test_it_is_the_same_each_time(tmp_path: Path) -> None:
    first, second = write_cnn(tmp_path / "a.onnx"), write_cnn(tmp_path / "b.onnx")
    assert first.read_bytes() == second.read_bytes()


def test_the_request_carries_its_picture_as_it_is_in_memory() -> None:
    body, headers = write_binary_request()
    head = int(headers["inference-header-content-length"])
    assert body[head:] == draw_pictures(1).tobytes()
