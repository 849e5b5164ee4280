"""Inspectors, one module each; `registry.inspector` lists them."""
