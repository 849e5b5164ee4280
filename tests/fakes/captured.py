"""Captured inferences of a small model: features a, b; outputs label and scores."""

import numpy as np

from capture.record import CaptureRecord
from core.dtypes import DataType
from core.refs import EndpointName, ModelName, VariantName
from core.signature import Signature, TensorSpec
from core.tensor import Tensor

NOON = 1_700_049_600.0  # 2023-11-15 12:00:00 UTC
ENDPOINT = EndpointName("flowers")
MAIN = VariantName("main")
SIGNATURE = Signature(
    (TensorSpec("features", DataType.FP32, (-1, 2), ("a", "b")),),
    (TensorSpec("label", DataType.INT64, (-1,)), TensorSpec("scores", DataType.FP32, (-1, 2))),
    batched=True,
)


def make_record(
    number: int = 0,
    *,
    at: float = NOON,
    rows: int = 1,
    variant: str = "main",
    version: int = 1,
    endpoint: str = "flowers",
) -> CaptureRecord:
    """Record `number` of `rows` rows: a = number, b = row index, label = number modulo 3."""
    features = np.stack([np.full(rows, number), np.arange(rows)], axis=1).astype(np.float32)
    return CaptureRecord(
        inference_id=f"id-{number}",
        at=at,
        endpoint=EndpointName(endpoint),
        variant=VariantName(variant),
        model=ModelName("iris"),
        version=version,
        request=(Tensor.of("features", features),),
        response=(
            Tensor.of("label", np.full(rows, number % 3, np.int64)),
            Tensor.of("scores", np.full((rows, 2), 0.5, np.float32)),
        ),
        latency_s=0.002,
        rows=rows,
    )
