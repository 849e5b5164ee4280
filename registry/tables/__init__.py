"""The platform's tables, one module each; `registry.platform` puts them together."""
