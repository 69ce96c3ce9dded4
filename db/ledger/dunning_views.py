"""A household's dunning on one page: what is owed bill by bill, the papers sent, the law, what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import Choice
from db.clock import today
from db.ledger import arrears, demands, limitation
from db.ledger.demands import Debt, overdue, said_delivery, said_kind
from db.ledger.dunning_gates import open_complaints, owner_of
from db.ledger.dunnings import WAITING, Dunning, LegalStep, Outcome, State
from db.ledger.tables import FeeItem, Payee
from db.people import Right, require
from db.refused import Refused
from db.registry import Customer, Unit
from db.session import actor_of
from db.words import Words, _


@dataclass(frozen=True)
class BillLine:
    """An overdue bill."""

    bill_id: int
    item: str
    period_from: date
    period_to: date
    due_on: date
    days: int
    unpaid: Decimal
    late_fee: Decimal
    limitation_on: date


@dataclass(frozen=True)
class Sent:
    """A paper of the dunning, and what is known of its arrival."""

    number: str
    kind: str
    on: date
    amount: Decimal
    delivery: str


@dataclass(frozen=True)
class Measure:
    """A lawful measure with its outcome."""

    kind: str
    on: date
    forum: str
    file_number: str
    outcome: Choice | None
    recovered: Decimal | None


@dataclass(frozen=True)
class View:
    """Everything about a debtor's arrears at a unit for one payee."""

    debt: Debt
    unit: str
    customer: str
    payee: str
    bills: tuple[BillLine, ...]
    principal: Decimal
    late_fee: Decimal
    number: str
    """Of the open dunning; empty where there is none."""
    sent: tuple[Sent, ...]
    measures: tuple[Measure, ...]
    complaints: tuple[str, ...]
    disputed: bool
    is_tenant: bool
    """Not the owner: what he leaves unpaid may become the owner's."""
    coming: Words
    """What comes next, and from when."""

    @property
    def total(self) -> Decimal:
        """Return principal and late fee together."""
        return self.principal + self.late_fee


def view(session: Session, debt: Debt, case: Dunning | None = None) -> View:
    """Put a household's dunning together; needs `SEE_MONEY`. Raises `Refused` outside of the actor's estates."""
    actor = actor_of(session)
    require(actor, Right.SEE_MONEY)
    unit = session.get(Unit, debt.unit_id)
    payee = session.get(Payee, debt.payee_id)
    if unit is None or payee is None or unit.estate_id not in actor.estates or payee.estate_id != unit.estate_id:
        raise Refused(_("没有找到这户欠费，请从欠费清单重新打开。"))
    if case is None:
        case = session.scalar(select(Dunning).where(Dunning.debt_key == debt.key))
    customer = session.get(Customer, debt.customer_id) if debt.customer_id is not None else None
    bills = _bills(session, debt)
    owner = owner_of(session, unit.id)
    return View(
        debt, unit.short, arrears.shown_name(actor, customer.name) if customer else "", payee.name, bills,
        sum((each.unpaid for each in bills), Decimal(0)), sum((each.late_fee for each in bills), Decimal(0)),
        case.number if case else "", _sent(session, case) if case else (), _measures(session, case) if case else (),
        tuple(open_complaints(session, unit.id)), disputed=case is not None and case.disputed,
        is_tenant=owner is not None and owner != debt.customer_id, coming=_coming(case),
    )  # fmt: skip


def view_of_case(session: Session, case_id: int) -> View:
    """Put the view of a dunning together, open or closed."""
    case = session.get_one(Dunning, case_id)
    return view(session, demands.debt_of(case), case)


def _bills(session: Session, debt: Debt) -> tuple[BillLine, ...]:
    lines = overdue(session, debt, today())
    rows = select(FeeItem.id, FeeItem.name).where(FeeItem.id.in_({each.bill.fee_item_id for each in lines}))
    items = {row.id: row.name for row in session.execute(rows)}
    return tuple(
        BillLine(
            each.bill.id, items[each.bill.fee_item_id], each.bill.period_from, each.bill.period_to, each.bill.due_on,
            each.days_overdue, each.bill.unpaid, each.late_fee,
            limitation.ends_on(limitation.begins_on(each.bill)),
        )
        for each in lines
    )  # fmt: skip


def _sent(session: Session, case: Dunning) -> tuple[Sent, ...]:
    return tuple(
        Sent(
            notice.number, str(said_kind(notice.kind)), date.fromisoformat(notice.snapshot["head"]["issued_on"]),
            notice.amount, said_delivery(delivery) if delivery else "",
        )
        for notice, delivery in demands.notices_of(session, case.id)
    )  # fmt: skip


def _measures(session: Session, case: Dunning) -> tuple[Measure, ...]:
    rows = session.scalars(select(LegalStep).where(LegalStep.case_id == case.id).order_by(LegalStep.id.desc()))
    return tuple(
        Measure(
            str(each.kind.label), each.started_on, each.forum, each.file_number,
            Outcome(each.outcome) if each.outcome else None, each.recovered,
        )
        for each in rows
    )  # fmt: skip


_COMING: dict[str, Words] = {
    State.NEW: _("可以发第一次催缴"), State.DUE_SECOND: _("可以发第二次催缴"), State.DUE_THIRD: _("可以发第三次催缴"),
    State.REPORTED: _("由管理处主任决定：请业委会督促或发催告函"), State.URGED: _("由管理处主任决定是否发催告函"),
    State.DEMANDED: _("由管理处主任决定法律途径"), State.LEGAL: _("等待法律途径的结果"),
    State.PAID: _("已结清"), State.STOPPED: _("已停止催缴"),
}  # fmt: skip
_AFTER = {
    State.FIRST: _("第二次催缴"), State.SECOND: _("第三次催缴"), State.THIRD: _("报管理处主任"),
}  # fmt: skip


def _coming(case: Dunning | None) -> Words:
    if case is None:
        return _("还没有催缴过，可以发第一次催缴")
    if case.state in WAITING and case.wait_until is not None:
        return _("{day} 起可以{step}；在此之前等客户缴费", day=case.wait_until + timedelta(days=1),
                 step=_AFTER[State(case.state)])  # fmt: skip
    return _COMING[case.state]
