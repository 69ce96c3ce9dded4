"""A month's bills against one hand-written INSERT … SELECT into the same table; and a run that adds nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select, text

from bench.estate import Estate
from bench.floor import Floor, statements
from bench.measuring import Mark, Task
from db import session
from db.clock import now
from db.ledger.billing import publish
from db.ledger.tables import Basis, FeeItem, FeeKind, Payee, Tariff
from db.people import SYSTEM, Actor, Role
from db.registry import Building, Unit, UnitUse
from db.session import reading, writing

INSERT, RERUN = Mark(2.5), Mark(0.5)
ESTATE = 1
DONE, NEXT = date(2026, 10, 1), date(2026, 11, 1)
"""A month that is billed already, and the one that is billed again and again and taken back each time."""


class _TakenBack(Exception):  # noqa: N818 - not an error
    """Ends a write that is not to stay."""


@dataclass
class _Looked:
    """Rows are compared once, outside of what is timed."""

    rows: list[tuple[Any, ...]] | None = None
    done: bool = False


def prepared() -> int:
    """Give the estate a payee, its management fee and four tariffs, unless it has them; returns the fee item's id."""
    with writing(SYSTEM) as s:
        known = s.scalar(select(FeeItem.id).where(FeeItem.estate_id == ESTATE))
        if known is not None:
            return known
        payee = Payee(estate_id=ESTATE, name="Bench", mark="Z")
        s.add(payee)
        s.flush()
        item = FeeItem(estate_id=ESTATE, name="Bench", kind=FeeKind.MANAGEMENT, payee_id=payee.id)
        s.add(item)
        s.flush()
        shared: dict[str, Any] = {
            "estate_id": ESTATE, "fee_item_id": item.id, "name": "Bench", "basis": Basis.BY_AREA, "late_clause": "8",
            "valid_from": date(2024, 1, 1),
        }  # fmt: skip
        building = s.scalar(select(Building.id).where(Building.estate_id == ESTATE).limit(1))
        unit = s.scalar(select(Unit.id).where(Unit.estate_id == ESTATE).order_by(Unit.id.desc()).limit(1))
        s.add_all(
            [
                Tariff(price=Decimal("2.80"), **shared),
                Tariff(price=Decimal("2.20"), use=UnitUse.RESIDENTIAL, **shared),
                Tariff(price=Decimal("1.95"), use=UnitUse.RESIDENTIAL, building_id=building, **shared),
                Tariff(price=Decimal("3.05"), unit_id=unit, **shared),
            ]
        )
        return item.id


def tasks(estate: Estate, _floor: Floor) -> list[Task]:
    """Compare publishing a month, taken back each time, with the floor; and the run that finds all done."""
    cashier = replace(estate.actor, roles=frozenset({Role.CASHIER}))
    item = prepared()
    with writing(cashier) as s:
        publish(s, ESTATE, DONE, [item])
    looked_floor, looked_ours = _Looked(), _Looked()
    floor, ours = _floor_of(cashier, item, looked_floor), _ours(cashier, NEXT, item, looked_ours)

    def same(_theirs: None, _ours: None) -> None:
        assert looked_floor.rows, "the floor made no bills"
        assert looked_ours.rows == looked_floor.rows, _first_difference(looked_ours.rows or [], looked_floor.rows)

    def nothing_added(_theirs: None, _ours: None) -> None:
        with reading(SYSTEM) as s:
            runs = s.scalar(text("SELECT count(*) FROM billing_runs"))
        assert runs == 1, runs

    with reading(SYSTEM) as s:
        units = s.scalar(text(f"SELECT count(*) FROM bills WHERE month = '{DONE}'"))  # noqa: S608 - our own day
    again = _ours(cashier, DONE, item, _Looked(done=True))
    return [
        Task("billing", f"publish {units:,} bills", floor, ours, INSERT, same),
        Task("billing", f"the same again, {units:,} made already", floor, again, RERUN, nothing_added),
    ]


def _rows(connection: Connection, item: int) -> list[tuple[Any, ...]]:
    asked = {"estate": ESTATE, "month": NEXT.isoformat(), "item": item}
    return [tuple(map(str, row)) for row in connection.execute(text(statements("billing")["rows"]), asked)]


def _floor_of(actor: Actor, item: int, looked: _Looked) -> Callable[[], None]:
    last = NEXT + timedelta(days=29)
    due = NEXT.replace(day=10)
    at = f"{now().astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}" + ("" if _is_sqlite() else "+00")
    told = {
        "estate": ESTATE, "month": NEXT.isoformat(), "last": last.isoformat(), "item": item, "due": due.isoformat(),
        "late_day": due.toordinal() + 1, "by": actor.user_id, "at": at,
    }  # fmt: skip
    if not _is_sqlite():
        told |= {"month": NEXT, "last": last, "due": due}
    sql = {name: text(each.rstrip(";")) for name, each in statements("billing").items()}

    def insert() -> None:
        with session.engine().connect() as connection:
            connection.execute(sql["run"], told)
            run = connection.scalar(sql["newest_run"])
            connection.execute(sql["publish"], told | {"run": run})
            if not looked.done:
                looked.rows, looked.done = _rows(connection, item), True
            connection.rollback()

    return insert


def _is_sqlite() -> bool:
    return session.engine().dialect.name == "sqlite"


def _ours(actor: Actor, month: date, item: int, looked: _Looked) -> Callable[[], None]:
    def run() -> None:
        try:
            with writing(actor) as s:
                publish(s, ESTATE, month, [item])
                if not looked.done:
                    looked.rows, looked.done = _rows(s.connection(), item), True
                raise _TakenBack  # noqa: TRY301 - what takes it back
        except _TakenBack:
            return

    return run


def _first_difference(ours: list[Any], floor: list[Any]) -> Any:
    pairs = ((a, b) for a, b in zip(ours, floor, strict=False) if a != b)
    return next(pairs, (len(ours), len(floor)))
