"""Adding many rows at once, as fast as the driver takes them."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from sqlalchemy import Table
from sqlalchemy.orm import Session

BATCH = 10_000


@contextmanager
def no_collecting() -> Iterator[None]:
    """Keep Python's search for reference cycles off while a great many rows are made: it finds none, and takes a third.

    What other threads leave behind meanwhile is collected afterwards.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def insert_rows(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of one shape (column → value) in the session's own transaction, past SQLAlchemy's row by row work."""
    if rows:
        names = tuple(rows[0])
        insert_columns(session, table, {name: [row[name] for row in rows] for name in names})


def insert_columns(session: Session, table: Table, columns: Mapping[str, Iterable[Any]]) -> None:
    """Insert rows given column by column; each value passes its column's own type."""
    session.flush()
    dialect = session.get_bind().dialect
    bound: list[Iterable[Any]] = []
    for name, values in columns.items():
        bind: Callable[[Any], Any] | None = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        bound.append(values if bind is None else map(bind, values))
    names = ", ".join(dialect.identifier_preparer.quote(name) for name in columns)
    target = dialect.identifier_preparer.format_table(table)
    rows = zip(*bound, strict=True)
    if dialect.name == "postgresql":
        _copy(session, f"COPY {target} ({names}) FROM STDIN", rows)
        return
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {target} ({names}) VALUES ({marks})"  # noqa: S608 - quoted names of our own tables
    connection = session.connection()
    while some := list(islice(rows, BATCH)):
        connection.exec_driver_sql(statement, some)


def _copy(session: Session, statement: str, rows: Iterable[Sequence[Any]]) -> None:
    driver = session.connection().connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement) as copy:  # type: ignore[union-attr]  # psycopg's own
        for row in rows:
            copy.write_row(row)
