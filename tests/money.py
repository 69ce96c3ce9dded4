"""Builders of money: payees, items, tariffs, bills; each is called what it makes."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal

from db.clock import now, today
from db.ledger import totals
from db.ledger.money_tables import Method
from db.ledger.postings import Tender
from db.ledger.pricing import next_month
from db.ledger.tables import Basis, Bill, FeeItem, FeeKind, Meter, Payee, Reading, ReadingKind, Tariff
from db.people import SYSTEM, SYSTEM_ID, Role
from db.registry import Contract, ContractKind, ParkingKind, ParkingSpace
from db.session import writing
from tests.builders import Office, a_unit, an_actor, three_letters

_counting = itertools.count(1)


def a_payee(s, estate, name=None, mark=None) -> Payee:
    n = next(_counting)
    payee = Payee(estate_id=estate.id, name=name or f"物业公司{n}", mark=mark or f"M{three_letters(n)}")
    s.add(payee)
    s.flush()
    return payee


def a_fee_item(s, payee, kind=FeeKind.MANAGEMENT, name=None) -> FeeItem:
    called = name or f"{kind.label}{next(_counting)}"
    item = FeeItem(estate_id=payee.estate_id, payee_id=payee.id, kind=kind, name=called)
    s.add(item)
    s.flush()
    return item


def a_tariff(s, item, price="2.80", **columns) -> Tariff:
    told = {"name": "标准", "basis": Basis.BY_AREA, "valid_from": date(2020, 1, 1)} | columns
    tariff = Tariff(estate_id=item.estate_id, fee_item_id=item.id, price=Decimal(price), **told)
    s.add(tariff)
    s.flush()
    return tariff


def a_bill(s, unit, item, amount="270.37", month=date(2026, 11, 1), *, clause=True, **columns) -> Bill:
    """Make a bill due on the 10th of its month, with a late-fee clause unless told otherwise."""
    due_on = columns.pop("due_on", month.replace(day=10))
    told = {"period_from": month, "period_to": month.replace(day=28), "calculation": f"{amount} 元"}
    told |= {"late_day": due_on.toordinal() + 1 if clause else None, "late_ppm": 500 if clause else 0} | columns
    bill = Bill(
        estate_id=unit.estate_id, building_id=unit.building_id, unit_id=unit.id, fee_item_id=item.id,
        payee_id=item.payee_id, month=month, amount=Decimal(amount), due_on=due_on,
        made_by=SYSTEM_ID, made_at=now(), **told,
    )  # fmt: skip
    s.add(bill)
    s.flush()
    moved = totals.Moves()
    moved.add(bill, bills=1, amount=bill.amount)
    moved.write(s)
    return bill


def a_lease(s, customer, unit=None, *, year=2026, **columns) -> Contract:
    """Make a lease of one calendar year, unless told otherwise."""
    columns = {"starts_on": date(year, 1, 1), "ends_on": date(year, 12, 31)} | columns
    lease = Contract(
        estate_id=customer.estate_id, number=f"ZL-{next(_counting)}", kind=ContractKind.LEASE, customer_id=customer.id,
        unit_id=unit.id if unit else None, **columns,
    )  # fmt: skip
    s.add(lease)
    s.flush()
    return lease


def a_space(s, estate, tenure, customer=None, kind=ParkingKind.GARAGE, **columns) -> ParkingSpace:
    space = ParkingSpace(
        estate_id=estate.id, code=f"B-{next(_counting):03}", kind=kind, tenure=tenure,
        customer_id=customer.id if customer else None, **columns,
    )  # fmt: skip
    s.add(space)
    s.flush()
    return space


def an_overdue_unit(s, office) -> dict[str, int]:
    """Make a unit of the office's customer with a bill long overdue; says what names it in a form."""
    n = next(_counting)
    unit = a_unit(s, office.building, entrance="9", room=f"{n}")
    item = a_fee_item(s, a_payee(s, office.estate))
    a_bill(s, unit, item, month=today().replace(year=today().year - 1, day=1), customer_id=office.customer.id)
    return {"unit_id": unit.id, "customer_id": office.customer.id}


def cash(amount, tendered=None) -> Tender:
    return Tender(Method.CASH, Decimal(amount), tendered=Decimal(tendered) if tendered else None)


def wechat(amount, reference="wx1") -> Tender:
    return Tender(Method.WECHAT, Decimal(amount), reference)


class Till(Office):
    """An office with a payee, its management fee, two cashiers and finance."""

    def __init__(self, s) -> None:
        super().__init__(s)
        self.payee = a_payee(s, self.estate)
        self.item = a_fee_item(s, self.payee)
        self.other_cashier = an_actor(s, [self.estate], Role.CASHIER, name="收费员二")
        self.finance = an_actor(s, [self.estate], Role.FINANCE, name="财务")


def a_till() -> Till:
    with writing(SYSTEM) as s:
        return Till(s)


def a_meter(s, unit, item, number="", base="0", **columns) -> Meter:
    meter = Meter(
        estate_id=unit.estate_id, unit_id=unit.id, fee_item_id=item.id, number=number, base=Decimal(base), **columns
    )  # fmt: skip
    s.add(meter)
    s.flush()
    return meter


def readings_of(s, meter, first, *uses, by=SYSTEM_ID, last=ReadingKind.READ) -> list[Reading]:
    """Read a meter in consecutive months from `first` on; what it used in each is told, and the `last` one's kind."""
    made, value, month = [], meter.base, first
    for used in map(Decimal, uses):
        reading = Reading(
            meter_id=meter.id, month=month, read_on=month.replace(day=25), previous=value, value=value + used,
            quantity=used * (meter.multiplier or 1), read_by=by, recorded_at=now(),
        )  # fmt: skip
        s.add(reading)
        made.append(reading)
        reading.kind = last if len(made) == len(uses) else ReadingKind.READ
        value, month = reading.value, next_month(month)
    s.flush()
    return made
