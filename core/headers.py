"""HTTP header names that several rooms share, lower case as ASGI has them."""

HEADER_LENGTH = "inference-header-content-length"
REQUEST_ID = "x-request-id"
INFERENCE_ID = "x-tidegate-inference-id"
PROOF = "x-tidegate-proof"
REPLICA = "x-tidegate-replica"
TIMEOUT = "x-tidegate-timeout"
API_KEY = "x-api-key"
