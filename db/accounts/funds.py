"""The owners' own money, each an account of its own: common income 公共收益, maintenance fund 专项维修资金 (F8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from db.accounts.ground import ZERO, kept_estate, seen_estate
from db.accounts.heads import INCOMING, ITEMS, NEED_DECISION, Book, Item
from db.accounts.private_words import refuse_private
from db.accounts.tables import OwnersEntry
from db.base import LINE_LENGTH
from db.checking import clean_text
from db.clock import now, today
from db.people import User
from db.refused import Refused
from db.session import actor_of
from db.words import _


@dataclass(frozen=True)
class Movement:
    """A row of an account, with the balance after it."""

    id: int
    day: date
    item: Item
    amount: Decimal
    purpose: str
    decision: str
    voucher: str
    reason: str
    corrects_id: int | None
    balance: Decimal
    by: str
    at: datetime


@dataclass(frozen=True)
class Account:
    """An account over some days: what was there, came in, went out, is left; and the rows."""

    opening: Decimal
    received: Decimal
    spent: Decimal
    closing: Decimal
    movements: tuple[Movement, ...]


@dataclass(frozen=True)
class Move:
    """What is to be entered: `amount` in yuan without sign, the item says whether it came in or went out."""

    book: Book
    item: Item
    day: date
    amount: Decimal
    purpose: str
    voucher: str
    decision: str = ""
    """The owners' decision, cited; needed for what only they may spend."""

    @property
    def texts(self) -> dict[str, str]:
        """Return the texts as they are kept."""
        return {name: clean_text(getattr(self, name)) for name in ("purpose", "decision", "voucher")}


def post(session: Session, estate_id: int, move: Move, *, token: str | None = None) -> int:
    """Enter what came in or went out; returns the row's id. What is moved to the fund is entered there as well.

    Raises `Refused` when spending is not covered by the owners' decision, an account would stand below nothing on any
    day, or a text names a customer or a room.
    """
    kept_estate(session, estate_id)
    if token and (done := session.scalar(select(OwnersEntry.id).where(OwnersEntry.token == token))):
        return done
    _check(session, estate_id, move)
    sign = 1 if move.item in INCOMING else -1
    row = OwnersEntry(
        estate_id=estate_id, book=move.book, day=move.day, item=move.item, amount=sign * move.amount, token=token,
        entered_by=actor_of(session).user_id, entered_at=now(), **move.texts,
    )  # fmt: skip
    session.add(row)
    session.flush()
    if move.item is Item.TO_FUND:
        session.add(_twin(row, move.amount))
        session.flush()
    refuse_overdrawn(session, estate_id, move.book)
    return row.id


def _twin(row: OwnersEntry, amount: Decimal, corrects_id: int | None = None) -> OwnersEntry:
    """Make the fund's row of what common income gave."""
    return OwnersEntry(
        estate_id=row.estate_id, book=Book.FUND, day=row.day, item=Item.FROM_COMMON, amount=amount, purpose=row.purpose,
        decision=row.decision, voucher=row.voucher, reason=row.reason, corrects_id=corrects_id, paired_id=row.id,
        entered_by=row.entered_by, entered_at=row.entered_at,
    )  # fmt: skip


def _check(session: Session, estate_id: int, move: Move) -> None:
    first = session.scalar(
        select(func.min(OwnersEntry.day)).where(OwnersEntry.estate_id == estate_id, OwnersEntry.book == move.book)
    )
    problems = _wrong_with_texts(move)
    if move.item not in ITEMS[move.book] or (move.book is Book.FUND and move.item is Item.FROM_COMMON):
        problems["item"] = _("公共收益转入请在公共收益账里登记“转入专项维修资金”，这里自动生成。")
    if move.amount <= 0:
        problems["amount"] = _("金额要大于 0；冲减请用“更正”。")
    if move.day > today():
        problems["day"] = _("日期不能晚于今天。")
    if first is not None and move.item is Item.OPENING:
        problems["item"] = _("期初余额只能录一次；录错了请用“更正”。")
    elif first is not None and move.day < first:
        problems["day"] = _("日期不能早于账户第一笔（{first}）。", first=first.isoformat())
    if problems:
        raise Refused(next(iter(problems.values())), problems)
    labels = {"purpose": _("摘要"), "decision": _("业主决定"), "voucher": _("凭证号")}
    refuse_private(session, estate_id, [(name, labels[name], text) for name, text in move.texts.items()])


def _wrong_with_texts(move: Move) -> dict[str, object]:
    texts = move.texts
    problems: dict[str, object] = {
        name: _("最多 {most} 个字，现在是 {now} 个字，请删减。", most=LINE_LENGTH, now=len(text))
        for name, text in texts.items()
        if len(text) > LINE_LENGTH
    }
    if not texts["purpose"]:
        problems["purpose"] = _("请填写摘要：从哪里来，或用在哪里。")
    if not texts["voucher"]:
        problems["voucher"] = _("请填写计划财务部的凭证号。")
    if move.item in NEED_DECISION and not texts["decision"]:
        problems["decision"] = _("这项支出要有业主的共同决定，请写明会议和决议编号。")
    return problems


def correct(
    session: Session, entry_id: int, amount: Decimal, *, reason: str, voucher: str, token: str | None = None
) -> int:
    """Correct a row to `amount` (yuan, without sign; nothing takes it back) by a new row of the difference, that day.

    A transfer to the maintenance fund is corrected there as well. Raises `Refused`.
    """
    row = session.get(OwnersEntry, entry_id)
    if row is None or row.corrects_id is not None:
        raise Refused(_("没有找到这笔账，或它本身就是更正；请更正原来那一笔。"))
    kept_estate(session, row.estate_id)
    if token and (done := session.scalar(select(OwnersEntry.id).where(OwnersEntry.token == token))):
        return done
    if row.paired_id is not None:
        raise Refused(_("这笔由公共收益转入，请在公共收益账里更正。"))
    reason, voucher = clean_text(reason), clean_text(voucher)
    problems: dict[str, object] = {}
    if not reason:
        problems["reason"] = _("请写明更正原因。")
    if not voucher:
        problems["voucher"] = _("请填写计划财务部的凭证号。")
    if amount < 0:
        problems["amount"] = _("请填写更正后的金额，不带正负号；全部冲销填 0。")
    stands = abs(_stands_at(session, row))
    if amount == stands:
        problems["amount"] = _("更正后的金额与现在的一样。")
    if problems:
        raise Refused(next(iter(problems.values())), problems)
    refuse_private(
        session, row.estate_id, [("reason", _("更正原因"), reason), ("voucher", _("凭证号"), voucher)]
    )
    sign = 1 if row.item in INCOMING else -1
    made = OwnersEntry(
        estate_id=row.estate_id, book=row.book, day=row.day, item=row.item, amount=sign * (amount - stands),
        purpose=row.purpose, decision=row.decision, voucher=voucher, reason=reason, corrects_id=row.id, token=token,
        entered_by=actor_of(session).user_id, entered_at=now(),
    )  # fmt: skip
    session.add(made)
    session.flush()
    twin = session.scalar(select(OwnersEntry).where(OwnersEntry.paired_id == row.id))
    if twin is not None:
        session.add(_twin(made, amount - stands, twin.id))
        session.flush()
        refuse_overdrawn(session, row.estate_id, Book.FUND)
    refuse_overdrawn(session, row.estate_id, row.book)
    return made.id


def _stands_at(session: Session, row: OwnersEntry) -> Decimal:
    """Return a row's amount with its corrections."""
    corrections = session.scalars(select(OwnersEntry.amount).where(OwnersEntry.corrects_id == row.id))
    return row.amount + sum(corrections, ZERO)


def refuse_overdrawn(session: Session, estate_id: int, book: Book) -> None:
    """Refuse when the account stands below nothing after any of its rows."""
    running = (
        select(OwnersEntry.day, _running().label("balance"))
        .where(OwnersEntry.estate_id == estate_id, OwnersEntry.book == book)
        .subquery()
    )
    short = session.execute(
        select(running.c.day, running.c.balance).where(running.c.balance < ZERO).order_by(running.c.day).limit(1)
    ).first()
    if short is not None:
        wrong = _(
            "{book}余额不足：到 {day} 会差 {amount} 元。请核对金额和日期。", book=book.label, day=short.day.isoformat(),
            amount=f"{-short.balance:,.2f}",
        )  # fmt: skip
        raise Refused(wrong, {"amount": wrong})


def _running(name: type[OwnersEntry] = OwnersEntry) -> ColumnElement[Decimal]:
    """Sum an account's rows up to each, by day."""
    return func.sum(name.amount, type_=OwnersEntry.amount.type).over(order_by=(name.day, name.id))


def account(session: Session, estate_id: int, book: Book, first: date, last: date) -> Account:
    """Return an account over the days `first` to `last`, both counted; sums and running balance by the database."""
    seen_estate(session, estate_id)
    before, came, closing = _sums(session, estate_id, book, first, last)
    return Account(before, came, before + came - closing, closing, _movements(session, estate_id, book, first, last))


def _movements(session: Session, estate_id: int, book: Book, first: date, last: date) -> tuple[Movement, ...]:
    entry = aliased(OwnersEntry)
    rows = (
        select(entry.id, _running(entry).label("balance"))
        .where(entry.estate_id == estate_id, entry.book == book, entry.day <= last)
        .subquery()
    )
    found = session.execute(
        select(OwnersEntry, rows.c.balance, User.name)
        .join(rows, rows.c.id == OwnersEntry.id)
        .join(User, User.id == OwnersEntry.entered_by)
        .where(OwnersEntry.day >= first)
        .order_by(OwnersEntry.day, OwnersEntry.id)
    )
    return tuple(
        Movement(
            row.id, row.day, row.item, row.amount, row.purpose, row.decision, row.voucher, row.reason, row.corrects_id,
            balance, by, row.entered_at,
        )
        for row, balance, by in found
    )  # fmt: skip


def _sums(
    session: Session, estate_id: int, book: Book, first: date, last: date
) -> tuple[Decimal, Decimal, Decimal]:
    """Add up what was there before, what came in, what is left; a correction counts with what it corrects."""
    total = func.sum(OwnersEntry.amount, type_=OwnersEntry.amount.type)
    came = total.filter(OwnersEntry.day >= first, OwnersEntry.item.in_(INCOMING))
    sums = session.execute(
        select(total.filter(OwnersEntry.day < first), came, total).where(
            OwnersEntry.estate_id == estate_id, OwnersEntry.book == book, OwnersEntry.day <= last
        )
    ).one()
    before, received, closing = (each or ZERO for each in sums)
    return before, received, closing


def balance(session: Session, estate_id: int, book: Book) -> Decimal:
    """Return what an account holds today, in yuan."""
    seen_estate(session, estate_id)
    total = session.scalar(
        select(func.sum(OwnersEntry.amount)).where(OwnersEntry.estate_id == estate_id, OwnersEntry.book == book)
    )
    return total or ZERO
