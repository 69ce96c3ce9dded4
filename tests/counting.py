"""How many statements a piece of work sends to the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from db import session


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """Collect the statements sent by reading sessions inside the block."""
    sent: list[str] = []

    def note(_connection, _cursor, statement, _parameters, _context, _many) -> None:
        if not statement.startswith("BEGIN"):  # SQLite's, ours; PostgreSQL's is the driver's
            sent.append(statement)

    engine = session._database().reads
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
