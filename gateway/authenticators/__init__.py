"""One authenticator a file; `gateway.authenticator` names them."""
