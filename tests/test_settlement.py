"""Settling a unit: sold, arrears stay with whom they were billed to; left, months without service are given back."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from components.papers import printing
from db.audit import Audit
from db.clock import moment_of, pretending
from db.ledger import books, corrections, deposits, payments, settlement
from db.ledger.money_tables import DepositKind
from db.ledger.tables import Bill
from db.people import SYSTEM
from db.refused import Refused
from db.registry import Occupancy
from db.session import reading, writing
from tests.builders import a_customer, a_unit, an_occupancy
from tests.money import a_bill, a_till, cash

pytestmark = pytest.mark.usefixtures("engine")
SOLD = date(2026, 9, 15)


def noon(day=SOLD):
    return pretending(moment_of(day) + timedelta(hours=12))


@pytest.fixture
def till(engine):
    """Owe August in full; October paid ahead, 80 kept besides, a deposit of 2,000; sold from 16 September on."""
    made = a_till()
    with writing(SYSTEM) as s:
        an_occupancy(s, made.unit, made.customer, starts_on=date(2020, 1, 1))
        made.buyer = a_customer(s, made.estate, "陈静")
        made.august, made.october = (
            a_bill(s, made.unit, made.item, "100.00", date(2026, n, 1), customer_id=made.customer.id).id
            for n in (8, 10)
        )
    with noon(date(2026, 9, 1)), writing(made.cashier) as s:
        payments.pay(s, made.unit.id, made.payee.id, [cash("100.00")], bill_ids=[made.october])
        payments.pay(s, made.unit.id, made.payee.id, [cash("80.00")], bill_ids=[])
        deposits.take_deposit(s, made.unit.id, made.payee.id, DepositKind.RENOVATION, [cash("2000.00")],
                              customer_id=made.customer.id)  # fmt: skip
    return made


def hand_over(till, **told):
    with noon(), writing(till.supervisor) as s:
        return settlement.change_owner(s, till.unit.id, [till.buyer.id], date(2026, 9, 16), **told)


@pytest.mark.requirement("O2")
def test_a_settlement_says_what_is_owed_paid_ahead_kept_and_held(till):
    with noon(), reading(till.desk) as s:
        statement = settlement.settle_unit(s, till.unit.id, till.customer.id, SOLD)
    (part,) = statement.parts
    # August: due on the 10th, on 15 September 36 days × 0.05 % of 100 = 1.80
    assert [(each.unpaid, each.late_fee) for each in part.owed] == [(Decimal("100.00"), Decimal("1.80"))]
    assert (part.due, part.paid_ahead, part.balance, part.held) == (
        Decimal("101.80"), Decimal("100.00"), Decimal("80.00"), Decimal("2000.00")
    )  # fmt: skip
    assert part.net == Decimal("-2078.20")
    sheet = settlement.sheet_of(statement, "1-1-101 费用结算单")
    assert sheet["tables"][0]["rows"][-1] == {"cells": ["应退还", "", "", "", "2,078.20"], "bold": True}
    assert printing.pdf("table_sheet", {"sheets": [sheet]})[:5] == b"%PDF-"


@pytest.mark.requirement("O2")
@pytest.mark.requirement("R2")
def test_arrears_stay_with_the_old_owner_and_later_bills_are_the_new_owners(till):
    with pytest.raises(Refused, match="预存 80.00 元、过户日以后已缴的 100.00 元没有处理"):
        hand_over(till)
    with pytest.raises(Refused, match="书面同意"):
        hand_over(till, hand_over=True)
    hand_over(till, hand_over=True, agreement="过户结算单双方签字", token="t")
    assert hand_over(till, hand_over=True, agreement="过户结算单双方签字", token="t") == []
    with noon(), reading(till.desk) as s:
        assert [s.get_one(Bill, each).customer_id for each in (till.august, till.october)] == [
            till.customer.id, till.buyer.id
        ]  # fmt: skip
        owners = s.execute(select(Occupancy.customer_id, Occupancy.starts_on, Occupancy.ends_on).order_by(Occupancy.id))
        assert owners.all() == [
            (till.customer.id, date(2020, 1, 1), SOLD), (till.buyer.id, date(2026, 9, 16), None)
        ]  # fmt: skip
        assert [each.owed[0].unpaid for each in
                settlement.settle_unit(s, till.unit.id, till.customer.id, SOLD).parts] == [100]  # fmt: skip
        trail = s.scalars(select(Audit).where(Audit.act == "changed_owner")).one()
        assert (trail.ground, trail.before, trail.after["bills"]) == (
            "过户结算单双方签字", {"customer_id": till.customer.id}, [till.october]
        )  # fmt: skip
        assert all(not each.findings for each in books.run(s, books.Scope()))


@pytest.mark.requirement("O2")
def test_months_without_service_are_given_back_before_the_unit_is_handed_over(till):
    with noon(), writing(till.finance) as s:
        freed = settlement.refund_ahead(s, till.unit.id, settlement.first_after(SOLD), "已售")
        assert freed == {till.payee.id: Decimal("100.00")}
        assert s.get_one(Bill, till.october).voided_on == SOLD
        assert payments.balances_of(s, [till.unit.id]) == {(till.unit.id, till.payee.id): Decimal("180.00")}
        corrections.ask_refund(s, till.unit.id, till.payee.id, Decimal("180.00"), "过户")
        assert s.get_one(Bill, till.august).voided_at is None


def test_a_unit_with_nothing_open_is_handed_over_at_once(till):
    with writing(SYSTEM) as s:
        other = a_unit(s, till.building, room="909")
    with noon(), writing(till.supervisor) as s:
        assert settlement.settle_unit(s, other.id, None, SOLD).is_clear
        assert len(settlement.change_owner(s, other.id, [till.buyer.id], SOLD)) == 1
        assert settlement.owner_on(s, other.id, SOLD) == till.buyer.id
