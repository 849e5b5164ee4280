from dataclasses import replace

from core.batching import Batching
from core.sequences import Sequences
from gateway.rpc.configuration import write_configuration
from tests.fakes.gateway import SIGNATURE, make_resident

RESIDENT = make_resident()


def test_the_message_says_what_rest_says() -> None:
    config = write_configuration("iris", RESIDENT).config
    assert (config.name, config.max_batch_size) == ("iris", 64)
    assert list(config.input[0].dims) == [2]
    assert config.HasField("dynamic_batching")
    assert not config.model_transaction_policy.decoupled


def test_a_streaming_model_is_decoupled() -> None:
    streaming = replace(RESIDENT, signature=replace(SIGNATURE, streaming=True))
    config = write_configuration("iris", streaming).config
    assert config.model_transaction_policy.decoupled


def test_a_model_of_sequences_says_so() -> None:
    spec = RESIDENT.spec.model_copy(update={"batching": Batching(sequences=Sequences())})
    config = write_configuration("iris", replace(RESIDENT, spec=spec)).config
    assert config.HasField("sequence_batching")
    assert not config.HasField("dynamic_batching")
