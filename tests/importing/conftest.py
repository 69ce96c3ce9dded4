"""An empty estate, and a supervisor who imports into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func, select

from db import importing
from db.people import SYSTEM, Actor, Role
from db.registry import Building, Customer, CustomerPhone, Occupancy, ParkingSpace, Unit, Vehicle
from db.session import reading, writing
from tests.builders import an_actor, an_estate

TABLES = (Building, Unit, Customer, CustomerPhone, Occupancy, ParkingSpace, Vehicle)


@dataclass
class Site:
    """What an import test works on."""

    estate_id: int
    supervisor: Actor
    desk: Actor

    def plan(self, data: bytes, name: str = "名单.xlsx", **corrections: Any) -> importing.Plan:
        """Judge a file as the supervisor; `corrections` are keyword arguments of `corrected`."""
        book = importing.read(name, data)
        with reading(self.supervisor) as s:
            mapping = importing.understand(s, book)
            if corrections:
                mapping = mapping.corrected(**corrections)
            return importing.plan(s, book, mapping, self.estate_id)

    def take_in(self, data: bytes, name: str = "名单.xlsx", **corrections: Any) -> importing.Result:
        """Judge a file and take it in."""
        planned = self.plan(data, name, **corrections)
        with writing(self.supervisor) as s:
            return importing.run(s, planned)

    def undo(self, import_id: int | None) -> dict[str, int]:
        """Take an import back."""
        with writing(self.supervisor) as s:
            return importing.undo(s, import_id)

    def counts(self) -> dict[str, int]:
        """Count what is in the registry's tables."""
        with reading(self.supervisor) as s:
            return {each.__tablename__: s.scalar(select(func.count()).select_from(each)) for each in TABLES}

    def all(self, *columns: Any, order: Any = None) -> list[tuple[Any, ...]]:
        """Select columns, in order of the first (or `order`)."""
        with reading(self.supervisor) as s:
            return [tuple(row) for row in s.execute(select(*columns).order_by(columns[0] if order is None else order))]

    def holders(self) -> list[tuple[Any, ...]]:
        """List who holds which unit: (unit, name, relation, co-owner, from, to)."""
        with reading(self.supervisor) as s:
            rows = s.execute(
                select(
                    Unit.short,
                    Customer.name,
                    Occupancy.relation,
                    Occupancy.co_owner,
                    Occupancy.starts_on,
                    Occupancy.ends_on,
                )
                .join(Occupancy, Occupancy.unit_id == Unit.id)
                .join(Customer, Customer.id == Occupancy.customer_id)
                .order_by(Occupancy.id)
            )
            return [tuple(row) for row in rows]


@pytest.fixture
def site(engine) -> Site:
    """Make an empty estate with its people, on each database."""
    with writing(SYSTEM) as s:
        estate = an_estate(s)
        supervisor, desk = an_actor(s, [estate], Role.SUPERVISOR), an_actor(s, [estate], Role.DESK)
        return Site(estate.id, supervisor, desk)


def verdicts(planned: importing.Plan) -> list[tuple[str, int, str, str]]:
    """List (sheet, row, key, verdict) of every row."""
    return [(row.sheet, row.row, row.key, row.verdict.value) for row in planned.rows]


def errors(planned: importing.Plan) -> list[str]:
    """List what keeps rows out, as the office reads it."""
    return [importing.located(row, note, planned.mapping.of(row.sheet)) for row in planned.rows for note in row.errors]


def warnings(planned: importing.Plan) -> list[str]:
    """List what is only warned about, as the office reads it."""
    return [
        importing.located(row, note, planned.mapping.of(row.sheet)) for row in planned.rows for note in row.warnings
    ]
