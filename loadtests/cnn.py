"""The model of the batching benchmark: a small convolutional classifier of 64 x 64 pictures."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

INPUT, OUTPUT = "pictures", "scores"
SIDE, CHANNELS, CLASSES = 64, 3, 10
_KERNEL = 3
_OPSET, _IR = 17, 9


@dataclass(frozen=True, slots=True)
class Convolution:
    """A 3 x 3 convolution with padding, so that the side is divided by the stride."""

    channels: int
    stride: int


LAYERS = (
    Convolution(16, 2),
    Convolution(32, 1),
    Convolution(64, 2),
    Convolution(64, 1),
    Convolution(128, 2),
)


def count_flops() -> int:
    """Floating-point operations for one row: a product and a sum for each weight at each place."""
    side, before, products = SIDE, CHANNELS, 0
    for layer in LAYERS:
        side //= layer.stride
        products += before * _KERNEL**2 * layer.channels * side**2
        before = layer.channels
    return 2 * (products + before * CLASSES)


def write_cnn(path: Path) -> Path:
    """Write FP32[-1, 3, 64, 64] to FP32[-1, 10], with the same weights each time."""
    random = np.random.default_rng(7)
    nodes: list[NodeProto] = []
    weights: list[TensorProto] = []
    value, before = INPUT, CHANNELS
    for at, layer in enumerate(LAYERS):
        fan_in = before * _KERNEL**2
        weights.append(_draw(random, f"w{at}", (layer.channels, before, _KERNEL, _KERNEL), fan_in))
        nodes += _convolve(value, at, layer.stride)
        value, before = f"a{at}", layer.channels
    weights.append(_draw(random, "w", (before, CLASSES), before))
    nodes += [
        helper.make_node("GlobalAveragePool", [value], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], [OUTPUT]),
    ]
    takes = helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["rows", CHANNELS, SIDE, SIDE])
    gives = helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["rows", CLASSES])
    graph = helper.make_graph(nodes, "cnn", [takes], [gives], weights)
    opsets = [helper.make_opsetid("", _OPSET)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=_IR), path)
    return path


def draw_pictures(rows: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """The same `rows` pictures each time, FP32[rows, 3, 64, 64]."""
    shape = (rows, CHANNELS, SIDE, SIDE)
    return np.random.default_rng(11).normal(size=shape).astype(np.float32)


def write_binary_request() -> tuple[bytes, Mapping[str, str]]:
    """One picture in the protocol's binary form, the answer asked for in binary too: body, headers."""
    picture = draw_pictures(1)
    tensor = {
        "name": INPUT,
        "datatype": "FP32",
        "shape": picture.shape,
        "parameters": {"binary_data_size": picture.nbytes},
    }
    document = {"inputs": [tensor], "parameters": {"binary_data_output": True}}
    head = json.dumps(document).encode()
    return head + picture.tobytes(), {"inference-header-content-length": str(len(head))}


def _convolve(value: str, at: int, stride: int) -> list[NodeProto]:
    convolution = helper.make_node(
        "Conv", [value, f"w{at}"], [f"c{at}"], pads=[1, 1, 1, 1], strides=[stride, stride]
    )
    return [convolution, helper.make_node("Relu", [f"c{at}"], [f"a{at}"])]


def _draw(
    random: np.random.Generator, name: str, shape: tuple[int, ...], fan_in: int
) -> TensorProto:
    """Weights that keep the scale of what passes through (He et al. 2015)."""
    drawn = random.normal(scale=(2 / fan_in) ** 0.5, size=shape).astype(np.float32)
    return numpy_helper.from_array(drawn, name)
