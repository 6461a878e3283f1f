"""Run by alembic with the session that `migrate` opened."""

from alembic import context

from lrs_bridge.store.schema import metadata

context.configure(
    connection=context.config.attributes["session"],
    target_metadata=metadata,
    transactional_ddl=False,  # the transaction is the caller's
)
context.run_migrations()
