"""Alembic's entry: run on the connection that the caller holds."""

from alembic import context

from sotdae_hub.adapters.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
