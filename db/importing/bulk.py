"""Adding many rows at once, as fast as the driver takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Table
from sqlalchemy.orm import Session

BATCH = 10_000

Bind = Callable[[Any], Any]


def insert_rows(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of one shape (column → value) in the session's own transaction, past SQLAlchemy's row by row work."""
    if rows:
        names = tuple(rows[0])
        insert_tuples(session, table, names, (tuple(row.values()) for row in rows))


def insert_tuples(session: Session, table: Table, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows given as values in the order of `names`; each value passes its column's own type."""
    session.flush()
    dialect = session.get_bind().dialect
    binds: list[tuple[int, Bind]] = []
    for index, name in enumerate(names):
        bind = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        if bind is not None:
            binds.append((index, bind))
    columns = ", ".join(dialect.identifier_preparer.quote(name) for name in names)
    target = dialect.identifier_preparer.format_table(table)
    bound = _bound(rows, binds) if binds else iter(rows)
    if dialect.name == "postgresql":
        _copy(session, f"COPY {target} ({columns}) FROM STDIN", bound)
        return
    statement = f"INSERT INTO {target} ({columns}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 - quoted names of our own tables
    connection = session.connection()
    while some := list(islice(bound, BATCH)):
        connection.exec_driver_sql(statement, some)  # type: ignore[arg-type]  # any sequence will do


def _bound(rows: Iterable[Sequence[Any]], binds: Sequence[tuple[int, Bind]]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        values = list(row)
        for index, bind in binds:
            values[index] = bind(values[index])
        yield tuple(values)


def _copy(session: Session, statement: str, rows: Iterable[Sequence[Any]]) -> None:
    driver = session.connection().connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement) as copy:  # type: ignore[union-attr]  # psycopg's own
        for row in rows:
            copy.write_row(row)
