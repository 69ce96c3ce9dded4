"""What a step of dunning needs: gates, each a sentence of what is missing; whom a complaint or a contract protects."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.cases import Case
from db.clock import today
from db.ledger.demands import Debt, debt_of, overdue, total_of
from db.ledger.dunnings import HAS_COMMITTEE, Dunning, State, ending_of
from db.ledger.money_tables import Deposit
from db.people import LEADERS
from db.registry import Occupancy, Relation
from db.registry_rules import holds_on
from db.session import actor_of
from db.settings import value_of
from db.words import Words, _


def something_is_overdue(session: Session, case: Dunning) -> Words | None:
    """Gate: something is overdue; what is not yet due is never demanded."""
    if overdue(session, debt_of(case), today()):
        return None
    return _("没有逾期未缴的账单；未到期的不能催缴。")


def somebody_owes(_session: Session, case: Dunning) -> Words | None:
    """Gate: there is somebody to write to; bills of a unit that nobody was registered at have no debtor."""
    return None if case.customer_id else _("这些账单没有缴费人；请先登记住户，再把账单作废重开。")


def nothing_is_overdue(session: Session, case: Dunning) -> Words | None:
    """Gate: nothing overdue is owed any more, principal or late fee."""
    total = total_of(overdue(session, debt_of(case), today()))
    return _("还有逾期的 {total} 元没有缴清。", total=total) if total else None


def open_complaints(session: Session, unit_id: int | None) -> list[str]:
    """Number the complaints still open at a unit: whoever complains is not pressed before somebody has looked."""
    rows = select(Case.number).where(Case.unit_id == unit_id, Case.process == "complaints", Case.closed_at.is_(None))
    return list(session.scalars(rows.order_by(Case.number)))


def no_open_dispute(session: Session, case: Dunning) -> Words | None:
    """Gate: an open complaint or dispute takes a supervisor to go on."""
    if actor_of(session).roles & LEADERS:
        return None
    if numbers := open_complaints(session, case.unit_id):
        return _("这户有未办结的投诉 {numbers}，请由主管或主任看过后再办。", numbers=str(_("、")).join(numbers))
    return _("这户对费用有争议，请由主管或主任看过后再办。") if case.disputed else None


def wait_is_over(session: Session, case: Dunning) -> Words | None:  # noqa: ARG001 - a gate
    """Gate: the time given by the last notice or promise has passed."""
    if case.wait_until is None or case.wait_until < today():
        return None
    return _("给客户的期限到 {day}，过后才能办。", day=case.wait_until)


def has_committee(session: Session, case: Dunning) -> Words | None:
    """Gate: the estate has an owners' committee."""
    has = value_of(session, HAS_COMMITTEE, case.estate_id) == "one"
    return None if has else _("本项目没有业主委员会。")


def committee_was_asked(session: Session, case: Dunning) -> Words | None:
    """Gate: where there is a committee, it was asked before the formal demand."""
    if case.state != State.REPORTED or value_of(session, HAS_COMMITTEE, case.estate_id) != "one":
        return None
    return _("本项目有业主委员会，请先请业委会督促。")


def goes_to_the_owner(session: Session, case: Dunning) -> Words | None:
    """Gate: arrears of a tenant are finally the owner's where the estate holds it so (HB:127; 物业管理条例 41)."""
    if not ending_of(session, case.estate_id).moves_to_owner:
        return _("本项目租户的欠费不转给业主。")
    owner = owner_of(session, case.unit_id)
    if owner is None:
        return _("这套房屋没有登记业主，请先补登。")
    return _("欠费人就是业主。") if owner == case.customer_id else None


def owner_was_told(session: Session, case: Dunning) -> Words | None:
    """Gate: the owner has had his notice, and is not dunned for this payee already."""
    if case.owner_told_on is None:
        return _("请先通知业主，并登记送达。")
    owner = owner_of(session, case.unit_id)
    key = Debt(case.unit_id or 0, owner, case.payee_id).key
    other = session.scalar(select(Dunning.number).where(Dunning.debt_key == key, Dunning.id != case.id))
    return _("业主名下已有催缴单 {number}，请先停止那张单，再转。", number=other) if other else None


def takes_deposit(session: Session, case: Dunning) -> Words | None:
    """Gate: by contract deposits pay arrears here, the director has said so, and one is held."""
    if not ending_of(session, case.estate_id).takes_deposit:
        return _("本项目不以保证金抵扣欠费。")
    if not case.decision:
        return _("请先由管理处主任写明意见。")
    return None if deposits_of(session, case) else _("这户在本收款单位没有可抵扣的保证金。")


def deposits_of(session: Session, case: Dunning) -> list[int]:
    """List the deposits that the debtor has at the unit with this payee."""
    rows = select(Deposit.id).where(
        Deposit.unit_id == case.unit_id, Deposit.payee_id == case.payee_id, Deposit.held > 0,
        Deposit.customer_id.is_not_distinct_from(case.customer_id),
    )  # fmt: skip
    return list(session.scalars(rows.order_by(Deposit.id)))


def owner_of(session: Session, unit_id: int | None) -> int | None:
    """Say who owns a unit today: the owner of record."""
    return session.scalar(
        select(Occupancy.customer_id)
        .where(Occupancy.unit_id == unit_id, Occupancy.relation == Relation.OWNER, holds_on(Occupancy, today()))
        .order_by(Occupancy.co_owner, Occupancy.id)
        .limit(1)
    )
