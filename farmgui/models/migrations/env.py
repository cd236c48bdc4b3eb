"""Run by Alembic: migrates the database of the connection that it is handed."""

from __future__ import annotations

from alembic import context

from farmgui.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite can't alter most of a column in place.
    render_as_batch=True,
)
context.run_migrations()
