"""Batch transform: a model over files, as a Ray job."""
