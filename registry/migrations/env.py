"""Alembic's entry: runs the migrations on the database that `registry.migration` hands over."""

from alembic import context

from registry.database import Database
from registry.schema import metadata

database: Database = context.config.attributes["database"]
with database.write(visible=False) as connection:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
