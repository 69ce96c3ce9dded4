"""Moving out as the desk and the cashier see it: confirmed, settled by the day, the deposit given back, done."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from db.cases import case_by_id
from db.clock import today
from db.dossiers import cards, move_out_money
from db.ledger import billing, deposits, payments
from db.ledger.money_tables import Correction, CorrectionKind, DepositKind
from db.ledger.tables import Bill
from db.people import SYSTEM
from db.process import open_case
from db.processes.move_outs import MoveOut, State
from db.registry import Occupancy, Relation, UnitState
from db.session import reading, writing
from tests.builders import an_occupancy
from tests.dossiers import sign_paper, tick_off
from tests.money import Till, a_tariff, cash
from tests.signed_in import page_at, press

PAGE = "pages/moves/move_outs.py"


@pytest.fixture(autouse=True)
def _database(sqlite_engine):
    """Pages are tried on SQLite."""


@pytest.fixture
def home():
    """Let a flat to a tenant who has paid this month's 300.00 and holds a card; his deposit is 500.00."""
    with writing(SYSTEM) as s:
        made = Till(s)
        made.unit.area, made.unit.state = Decimal(100), UnitState.LET
        a_tariff(s, made.item, "3.00", payer=Relation.TENANT)
        an_occupancy(s, made.unit, made.customer, Relation.TENANT, starts_on=today() - timedelta(days=400))
    with writing(made.finance) as s:
        billing.publish(s, made.estate.id, today(), [made.item.id])
    with writing(made.cashier) as s:
        payments.pay(s, made.unit.id, made.payee.id, [cash("300.00")])
        made.deposit = deposits.take_deposit(
            s, made.unit.id, made.payee.id, DepositKind.OTHER, [cash("500.00")], customer_id=made.customer.id
        ).payment
    with writing(made.desk) as s:
        made.card = cards.hand_out(s, made.unit.id, "access_card", "C1", customer_id=made.customer.id)
        made.case = open_case(s, "move_outs", {
            "unit_id": made.unit.id, "customer_id": made.customer.id, "reason": "expired", "wished_on": today(),
            "forwarding_address": "潍坊市奎文区 1 号",
        })  # fmt: skip
        tick_off(s, made.case, "application", "identity")
    return made


def state_of(home) -> str:
    with reading(SYSTEM) as s:
        return s.scalars(select(MoveOut.state)).one()


def said(app):
    kinds = (app.markdown, app.caption, app.error, app.info, app.warning, app.success)
    return " ".join(each.value for kind in kinds for each in kind).replace("\\", "")


@pytest.mark.requirement("O1")
@pytest.mark.requirement("O2")
def test_a_tenant_leaves_through_desk_and_cashier(home):
    app = page_at(home.desk, PAGE, case=home.case.number)
    assert app.date_input(key="move_outs.confirm.cut_off").value == today()
    press(app, "move_outs.confirm.save")
    assert state_of(home) == State.CONFIRMED
    with reading(SYSTEM) as s:
        assert s.scalars(select(Occupancy.ends_on)).one() == today()
    assert "手续齐了，请收费员或财务出最终账单。" in said(page_at(home.desk, PAGE, case=home.case.number))

    app = page_at(home.cashier, PAGE, case=home.case.number)
    press(app, "move_outs.settle.save")
    press(app, "move_outs.settle.save")  # sure
    assert state_of(home) == State.SETTLED
    with reading(home.cashier) as s:
        bills = s.scalars(select(Bill).where(Bill.voided_at.is_(None)).order_by(Bill.period_from)).all()
        assert (bills[0].period_to, bills[0].paid) == (today(), bills[0].amount)
        held = move_out_money.view(s, case_by_id(s, home.case.id)).deposits[0]

    app = page_at(home.cashier, PAGE, case=home.case.number)
    app.text_input(key=f"move_outs.return{held.id}.paper").set_value("收据收回")
    press(app, f"move_outs.return{held.id}.save")
    with reading(SYSTEM) as s:
        asked = s.scalars(select(Correction).where(Correction.kind == CorrectionKind.DEPOSIT_REFUND)).one()
        assert (asked.amount, asked.deposit_id, asked.evidence) == (Decimal("500.00"), held.id, "收据收回")

    app = page_at(home.desk, PAGE, case=home.case.number)
    assert "还有没交回的：门禁卡 C1" in said(app)
    with writing(home.desk) as s:
        cards.give_back(s, home.card.id)
        sign_paper(s, case_by_id(s, home.case.id), "move_out_statement")
    app = page_at(home.desk, PAGE, case=home.case.number)
    press(app, "move_outs.complete.save")
    assert state_of(home) == State.DONE


@pytest.mark.requirement("X2")
def test_a_guard_and_a_stranger_see_no_money_and_no_matter(home):
    app = page_at(home.guard, PAGE, case=home.case.number)
    assert "费用结算" not in said(app)
    with writing(SYSTEM) as s:
        stranger = Till(s)
    assert "没有找到这张单" in said(page_at(stranger.desk, PAGE, case=home.case.number))
