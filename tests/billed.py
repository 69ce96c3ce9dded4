"""What tests of billing share: an office about to bill November 2026, and short ways to bill and to look."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import select

from db.clock import now
from db.ledger.billing import Published, publish
from db.ledger.billing_preview import Preview, preview
from db.ledger.counting import Why
from db.ledger.tables import Bill, FeeTotal
from db.people import SYSTEM
from db.session import reading, writing
from tests.builders import an_occupancy
from tests.money import Till, a_tariff

NOV, DEC = date(2026, 11, 1), date(2026, 12, 1)
MOMENT = now().replace(year=2026, month=11, day=5, hour=3)


class Hall(Till):
    """A till whose one unit has an area, an owner and a tariff of 2.80 with a late-fee clause."""

    def __init__(self, s) -> None:
        super().__init__(s)
        self.unit.area = Decimal("96.56")
        self.owner = an_occupancy(s, self.unit, self.customer)
        self.tariff = a_tariff(s, self.item, late_clause="第八条", late_ppm=500)


def a_hall() -> Hall:
    with writing(SYSTEM) as s:
        return Hall(s)


def run(hall, month=NOV, *items, actor=None, **told) -> Published:
    with writing(actor or hall.cashier) as s:
        return publish(s, hall.estate.id, month, items or [hall.item.id], **told)


def bills(**claims) -> list[Bill]:
    with reading(SYSTEM) as s:
        return list(s.scalars(select(Bill).filter_by(**claims).order_by(Bill.month, Bill.id)))


def said(**claims) -> list[str]:
    return [each.calculation for each in bills(**claims)]


def tried(hall, month=NOV, *items) -> Preview:
    with reading(hall.finance) as s:
        return preview(s, hall.estate.id, month, items or [hall.item.id])


def without(hall, month=NOV, *items) -> list[tuple[str, Why]]:
    return [(each.unit, each.why) for each in tried(hall, month, *items).without]


def totals() -> list[tuple]:
    """List (month, bills, amount, waived, paid)."""
    with reading(SYSTEM) as s:
        columns = (FeeTotal.month, FeeTotal.bills, FeeTotal.amount, FeeTotal.waived, FeeTotal.paid)
        return [tuple(row) for row in s.execute(select(*columns).order_by(FeeTotal.month))]
