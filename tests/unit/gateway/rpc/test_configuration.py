from dataclasses import replace

from gateway.rpc.configuration import write_configuration
from tests.fakes.gateway import SIGNATURE


def test_the_message_says_what_rest_says() -> None:
    config = write_configuration("iris", "onnxruntime_onnx", SIGNATURE, 64).config
    assert (config.name, config.max_batch_size) == ("iris", 64)
    assert list(config.input[0].dims) == [2]
    assert config.HasField("dynamic_batching")
    assert not config.model_transaction_policy.decoupled


def test_a_streaming_model_is_decoupled() -> None:
    streaming = replace(SIGNATURE, streaming=True)
    config = write_configuration("iris", "python", streaming, 64).config
    assert config.model_transaction_policy.decoupled
