"""Counted bills become rows: a hundred thousand at once in the database's own fastest way, or one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from decimal import Decimal
from itertools import chain
from typing import Any

from sqlalchemy.orm import Session

from db.clock import now
from db.ledger import totals
from db.ledger.counting import Charge, Month
from db.ledger.tables import Bill
from db.session import actor_of

_VARYING = (
    "building_id", "unit_id", "customer_id", "fee_item_id", "payee_id", "tariff_id", "source", "period_from",
    "period_to", "amount", "calculation", "due_on", "late_day", "late_ppm",
)  # fmt: skip
_SHARED = ("estate_id", "run_id", "month", "made_by", "made_at")
_NOTHING_YET = ("late_base", "waived", "paid", "late_paid", "late_waived")
_COLUMNS = ", ".join((*_VARYING, *_SHARED, *_NOTHING_YET, "void_reason"))
_ONCE = "ON CONFLICT (unit_id, fee_item_id, month, source) WHERE voided_at IS NULL DO NOTHING"
_ABREAST = 50
"""Rows in one statement on SQLite: the fewer statements the better, and every SQLite takes so many parameters."""
_ZEROS = ", ".join("0" for _name in _NOTHING_YET)


def insert_bills(session: Session, month: Month, charges: Sequence[Charge], run_id: int) -> None:
    """Write bills of a run, leaving out what the unique index finds made already; the run's totals are the caller's."""
    connection = session.connection()
    sqlite = connection.dialect.name == "sqlite"
    made_at = f"{now().astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}" + ("" if sqlite else "+00")
    shared = (month.estate_id, run_id, month.first.isoformat(), actor_of(session).user_id, made_at)
    ways = {
        id(each): (each.plan.rate.id, each.plan.first.isoformat(), each.plan.last.isoformat(), each.due.on.isoformat(),
                   each.due.late_day, each.due.late_ppm)
        for each in {id(charge.way): charge.way for charge in charges}.values()
    }  # fmt: skip
    rows = []
    for place, item, way, customer_id, fen, calculation, source in charges:
        tariff_id, first, last, due_on, late_day, late_ppm = ways[id(way)]
        rows.append(
            (place.building_id, place.id, customer_id, item.id, item.payee_id, tariff_id, source, first, last, fen,
             calculation, due_on, late_day, late_ppm)
        )  # fmt: skip
    told = ", ".join(str(each) if isinstance(each, int) else f"'{each}'" for each in shared)  # numbers and our own days
    if sqlite:
        _insert(connection, rows, told)
    else:
        _copy(connection, rows, told)


def _insert(connection: Any, rows: Sequence[tuple[Any, ...]], told: str) -> None:
    """Write rows, so many in a statement."""
    marks = ", ".join("?" * len(_VARYING))
    one = f"({marks}, {told}, {_ZEROS}, '')"
    whole = len(rows) // _ABREAST * _ABREAST
    for abreast, some in ((_ABREAST, rows[:whole]), (1, rows[whole:])):
        if some:
            values = ", ".join([one] * abreast)
            told_rows = [tuple(chain.from_iterable(some[n : n + abreast])) for n in range(0, len(some), abreast)]
            connection.exec_driver_sql(f"INSERT INTO bills ({_COLUMNS}) VALUES {values} {_ONCE}", told_rows)  # noqa: S608


def _copy(connection: Any, rows: Sequence[tuple[Any, ...]], told: str) -> None:
    """Write rows through a table of this transaction alone: COPY itself knows no conflicts."""
    names = ", ".join(_VARYING)
    connection.exec_driver_sql("DROP TABLE IF EXISTS pg_temp.new_bills")
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE new_bills ON COMMIT DROP AS SELECT {names} FROM bills WITH NO DATA"  # noqa: S608 - ours
    )
    raw = connection.connection.driver_connection
    with raw.cursor() as cursor, cursor.copy(f"COPY pg_temp.new_bills ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    connection.exec_driver_sql(
        f"INSERT INTO bills ({_COLUMNS}) SELECT {names}, {told}, {_ZEROS}, '' FROM pg_temp.new_bills {_ONCE}"  # noqa: S608 - ours
    )


def one_bill(session: Session, month: Month, charge: Charge, *, replaces_id: int | None = None) -> Bill:
    """Write one counted bill, with what it adds to the totals."""
    place, item, (plan, due), customer_id, fen, calculation, source = charge
    bill = Bill(
        estate_id=month.estate_id, building_id=place.building_id, unit_id=place.id, customer_id=customer_id,
        fee_item_id=item.id, payee_id=item.payee_id, tariff_id=plan.rate.id, month=month.first, source=source,
        period_from=plan.first, period_to=plan.last, amount=Decimal(fen) / 100, calculation=calculation,
        due_on=due.on, late_day=due.late_day, late_ppm=due.late_ppm, replaces_id=replaces_id,
    )  # fmt: skip
    return add_bill(session, bill)


def add_bill(session: Session, bill: Bill) -> Bill:
    """Write a bill in the actor's name, with what it adds to the totals."""
    bill.made_by, bill.made_at = actor_of(session).user_id, now()
    session.add(bill)
    session.flush()
    moves = totals.Moves()
    moves.add(bill, bills=1, amount=bill.amount)
    moves.write(session)
    return bill


__all__ = ["add_bill", "insert_bills", "one_bill"]
