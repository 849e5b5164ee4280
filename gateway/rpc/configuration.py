"""A model's configuration as Triton's protobuf message."""

from typing import Any

from google.protobuf import json_format
from tritonclient.grpc import model_config_pb2, service_pb2

from core.oip import documents
from core.signature import Signature


def write_configuration(name: str, platform: str, signature: Signature, max_rows: int) -> Any:
    """A ModelConfigResponse, of the same document that REST answers with."""
    document = documents.configure_model(name, platform, signature, max_rows)
    config = json_format.ParseDict(document, model_config_pb2.ModelConfig())
    return service_pb2.ModelConfigResponse(config=config)
