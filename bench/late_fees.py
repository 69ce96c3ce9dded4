"""What every unit owes with its late fee, all at once, against one hand-written sum by unit over the same table."""

from __future__ import annotations

from datetime import UTC, date
from typing import Any

from sqlalchemy import func, select, text

from bench.billing import ESTATE, prepared
from bench.estate import Estate
from bench.floor import Floor, statements
from bench.measuring import Mark, Task, statements_sent
from db import session
from db.clock import now, today
from db.ledger.arrears import by_unit
from db.ledger.tables import Bill
from db.session import reading

MARK = Mark(2)
MONTHS = tuple(date(2024, month, 1) for month in range(1, 7))
"""Six months of arrears: one bill in ten paid in part, one with only its late fee left, one settled."""


def _sql(name: str) -> Any:
    largest = "max" if session.engine().dialect.name == "sqlite" else "greatest"
    return text(statements("late_fee")[name].rstrip(";").replace("larger(", f"{largest}("))


def _made(item: int) -> int:
    """Make the arrears, unless they are there; returns how many bills they are."""
    count = select(func.count()).select_from(Bill).where(Bill.estate_id == ESTATE, Bill.month.in_(MONTHS))
    sqlite = session.engine().dialect.name == "sqlite"
    with session.engine().begin() as connection:
        if not connection.scalar(count):
            at: Any = f"{now().astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}" if sqlite else now()
            for month in MONTHS:
                due = month.replace(day=10)
                days = {"month": month.isoformat(), "due": due.isoformat()} if sqlite else {"month": month, "due": due}
                told = {"late_day": due.toordinal() + 1, "item": item, "estate": ESTATE, "at": at}
                connection.execute(_sql("make"), told | days)
        made = connection.scalar(count)
    with session.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE bills"))
    return int(made or 0)


def tasks(estate: Estate, _floor: Floor) -> list[Task]:
    """Compare the sums of all units with the floor's, to the fen."""
    bills = _made(prepared())
    told = {"estate": ESTATE, "after": today().toordinal() + 1}
    sums = (_sql("open"), _sql("late fee only"))

    def floor() -> dict[int, tuple[int, int]]:
        found: dict[int, tuple[int, int]] = {}
        with session.engine().connect() as connection:
            for statement in sums:
                for unit_id, principal, late in connection.execute(statement, told):
                    before = found.get(unit_id, (0, 0))
                    found[unit_id] = (before[0] + int(principal), before[1] + int(late))
            connection.rollback()
        return found

    def ours() -> dict[int, tuple[int, int]]:
        with reading(estate.actor) as opened:
            return by_unit(opened, [ESTATE])

    def same(theirs: dict[int, tuple[int, int]], mine: dict[int, tuple[int, int]]) -> None:
        owing = {unit_id: each for unit_id, each in theirs.items() if any(each)}
        assert mine == owing, next((each for each in owing if mine.get(each) != owing[each]), "more units")
        assert mine, "nobody owes anything"

    queries = str(statements_sent(ours))
    return [Task("late_fee", f"arrears of all units, {bills:,} bills", floor, ours, MARK, same, queries=queries)]
