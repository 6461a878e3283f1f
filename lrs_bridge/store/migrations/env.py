"""Run by alembic with the session that `migrate` opened."""

from alembic import context

import lrs_bridge.store.schema  # noqa: F401  # every table
from lrs_bridge.store.metadata import metadata

context.configure(
    connection=context.config.attributes["session"],
    target_metadata=metadata,
    transactional_ddl=False,  # the transaction is the caller's
)
context.run_migrations()
