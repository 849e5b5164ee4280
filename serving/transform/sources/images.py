"""Folders of images: pixels in the model's layout and size, or the files' bytes."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image, UnidentifiedImageError

from core.dtypes import DataType
from core.errors import InvalidSpec
from core.signature import Signature, TensorSpec
from core.tensor import Array
from serving.transform.part import Fault, Loaded, Part, number_rows
from serving.transform.spec import ImageForm

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


class ImageSource:
    """One input: BYTES[-1] gets files as they are, [-1, C, H, W] and [-1, H, W, C] get pixels."""

    def __init__(self, signature: Signature, image: ImageForm) -> None:
        required = [spec for spec in signature.inputs if not spec.optional]
        if len(required) != 1 or not signature.batched:
            raise InvalidSpec("transform", {"model": "images need a model of one batched input"})
        self._spec = required[0]
        self._read = choose_reader(self._spec, image)

    def split(self, files: tuple[Path, ...], part_rows: int) -> Iterator[Part]:
        """As `Source` says; a part names its files, one to a line."""
        for index, start in enumerate(range(0, len(files), part_rows)):
            taken = files[start : start + part_rows]
            listed = "\n".join(map(str, taken))
            yield Part(index, listed, start, start + len(taken), start, len(taken))

    def load(self, part: Part) -> Loaded:
        """As `Source` says."""
        files = part.file.split("\n")
        numbers = number_rows(part, len(files))
        arrays: list[Array] = []
        places: list[int] = []
        faults: list[Fault] = []
        for place, file in enumerate(files):
            try:
                arrays.append(self._read(Path(file)))
                places.append(place)
            except (OSError, ValueError, UnidentifiedImageError, Image.DecompressionBombError) as e:
                faults.append(Fault(int(numbers[place]), file, f"{type(e).__name__}: {e}"))
        kept = pa.table({"path": pa.array([files[place] for place in places], pa.string())})
        inputs = {self._spec.name: _stack(arrays)} if arrays else {}
        return Loaded(kept, inputs, numbers[places], tuple(faults))


class ByteReader:
    """Files as they are."""

    def __init__(self, rank: int) -> None:
        self._shape = (1,) * (rank - 1)

    def __call__(self, file: Path) -> Array:
        """BYTES of the shape of one row."""
        out = np.empty(1, np.object_)
        out[0] = file.read_bytes()
        return out.reshape(self._shape)


class PixelReader:
    """Images of one size, scaled; `planar`: channels come first."""

    def __init__(self, spec: TensorSpec, image: ImageForm, *, planar: bool) -> None:
        channels, height, width = spec.shape[1:] if planar else (spec.shape[3], *spec.shape[1:3])
        if min(height, width) < 1:
            told = f"'{spec.name}' has a free height or width, so images cannot be made one size"
            raise InvalidSpec("transform", {"model": told})
        self._size = (width, height)
        self._mode = _MODES[channels]
        self._planar = planar
        self._dtype = spec.datatype.numpy
        self._mean = np.asarray(image.mean, np.float32)
        self._std = np.asarray(image.std, np.float32)

    def __call__(self, file: Path) -> Array:
        """FP32 pixels `(pixel / 255 - mean) / std`; integer types get the pixels as they are."""
        with Image.open(file) as opened:
            pixels = np.asarray(opened.convert(self._mode).resize(self._size), np.float32)
        pixels = pixels.reshape(self._size[1], self._size[0], -1)
        if self._dtype.kind not in "iu":
            pixels = (pixels / 255.0 - self._mean) / self._std
        if self._planar:
            pixels = pixels.transpose(2, 0, 1)
        return np.ascontiguousarray(pixels, self._dtype)


def choose_reader(spec: TensorSpec, image: ImageForm) -> ByteReader | PixelReader:
    """How files become rows of this input; raises InvalidSpec when they cannot."""
    if spec.datatype is DataType.BYTES and spec.shape[1:] in ((), (1,)):
        return ByteReader(len(spec.shape))
    if len(spec.shape) == 4 and spec.shape[1] in _MODES:
        return PixelReader(spec, image, planar=True)
    if len(spec.shape) == 4 and spec.shape[3] in _MODES:
        return PixelReader(spec, image, planar=False)
    told = (
        f"'{spec.name}' is {spec.described}; images need BYTES[-1], [-1, C, H, W] or [-1, H, W, C]"
    )
    raise InvalidSpec("transform", {"model": told})


def _stack(arrays: list[Array]) -> Array:
    out: Array = np.stack(arrays)
    return out
