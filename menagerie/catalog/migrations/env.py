"""Alembic's entry: runs the migrations on the connection that the catalog hands over."""

from alembic import context

from menagerie.catalog.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter most of a table; batches copy it instead.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
