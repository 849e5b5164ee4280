"""Catalogues, one module each; `registry.catalogue` lists them."""
