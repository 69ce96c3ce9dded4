"""An office's database of an earlier version comes up to this one with every row it had."""

from __future__ import annotations

import os
from datetime import date, datetime

import pytest
from sqlalchemy import MetaData, Table, delete, func, insert, select, update
from sqlalchemy.exc import DatabaseError

from db import migrations, session
from db.ledger.tables import Bill, FeeItem
from db.people import SYSTEM
from db.session import reading, writing
from tests import engines
from tests.money import a_bill, a_fee_item, a_payee

UNSETTLED = {"paid", "waived", "late_paid", "late_waived"}
"""Of a bill of one fen, which may not be settled by more."""
NOW = datetime(2026, 11, 1, 8)  # noqa: DTZ001 - as SQLite keeps moments


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty(request, data_folder):
    """Bind to an empty database."""
    if request.param == "sqlite":
        yield session.bind(engines.sqlite_url(data_folder / "guanjia.db"))
        engines.leave()
        return
    server = request.getfixturevalue("postgres_server")
    with engines.postgres_copy(server, "template0", f"upgrading_{os.getpid()}") as url:
        yield session.bind(url)


def value_for(column, n):
    """Make something that a column takes."""
    if column.foreign_keys:
        return 1
    if column.name in UNSETTLED:
        return 0
    kind = column.type.python_type
    if kind is str:
        options = getattr(column.type, "enums", None)
        return options[0] if options else f"{column.name[:3]}{n}"
    return {bool: True, int: n, datetime: NOW, date: date(2026, 11, 1), dict: {"n": n}}.get(kind, n)


def fill(connection, tables: dict[str, Table]) -> dict[str, list[tuple]]:
    """Put a row into every table that does not have one, in the order of their keys; returns all rows."""
    for table in next(iter(tables.values())).metadata.sorted_tables:
        if table.name not in tables or connection.scalar(select(func.count()).select_from(table)):
            continue
        row = {
            column.name: value_for(column, 1)
            for column in table.columns
            if not column.nullable or column.name in {"customer_id", "unit_id"}
        }
        connection.execute(insert(table), row)
    return rows_of(connection, tables)


def rows_of(connection, tables) -> dict[str, list[tuple]]:
    return {
        name: sorted(map(repr, connection.execute(select(table)).all()))
        for name, table in tables.items()
    }


def reflected(engine) -> dict[str, Table]:
    metadata = MetaData()
    metadata.reflect(engine)
    return {
        name: table for name, table in metadata.tables.items()
        if name != "alembic_version" and not name.startswith("case_words")
    }  # fmt: skip


@pytest.mark.parametrize("revision", [f"{n:04}" for n in range(1, int(migrations.newest()))])
def test_every_row_of_an_earlier_version_is_still_there_and_history_still_cannot_be_changed(empty, revision):
    migrations.upgrade(empty, revision)
    tables = reflected(empty)
    with empty.begin() as connection:
        before = fill(connection, tables)
    assert all(before.values())
    assert migrations.upgrade(empty) is True
    with empty.begin() as connection:
        assert rows_of(connection, tables) == before
    for table in ("events", "audit"):
        for act in (update(tables[table]).values(id=7), delete(tables[table])):
            with pytest.raises(DatabaseError, match="append-only"), empty.begin() as connection:
                connection.execute(act)


def test_what_is_written_once_cannot_be_changed_even_past_the_program(empty):
    migrations.upgrade(empty)
    from tests.builders import Office

    with writing(SYSTEM) as s:
        office = Office(s)
        bill = a_bill(s, office.unit, a_fee_item(s, a_payee(s, office.estate)))
        bill_id = bill.id
    for act in (update(Bill).values(amount=1), update(Bill).values(calculation=""), delete(Bill)):
        with pytest.raises(DatabaseError, match="append-only"), empty.begin() as connection:
            connection.execute(act)
    with empty.begin() as connection:
        connection.execute(update(Bill).values(paid=1))
    with reading(SYSTEM) as s:
        assert (s.get_one(Bill, bill_id).paid, s.scalar(select(func.count(FeeItem.id)))) == (1, 1)
