"""Alembic's environment: one connection given by the caller, one transaction."""

from alembic import context

from otklik.entrypoints.wiring import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, compare_server_default=True)
with context.begin_transaction():
    context.run_migrations()
