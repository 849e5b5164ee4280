"""One facade a file; `gateway.facade` names them."""
