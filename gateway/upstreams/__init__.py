"""One upstream a file; `gateway.upstream` names them."""
