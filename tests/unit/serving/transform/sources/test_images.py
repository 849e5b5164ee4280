from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.dtypes import DataType
from core.errors import InvalidSpec
from core.signature import Signature, TensorSpec
from serving.transform.part import Loaded
from serving.transform.sources.images import ImageSource
from serving.transform.spec import ImageForm

OUT = (TensorSpec("y", DataType.FP32, (-1,)),)


def load(folder: Path, spec: TensorSpec, image: ImageForm | None = None) -> Loaded:
    source = ImageSource(Signature((spec,), OUT, batched=True), image or ImageForm())
    files = tuple(sorted(folder.iterdir()))
    (part,) = source.split(files, 100)
    return source.load(part)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Image.new("RGB", (8, 4), (255, 0, 51)).save(tmp_path / "a.png")
    Image.new("L", (2, 2), 255).save(tmp_path / "b.png")
    (tmp_path / "c.png").write_bytes(b"nonsense")
    return tmp_path


def test_pixels_come_in_the_models_layout(folder: Path) -> None:
    planar = load(folder, TensorSpec("x", DataType.FP32, (-1, 3, 2, 4)))
    packed = load(folder, TensorSpec("x", DataType.FP32, (-1, 2, 4, 3)))
    np.testing.assert_allclose(planar.inputs["x"][0, :, 0, 0], [1.0, 0.0, 0.2], atol=1e-6)
    np.testing.assert_allclose(packed.inputs["x"], planar.inputs["x"].transpose(0, 2, 3, 1))


def test_a_file_that_is_no_image_is_a_fault(folder: Path) -> None:
    loaded = load(folder, TensorSpec("x", DataType.UINT8, (-1, 1, 2, 2)))
    assert loaded.inputs["x"].shape == (2, 1, 2, 2)
    assert loaded.inputs["x"].max() == 255
    assert [fault.row for fault in loaded.faults] == [2]
    assert loaded.kept["path"].to_pylist() == [str(folder / "a.png"), str(folder / "b.png")]


def test_pixels_can_be_normalised(folder: Path) -> None:
    form = ImageForm(mean=(0.5,), std=(0.5,))
    loaded = load(folder, TensorSpec("x", DataType.FP32, (-1, 1, 2, 2)), form)
    np.testing.assert_allclose(loaded.inputs["x"][1], 1.0)


def test_a_model_of_bytes_gets_the_files(folder: Path) -> None:
    loaded = load(folder, TensorSpec("x", DataType.BYTES, (-1,)))
    assert loaded.inputs["x"][2] == b"nonsense"
    assert loaded.inputs["x"].shape == (3,)


@pytest.mark.parametrize("shape", [(-1, 3, -1, -1), (-1, 5, 2, 2), (-1, 4)])
def test_a_model_that_takes_no_images_is_refused(folder: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidSpec):
        load(folder, TensorSpec("x", DataType.FP32, shape))
