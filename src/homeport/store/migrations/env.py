"""How alembic runs here: on the connection, and in the transaction, that `store.upgrade` hands over."""

from alembic import context

from homeport.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # SQLite's too, once its driver begins no transactions by itself
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
