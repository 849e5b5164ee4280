"""Durable records: model packages and their catalogue (on MLflow), and the platform's own tables."""
