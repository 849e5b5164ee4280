from core.dtypes import DataType
from core.oip.documents import EXTENSIONS, configure_model, describe_model, describe_server
from core.signature import Signature, TensorSpec

SIGNATURE = Signature(
    (TensorSpec("text", DataType.BYTES, (-1, 1), optional=True),),
    (TensorSpec("scores", DataType.FP32, (-1, 2)),),
    batched=True,
)


def test_the_server_names_only_what_is_built() -> None:
    assert describe_server("0.1.0") == {
        "name": "tidegate",
        "version": "0.1.0",
        "extensions": list(EXTENSIONS),
    }


def test_metadata_has_the_batch_dimension() -> None:
    document = describe_model("m", ("3",), "onnxruntime_onnx", SIGNATURE)
    assert document["inputs"] == [{"name": "text", "datatype": "BYTES", "shape": [-1, 1]}]
    assert document["versions"] == ["3"]


def test_configuration_of_a_batched_model_leaves_it_out() -> None:
    document = configure_model("m", "onnxruntime_onnx", SIGNATURE, 64)
    assert document["max_batch_size"] == 64
    assert document["input"] == [
        {"name": "text", "data_type": "TYPE_STRING", "dims": [1], "optional": True}
    ]
    assert document["backend"] == "onnxruntime"
    assert document["dynamic_batching"] == {}


def test_configuration_of_an_unbatched_model_has_all_dims() -> None:
    unbatched = Signature(SIGNATURE.inputs, SIGNATURE.outputs)
    document = configure_model("m", "onnxruntime_onnx", unbatched, 64)
    assert document["max_batch_size"] == 0
    assert document["output"][0]["dims"] == [-1, 2]
    assert "dynamic_batching" not in document
