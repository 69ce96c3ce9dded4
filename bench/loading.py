"""Whole tables into a migrated database at once: indexes and triggers stand aside meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, String, Table, text

from bench.people import Columns
from db.base import Base

CHUNK = 50_000


def _plain(values: Any, zone: str) -> list[Any]:
    """Turn a column into what both engines read: text for moments and days, 0 and 1 for flags."""
    array = np.asarray(values)
    if array.dtype.kind == "M":
        day = np.datetime_data(array.dtype)[0] == "D"
        if day:
            written = np.datetime_as_string(array).tolist()
        else:
            letters = np.ascontiguousarray(np.datetime_as_string(array, unit="us"))
            if len(letters):
                letters.view("U1").reshape(len(letters), -1)[:, len("2026-01-01")] = " "
            written = [each + zone for each in letters.tolist()]
        return [None if gone else each for each, gone in zip(written, np.isnat(array).tolist(), strict=True)]
    if array.dtype.kind == "b":
        return array.astype(int).tolist()
    if array.dtype.kind == "O":
        return [int(each) if isinstance(each, bool | np.integer | np.bool_) else each for each in array.tolist()]
    return array.tolist()


def _completed(table: Table, columns: Columns, count: int) -> Columns:
    """Add what the models would have filled in by themselves."""
    full: Columns = {}
    for column in table.columns:
        if column.name in columns:
            full[column.name] = columns[column.name]
        elif column.default is not None and column.default.is_scalar:
            default = column.default.arg  # type: ignore[attr-defined]
            full[column.name] = np.full(count, getattr(default, "value", default), object)
        elif not column.nullable and not (column.primary_key and column.name == "id"):
            if not isinstance(column.type, String):
                raise KeyError(f"{table.name}.{column.name}")
            full[column.name] = np.full(count, "", object)
    return full


def load(connection: Connection, tables: dict[str, Columns]) -> None:
    """Load tables in the order of their foreign keys."""
    for table in Base.metadata.sorted_tables:
        if table.name in tables:
            _load(connection, table, tables[table.name])


def _load(connection: Connection, table: Table, columns: Columns) -> None:
    count = len(next(iter(columns.values())))
    full = _completed(table, columns, count)
    names = ", ".join(f'"{name}"' for name in full)
    raw: Any = connection.connection.driver_connection
    for start in range(0, count, CHUNK):
        zone = "" if connection.dialect.name == "sqlite" else "+00"
        some = [_plain(values[start : start + CHUNK], zone) for values in full.values()]
        rows = zip(*some, strict=True)
        if connection.dialect.name == "sqlite":
            raw.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({", ".join("?" * len(full))})', rows)  # noqa: S608 - ours
        else:
            with raw.cursor().copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
    if connection.dialect.name != "sqlite" and table.autoincrement_column is not None:
        column = table.autoincrement_column.name  # its sequence has not seen these numbers
        highest = f'SELECT max("{column}") FROM "{table.name}"'  # noqa: S608 - our own tables
        connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table.name}', '{column}'), ({highest}))"))


@contextmanager
def in_bulk(engine: Engine) -> Iterator[Connection]:
    """Open one transaction in which indexes and triggers stand aside (SQLite); afterwards all of them hold again."""
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
            yield connection
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        return
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")  # these two are ignored inside a transaction
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("PRAGMA synchronous=OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        aside = connection.exec_driver_sql(
            "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
        ).all()
        for kind, name, _sql in aside:
            connection.exec_driver_sql(f'DROP {kind} "{name}"')
        yield connection
        for _kind, _name, sql in aside:
            connection.exec_driver_sql(sql)
        connection.exec_driver_sql("INSERT INTO case_words_fts(case_words_fts) VALUES ('rebuild')")
        connection.commit()
    engine.dispose()  # its pragmas with it
