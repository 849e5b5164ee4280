"""One runtime a file; `serving.runtime` names them."""
