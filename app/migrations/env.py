"""What Alembic runs to migrate: in the transaction that `migrate` has begun."""

from __future__ import annotations

from alembic import context

from app.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite can change tables in a transaction too, once Python's module does not interfere.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
