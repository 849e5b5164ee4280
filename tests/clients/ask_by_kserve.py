"""Asks a gateway by KServe's unmodified client, in a process of its own: its stubs and ours have one name.

Arguments: the REST address, the gRPC address, the model's name, a key. Prints one JSON document.
"""

import asyncio
import json
import sys
from typing import Any

import numpy as np
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig

ROWS = np.array([[1, 2], [3, -4]], np.float32)


def make_request(model: str, *, binary: bool) -> Any:
    """One input `x`."""
    tensor = InferInput("x", list(ROWS.shape), "FP32")
    tensor.set_data_from_numpy(ROWS, binary_data=binary)
    return InferRequest(model_name=model, infer_inputs=[tensor], request_id="mine")


def show(response: Any) -> dict[str, Any]:
    """The response's outputs by name."""
    return {one.name: one.as_numpy().tolist() for one in response.outputs}


async def ask_rest(url: str, model: str, headers: dict[str, str]) -> dict[str, Any]:
    """Everything that the REST client can."""
    client = InferenceRESTClient(RESTConfig(protocol="v2", retries=0))
    told: dict[str, Any] = {
        "live": await client.is_server_live(url),
        "ready": await client.is_server_ready(url),
        "model_ready": await client.is_model_ready(url, model, headers=headers),
    }
    for binary in (False, True):
        request = make_request(model, binary=binary)
        response = await client.infer(url, request, model_name=model, headers=dict(headers))
        told[f"binary_{binary}"] = show(response)
    try:
        await client.infer(url, make_request("nobody", binary=False), model_name="nobody")
    except Exception as error:  # noqa: BLE001 - whatever the client makes of it
        told["error"] = str(error)
    await client.close()
    return told


async def ask_grpc(url: str, model: str, headers: dict[str, str]) -> dict[str, Any]:
    """Everything that the gRPC client can."""
    metadata = list(headers.items())
    async with InferenceGRPCClient(url) as client:
        response = await client.infer(make_request(model, binary=True), headers=metadata)
        return {
            "live": await client.is_server_live(),
            "ready": await client.is_server_ready(),
            "model_ready": await client.is_model_ready(model, headers=metadata),
            "binary": show(response),
        }


async def main() -> None:
    """Ask both ways."""
    rest, grpc, model, key = sys.argv[1:]
    headers = {"x-api-key": key}
    print(  # noqa: T201 - the answer
        json.dumps(
            {
                "rest": await ask_rest(rest, model, headers),
                "grpc": await ask_grpc(grpc, model, headers),
            }
        )
    )


if __name__ == "__main__":
    asyncio.run(main())
