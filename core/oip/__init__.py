"""The Open Inference Protocol over HTTP, as pure functions that the gateway and the replica share."""
