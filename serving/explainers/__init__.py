"""One explainer a file; `serving.explainer` names them."""
