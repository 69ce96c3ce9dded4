"""Closing a cashier's day 日结 and a payee's month 月结: counted against the cash book, frozen, shut (F10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.audit import record
from db.clock import now, today
from db.ledger import books
from db.ledger.closing_papers import paper_of_day, paper_of_month
from db.ledger.money_tables import DayClosing, Method, MonthClosing, Payment, PaymentLine
from db.ledger.payments import queue
from db.ledger.pricing import next_month
from db.ledger.tables import NOTHING, Bill, Payee
from db.people import Actor, Right, User, in_scope, require
from db.refused import Conflict, Refused
from db.session import actor_of
from db.words import _

NOTES = tuple(Decimal(each) for each in ("100", "50", "20", "10", "5", "1", "0.5", "0.1"))
"""Yuan notes and coins, as they are counted."""


@dataclass(frozen=True)
class OpenDay:
    """A cashier's day for one payee that is not closed yet."""

    payee_id: int
    payee: str
    estate_id: int
    cashier_id: int
    cashier: str
    day: date
    entries: int
    amount: Decimal


def open_days(session: Session, estate_ids: frozenset[int] | None = None) -> list[OpenDay]:
    """List the days with entries that are still open, oldest first: one's own, or all for those who close months.

    A day without an entry needs no closing.
    """
    actor = actor_of(session)
    require(actor, Right.SEE_MONEY)
    statement = (
        select(
            Payment.payee_id, Payee.name, Payment.estate_id, Payment.cashier_id, User.name, Payment.paid_on,
            func.count(), func.sum(Payment.amount),
        )
        .join(Payee, Payee.id == Payment.payee_id)
        .join(User, User.id == Payment.cashier_id)
        .outerjoin(
            DayClosing,
            (DayClosing.payee_id == Payment.payee_id) & (DayClosing.cashier_id == Payment.cashier_id)
            & (DayClosing.day == Payment.paid_on),
        )
        .where(DayClosing.id.is_(None), select(PaymentLine.id).where(PaymentLine.payment_id == Payment.id).exists())
        .group_by(
            Payment.payee_id, Payee.name, Payment.estate_id, Payment.cashier_id, User.name, Payment.paid_on,
        )
        .order_by(Payment.paid_on, Payment.payee_id, Payment.cashier_id)
    )  # fmt: skip
    if estate_ids is not None:
        statement = statement.where(Payment.estate_id.in_(estate_ids))
    if not sees_all_days(actor):
        statement = statement.where(Payment.cashier_id == actor.user_id)
    return [OpenDay(*row) for row in session.execute(in_scope(statement, actor, Payment))]


def sees_all_days(actor: Actor) -> bool:
    """Say whether somebody sees every cashier's days; a cashier alone sees his own."""
    return any(actor.may(right) for right in (Right.CLOSE_MONTH, Right.SUPERVISE, Right.CHECK_BOOKS))


def expected(session: Session, payee_id: int, cashier_id: int, day: date) -> dict[Method, Decimal]:
    """Say what a cashier's entries of a day make by method, in yuan: voids, reversals and refunds taken off."""
    require(actor_of(session), Right.SEE_MONEY)
    return _expected(session, payee_id, cashier_id, day)


def _expected(session: Session, payee_id: int, cashier_id: int, day: date) -> dict[Method, Decimal]:
    rows = session.execute(
        select(PaymentLine.method, func.sum(PaymentLine.amount))
        .join(Payment, Payment.id == PaymentLine.payment_id)
        .where(Payment.payee_id == payee_id, Payment.cashier_id == cashier_id, Payment.paid_on == day)
        .group_by(PaymentLine.method)
    )
    by_method = dict(rows.all())
    return {method: by_method[method] for method in Method if method in by_method}


def cash_of(counted: Mapping[Decimal, int]) -> Decimal:
    """Add up notes and coins: worth of one → how many."""
    return sum((worth * n for worth, n in counted.items()), NOTHING)


def preview(session: Session, payee_id: int, cashier_id: int, day: date) -> dict[str, Any]:
    """Make the paper of a day as it would be closed now, nothing counted yet; of the shape `DailyClosing`."""
    payee = _payee(session, payee_id)
    sums = expected(session, payee_id, cashier_id, day)
    return paper_of_day(session, payee, cashier_id, day, sums=sums, counted=sums)


# ── the day ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def close_day(
    session: Session,
    payee_id: int,
    cashier_id: int,
    day: date,
    counted: Mapping[Method, Decimal],
    *,
    seen: Decimal | None = None,
    slip: str = "",
    note: str = "",
    notes: Mapping[Decimal, int] | None = None,
) -> DayClosing:
    """Close a cashier's day for one payee: `counted` by method, in yuan, as the drawer and the terminals say.

    One's own needs `TAKE_PAYMENT`; an absent cashier's is closed by finance (`CLOSE_MONTH`), which is recorded.
    `seen` is the sum that the form showed: when money came in since, it is refused. Where anything differs `note` must
    say why. `notes` is how the cash was counted. Raises `Refused` for an earlier day still open, and for a day that
    is closed already; the same closing pressed twice returns the first.
    """
    actor = actor_of(session)
    require(actor, Right.TAKE_PAYMENT if cashier_id == actor.user_id else Right.CLOSE_MONTH)
    payee = _payee(session, payee_id)
    _shut_door(session, payee)
    sums = _expected(session, payee_id, cashier_id, day)
    amounts = {method: counted[method] for method in Method if method in counted}
    if (done := _closing(session, payee_id, cashier_id, day)) is not None:
        if done.closed_by == actor.user_id and done.counted == _said(amounts):
            return done
        raise Refused(_("{day} 已经日结。", day=day.isoformat()))
    _refuse_day(session, payee_id, cashier_id, day, sums)
    if seen is not None and seen != sum(sums.values(), NOTHING):
        raise Conflict(_("刚有新的收款或退款，金额已变，请按最新金额重新核对。"))
    _check_counted(sums, amounts, note)
    over = sum(amounts.values(), NOTHING) - sum(sums.values(), NOTHING)
    paper = paper_of_day(
        session, payee, cashier_id, day, sums=sums, counted=amounts, slip=slip.strip(), note=note.strip()
    )
    counts = {str(worth): n for worth, n in (notes or {}).items() if n}
    row = DayClosing(
        estate_id=payee.estate_id, payee_id=payee_id, cashier_id=cashier_id, day=day, expected=_said(sums),
        counted=_said(amounts), over_short=over, slip=slip.strip(), note=note.strip(), closed_by=actor.user_id,
        closed_at=now(), snapshot={"paper": paper, "notes": counts},
    )  # fmt: skip
    session.add(row)
    session.flush()
    said = {"day": day, "cashier_id": cashier_id, "amount": sum(sums.values(), NOTHING), "over_short": over}
    record(session, "closed", "day_closings", row.id, estate_id=row.estate_id, ground=row.note[:200], after=said)
    return row


def _payee(session: Session, payee_id: int) -> Payee:
    payee = session.get(Payee, payee_id)
    if payee is None or payee.estate_id not in actor_of(session).estates:
        raise Refused(_("没有找到这个收款单位。"))
    return payee


def _shut_door(session: Session, payee: Payee) -> None:
    """Wait for whoever is writing into the payee's books, and let nobody in until the closing stands."""
    queue(session, payee.estate_id)
    session.execute(select(Payee.id).where(Payee.id == payee.id).with_for_update(key_share=True))


def _closing(session: Session, payee_id: int, cashier_id: int, day: date) -> DayClosing | None:
    return session.scalar(
        select(DayClosing).where(
            DayClosing.payee_id == payee_id, DayClosing.cashier_id == cashier_id, DayClosing.day == day
        )
    )


def _refuse_day(session: Session, payee_id: int, cashier_id: int, day: date, sums: Mapping[Method, Decimal]) -> None:
    if day > today():
        raise Refused(_("不能预先日结。"))
    if not sums:
        raise Refused(_("{day} 没有收付款，不用日结。", day=day.isoformat()))
    earlier = session.scalar(
        select(func.min(Payment.paid_on))
        .outerjoin(
            DayClosing,
            (DayClosing.payee_id == Payment.payee_id) & (DayClosing.cashier_id == Payment.cashier_id)
            & (DayClosing.day == Payment.paid_on),
        )
        .where(
            Payment.payee_id == payee_id, Payment.cashier_id == cashier_id, Payment.paid_on < day,
            DayClosing.id.is_(None), select(PaymentLine.id).where(PaymentLine.payment_id == Payment.id).exists(),
        )
    )  # fmt: skip
    if earlier is not None:
        raise Refused(_("{day} 还没有日结，请先结那一天。", day=earlier.isoformat()))


def _check_counted(sums: Mapping[Method, Decimal], amounts: Mapping[Method, Decimal], note: str) -> None:
    missing = {method.value: _("请填写{method}的实点金额。", method=method.label)
               for method in sums if method not in amounts}  # fmt: skip
    if missing:
        raise Refused(_("每种收款方式都要填写实点金额。"), missing)
    differs = [each for each in amounts if amounts[each] != sums.get(each, NOTHING)]
    if differs and not note.strip():
        said = str(_("、")).join(str(each.label) for each in differs)
        raise Refused(_("{methods}与应收不符，请核对；确有长短款的，写明原因再日结。", methods=said),
                      {"over_short": _("请写明长短款原因。")})  # fmt: skip


def _said(sums: Mapping[Method, Decimal]) -> dict[str, str]:
    return {method.value: f"{amount:.2f}" for method, amount in sums.items()}


# ── the month ────────────────────────────────────────────────────────────────────────────────────────────────────────


def next_to_close(session: Session, payee_id: int) -> date | None:
    """Say which month of a payee is to be closed next: the one after the last closed.

    Before the first closing it is last month, and all before it is closed with it; nothing while there is no account.
    """
    last = session.scalar(select(func.max(MonthClosing.month)).where(MonthClosing.payee_id == payee_id))
    if last is not None:
        return next_month(last)
    first = [
        session.scalar(select(func.min(Payment.paid_on)).where(Payment.payee_id == payee_id)),
        session.scalar(select(func.min(Bill.month)).where(Bill.payee_id == payee_id)),
    ]
    days = [each for each in first if each is not None]
    if not days:
        return None
    last_month = (today().replace(day=1) - timedelta(days=1)).replace(day=1)
    return max(last_month, min(days).replace(day=1))


def close_month(session: Session, payee_id: int, month: date) -> MonthClosing:
    """Close a payee's month; needs `CLOSE_MONTH`. Its totals are kept, and nothing dated in it changes any more.

    Raises `Refused` while the month is not over, an earlier month or a day of it is open, or the books do not agree.
    """
    require(actor_of(session), Right.CLOSE_MONTH)
    payee = _payee(session, payee_id)
    _shut_door(session, payee)
    _refuse_month(session, payee_id, month)
    wrong = sum(
        len(each.findings) + each.more
        for each in books.run(session, books.Scope(frozenset({payee.estate_id}), payee_id))
    )
    if wrong:
        raise Refused(_("账务核对还有 {n} 处不符，请先到“账务核对”查明改正，再月结。", n=wrong))
    row = MonthClosing(
        estate_id=payee.estate_id, payee_id=payee_id, month=month, closed_by=actor_of(session).user_id,
        closed_at=now(), snapshot=paper_of_month(session, payee, month),
    )  # fmt: skip
    session.add(row)
    session.flush()
    record(session, "closed", "month_closings", row.id, estate_id=row.estate_id, after={"month": month})
    return row


def _refuse_month(session: Session, payee_id: int, month: date) -> None:
    if month.day != 1 or next_month(month) > today():
        raise Refused(_("{month} 还没有过完，不能月结。", month=f"{month:%Y-%m}"))
    last = session.scalar(select(func.max(MonthClosing.month)).where(MonthClosing.payee_id == payee_id))
    if last is not None and month <= last:
        raise Refused(_("{month} 已经月结。", month=f"{month:%Y-%m}"))
    if last is not None and month > next_month(last):
        raise Refused(_("请先月结 {month}。", month=f"{next_month(last):%Y-%m}"))
    if next_to_close(session, payee_id) is None:
        raise Refused(_("还没有账，不用月结。"))
    ends = next_month(month)
    days = sorted({each.day for each in open_days(session) if each.payee_id == payee_id and each.day < ends})
    if days:
        raise Refused(
            _("还有 {n} 天没有日结，最早的是 {day}，请先日结。", n=len(days), day=days[0].isoformat())
        )


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Closed:
    """A closed day in a list."""

    id: int
    day: date
    payee: str
    cashier: str
    expected: Decimal
    over_short: Decimal
    slip: str
    closed_by: str


def closed_days(
    session: Session, first: date, last: date, estate_ids: frozenset[int] | None = None, limit: int = 400
) -> list[Closed]:
    """List the closed days from `first` to `last`, newest first: one's own, or all for those who see all."""
    actor = actor_of(session)
    require(actor, Right.SEE_MONEY)
    closer, cashier = User.__table__.alias(), User.__table__.alias()
    statement = (
        select(DayClosing, Payee.name, cashier.c.name, closer.c.name)
        .join(Payee, Payee.id == DayClosing.payee_id)
        .join(cashier, cashier.c.id == DayClosing.cashier_id)
        .join(closer, closer.c.id == DayClosing.closed_by)
        .where(DayClosing.day.between(first, last))
        .order_by(DayClosing.day.desc(), DayClosing.id.desc())
        .limit(limit)
    )
    if estate_ids is not None:
        statement = statement.where(DayClosing.estate_id.in_(estate_ids))
    if not sees_all_days(actor):
        statement = statement.where(DayClosing.cashier_id == actor.user_id)
    return [
        Closed(row.id, row.day, payee, who, sum(map(Decimal, row.expected.values()), NOTHING), row.over_short, row.slip,
               by)
        for row, payee, who, by in session.execute(in_scope(statement, actor, DayClosing))
    ]  # fmt: skip


@dataclass(frozen=True)
class Months:
    """A payee's months: which is closed next, whether it is over, and those closed, newest first."""

    payee_id: int
    payee: str
    due: date | None
    is_over: bool
    closed: list[tuple[int, date]]


def months_of(session: Session, estate_ids: frozenset[int] | None = None) -> list[Months]:
    """List the payees with their months, at most two years of them."""
    actor = actor_of(session)
    require(actor, Right.SEE_MONEY)
    statement = in_scope(select(Payee).order_by(Payee.estate_id, Payee.id), actor, Payee)
    if estate_ids is not None:
        statement = statement.where(Payee.estate_id.in_(estate_ids))
    found = []
    for payee in session.scalars(statement):
        closed = session.execute(
            select(MonthClosing.id, MonthClosing.month).where(MonthClosing.payee_id == payee.id)
            .order_by(MonthClosing.month.desc()).limit(24)
        ).all()  # fmt: skip
        due = next_to_close(session, payee.id)
        is_over = due is not None and next_month(due) <= today()
        found.append(Months(payee.id, payee.name, due, is_over, [(number, month) for number, month in closed]))
    return found


def month_of(session: Session, closing_id: int) -> MonthClosing:
    """Read one closed month; raises `Refused` outside the actor's estates."""
    actor = actor_of(session)
    require(actor, Right.SEE_MONEY)
    row = session.get(MonthClosing, closing_id)
    if row is None or row.estate_id not in actor.estates:
        raise Refused(_("没有找到这次月结。"))
    return row


def closing_of(session: Session, closing_id: int) -> DayClosing:
    """Read one closed day; raises `Refused` for another's, unless one sees all."""
    actor = actor_of(session)
    require(actor, Right.SEE_MONEY)
    row = session.get(DayClosing, closing_id)
    if row is None or row.estate_id not in actor.estates or (
        row.cashier_id != actor.user_id and not sees_all_days(actor)
    ):
        raise Refused(_("没有找到这次日结。"))
    return row


__all__ = [
    "NOTES", "Closed", "Months", "OpenDay", "cash_of", "close_day", "close_month", "closed_days", "closing_of",
    "expected", "month_of", "months_of", "next_to_close", "open_days", "preview", "sees_all_days",
]  # fmt: skip
