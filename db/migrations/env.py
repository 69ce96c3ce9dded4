"""Alembic's way in: compares and upgrades over the connection that `db.migrations` hands it."""

from __future__ import annotations

from alembic import context

from db.base import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    user_module_prefix="db.base.",
    include_name=lambda name, kind, _parents: (
        not (kind == "table" and str(name).startswith("case_words_fts")) and name != "ix_case_words_vector"
    ),
)
with context.begin_transaction():
    context.run_migrations()
