"""The protocol's documents: server metadata, model metadata, model configuration."""

from collections.abc import Sequence
from typing import Any

from core.dtypes import DataType
from core.signature import Signature, TensorSpec

Json = dict[str, Any]
SERVER_NAME = "tidegate"
# Clients key on this list, so it names only what is built.
EXTENSIONS = (
    "binary_tensor_data", "classification", "model_configuration", "parameters", "schedule_policy",
    "sequence",
)  # fmt: skip


def describe_server(version: str, more: tuple[str, ...] = ()) -> Json:
    """`GET /v2`; `more` are the extensions that this listener offers beside the common ones."""
    return {"name": SERVER_NAME, "version": version, "extensions": sorted((*EXTENSIONS, *more))}


def describe_model(name: str, versions: Sequence[str], platform: str, signature: Signature) -> Json:
    """`GET /v2/models/{name}`; shapes include the batch dimension, free lengths are -1."""
    return {
        "name": name,
        "versions": list(versions),
        "platform": platform,
        "inputs": [_metadata(spec) for spec in signature.inputs],
        "outputs": [_metadata(spec) for spec in signature.outputs],
    }


def configure_model(
    name: str, platform: str, signature: Signature, max_batch_rows: int, *, sequences: bool = False
) -> Json:
    """`GET /v2/models/{name}/config`, with the field names of Triton's ModelConfig.

    With batching, `max_batch_size` is above 0 and the dims leave the batch dimension out. `sequences`:
    requests are steps of sequences.
    """
    batched = signature.batched
    document: Json = {
        "name": name,
        "platform": platform,
        "backend": platform.partition("_")[0],
        "max_batch_size": max_batch_rows if batched else 0,
        "input": [_configuration(spec, batched=batched) for spec in signature.inputs],
        "output": [_configuration(spec, batched=batched) for spec in signature.outputs],
        "model_transaction_policy": {"decoupled": signature.streaming},
    }
    if sequences:
        document["sequence_batching"] = {}
    elif batched:
        document["dynamic_batching"] = {}
    return document


def _metadata(spec: TensorSpec) -> Json:
    return {"name": spec.name, "datatype": spec.datatype.value, "shape": list(spec.shape)}


def _configuration(spec: TensorSpec, *, batched: bool) -> Json:
    kind = "STRING" if spec.datatype is DataType.BYTES else spec.datatype.value
    dims = list(spec.shape[1:] if batched else spec.shape)
    document: Json = {"name": spec.name, "data_type": f"TYPE_{kind}", "dims": dims}
    if spec.optional:
        document["optional"] = True
    return document
