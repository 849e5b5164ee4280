"""What people ask for when they want a model run over files."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from core.resources import Resources
from core.spec import Ref, Spec


def _is_absolute(path: str) -> str:
    if not Path(path).is_absolute():
        raise ValueError("the job runs elsewhere: give an absolute path")
    return path


Place = Annotated[str, Field(min_length=1, max_length=4096), AfterValidator(_is_absolute)]


class ImageForm(Spec):
    """How pixels become numbers: `(pixel / 255 - mean) / std` for each channel."""

    mean: tuple[float, ...] = Field(default=(0.0,), min_length=1, max_length=4)
    std: tuple[float, ...] = Field(default=(1.0,), min_length=1, max_length=4)


class TransformSpec(Spec):
    """One batch transform.

    `input` is a file, or a folder whose files are taken in order; `format` auto goes by their suffix.
    `output` is a folder: rows that were answered in parts, the others in `errors/`. Every column of the
    input is kept unless `keep` names some. A job with the same spec and folder goes on where an earlier
    one ended. `part_rows` rows are done or not done as one; `batch_rows` go through the model at once.
    """

    kind: Literal["transform"] = "transform"
    model: Ref
    input: Place
    output: Place
    format: Literal["auto", "csv", "jsonl", "parquet", "images"] = "auto"
    output_format: Literal["auto", "csv", "jsonl", "parquet"] = "auto"
    keep: tuple[str, ...] | None = None
    image: ImageForm = ImageForm()
    part_rows: int = Field(default=10_000, ge=1, le=10_000_000)
    batch_rows: int = Field(default=256, ge=1, le=1_000_000)
    workers: int = Field(default=1, ge=1, le=1000)
    resources: Resources = Resources(num_cpus=1.0)
    time_limit_s: float = Field(default=86_400.0, gt=0, le=30 * 86_400)

    @property
    def document(self) -> dict[str, Any]:
        """As plain JSON."""
        return self.model_dump(mode="json")
