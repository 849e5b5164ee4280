"""A model's configuration as Triton's protobuf message."""

from typing import Any

from google.protobuf import json_format
from tritonclient.grpc import model_config_pb2, service_pb2

from core.oip import documents
from registry.records import Resident


def write_configuration(name: str, resident: Resident) -> Any:
    """A ModelConfigResponse, of the same document that REST answers with."""
    batching = resident.spec.batching
    document = documents.configure_model(
        name,
        resident.platform,
        resident.signature,
        batching.max_rows,
        sequences=batching.sequences is not None,
    )
    config = json_format.ParseDict(document, model_config_pb2.ModelConfig())
    return service_pb2.ModelConfigResponse(config=config)
