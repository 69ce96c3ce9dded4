"""Figures of income and expenditure by month and head: entered with their source, corrected by new rows (F8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.accounts.ground import kept_estate, seen_estate
from db.accounts.heads import SHORT, Basis, Head
from db.accounts.private_words import refuse_private
from db.accounts.tables import AccountEntry, AccountSource, SourceKind
from db.base import LINE_LENGTH
from db.checking import clean_text
from db.clock import now, today
from db.people import User
from db.refused import Conflict, Refused
from db.session import actor_of
from db.words import Words, _

Place = tuple[date, Head]
"""A month (its first day) and a head."""
Figures = dict[Place, Decimal]


@dataclass(frozen=True)
class Entered:
    """What one entry did: its source, how many figures are new, corrected, as they were."""

    source_id: int
    new: int
    corrected: int
    unchanged: int


def standing(session: Session, estate_id: int, basis: Basis, months: Iterable[date]) -> Figures:
    """Return each month's figure of each head in yuan; what was never entered is missing, which is not nothing."""
    seen_estate(session, estate_id)
    rows = session.execute(
        select(AccountEntry.month, AccountEntry.head, func.sum(AccountEntry.amount, type_=AccountEntry.amount.type))
        .where(
            AccountEntry.estate_id == estate_id, AccountEntry.basis == basis, AccountEntry.month.in_(list(months))
        )
        .group_by(AccountEntry.month, AccountEntry.head)
    )
    return {(month, head): amount for month, head, amount in rows}


def enter(
    session: Session,
    estate_id: int,
    basis: Basis,
    figures: Mapping[Place, Decimal],
    title: str,
    *,
    reason: str = "",
    seen: Mapping[Place, Decimal] | None = None,
    kind: SourceKind = SourceKind.VOUCHER,
    sha256: str | None = None,
    source: AccountSource | None = None,
    token: str | None = None,
) -> Entered:
    """Enter what the months' figures are, in yuan, from finance's voucher or workbook `title`.

    A figure that stands already is corrected by a row of the difference, which needs a `reason`; one that is the same
    writes nothing. `source` is one already made, for a workbook of two sheets. `seen` is what the grid showed: raises
    `Conflict` when somebody has changed one of these meanwhile. Raises `Refused` with all that is wrong; then nothing
    is entered. Needs `KEEP_ACCOUNTS`.
    """
    kept_estate(session, estate_id)
    if source is None and token and (done := session.scalar(select(AccountSource).where(AccountSource.token == token))):
        return entered_by(session, done)
    title, reason = clean_text(title), clean_text(reason)
    before = standing(session, estate_id, basis, {month for month, _head in figures})
    changed = {place: amount for place, amount in figures.items() if before.get(place) != amount}
    _refuse_stale(changed, before, seen)
    corrected = {place for place in changed if place in before}
    _check(basis, changed, corrected, title, reason)
    refuse_private(session, estate_id, [("title", _("数据来源"), title)])
    if not changed:
        raise Refused(_("没有改动任何数字。"))
    if source is None:
        source = AccountSource(
            estate_id=estate_id, kind=kind, title=title, sha256=sha256, entered_by=actor_of(session).user_id,
            entered_at=now(), token=token,
        )  # fmt: skip
        session.add(source)
        session.flush()
    session.add_all(
        AccountEntry(
            estate_id=estate_id, basis=basis, month=place[0], head=place[1], source_id=source.id,
            amount=amount - before.get(place, Decimal(0)), reason=reason if place in corrected else "",
        )
        for place, amount in sorted(changed.items(), key=lambda each: (each[0][0], each[0][1]))
    )  # fmt: skip
    session.flush()
    return Entered(source.id, len(changed) - len(corrected), len(corrected), len(figures) - len(changed))


def entered_by(session: Session, source: AccountSource) -> Entered:
    """Say what the figures of one source did."""
    reasons = session.scalars(select(AccountEntry.reason).where(AccountEntry.source_id == source.id)).all()
    corrected = sum(1 for reason in reasons if reason)
    return Entered(source.id, len(reasons) - corrected, corrected, 0)


def _refuse_stale(
    changed: Mapping[Place, Decimal], before: Mapping[Place, Decimal], seen: Mapping[Place, Decimal] | None
) -> None:
    if seen is None:
        return
    stale = [place for place in changed if before.get(place) != seen.get(place)]
    if stale:
        where = _("、").text.join(str(said_place(place)) for place in stale[:3])
        raise Conflict(_("{where}刚被其他人改过，表格已更新，请核对后重新填写。", where=where))


def _check(basis: Basis, changed: Mapping[Place, Decimal], corrected: set[Place], title: str, reason: str) -> None:
    problems: dict[str, object] = {}
    if not title:
        problems["title"] = _("请填写凭证号或文件名，注明数据来源。")
    elif len(title) > LINE_LENGTH or len(reason) > LINE_LENGTH:
        problems["title"] = _("来源和原因各不超过 {most} 个字。", most=LINE_LENGTH)
    if corrected and not reason:
        first = said_place(min(corrected))
        problems["reason"] = _("{first}等 {n} 个数字已经录过，更正要写原因。", first=first, n=len(corrected))
    ahead = [place for place in changed if basis is Basis.ACTUAL and place[0] > today()]
    if ahead:
        problems["figures"] = _("{first}还没有到，不能录入实际数。", first=said_place(min(ahead)))
    negative = [place for place, amount in changed.items() if amount < 0 and not reason]
    if negative:
        problems["figures"] = _("{first}是负数，请写明原因。", first=said_place(min(negative)))
    if problems:
        raise Refused(next(iter(problems.values())), problems)


def said_place(place: Place) -> Words:
    """Name a month and a head."""
    month, head = place
    return _("{year}年{month}月“{head}”", year=month.year, month=month.month, head=SHORT[head])


@dataclass(frozen=True)
class Traced:
    """One row behind a figure: what it added, where from, who entered it, why."""

    month: date
    head: Head
    basis: Basis
    amount: Decimal
    title: str
    kind: SourceKind
    source_id: int
    reason: str
    by: str
    at: datetime


def behind(
    session: Session, estate_id: int, months: Iterable[date], *, corrections: bool = False, limit: int = 200
) -> list[Traced]:
    """List the rows behind the months' figures, newest first; `corrections` leaves only these."""
    seen_estate(session, estate_id)
    statement = (
        select(AccountEntry, AccountSource, User.name)
        .join(AccountSource, AccountSource.id == AccountEntry.source_id)
        .join(User, User.id == AccountSource.entered_by)
        .where(AccountEntry.estate_id == estate_id, AccountEntry.month.in_(list(months)))
        .order_by(AccountEntry.id.desc())
        .limit(limit)
    )
    if corrections:
        statement = statement.where(AccountEntry.reason != "")
    return [
        Traced(
            row.month, row.head, row.basis, row.amount, source.title, source.kind, source.id, row.reason, by,
            source.entered_at,
        )
        for row, source, by in session.execute(statement)
    ]  # fmt: skip


@dataclass(frozen=True)
class Source:
    """One voucher or workbook of finance, and how many figures came from it."""

    id: int
    kind: SourceKind
    title: str
    rows: int
    by: str
    at: datetime


def sources(session: Session, estate_id: int, months: Iterable[date], basis: Basis | None = None) -> list[Source]:
    """List where the months' figures come from, oldest first."""
    seen_estate(session, estate_id)
    statement = (
        select(AccountSource, User.name, func.count(AccountEntry.id))
        .join(AccountEntry, AccountEntry.source_id == AccountSource.id)
        .join(User, User.id == AccountSource.entered_by)
        .where(AccountSource.estate_id == estate_id, AccountEntry.month.in_(list(months)))
        .group_by(AccountSource.id, User.name)
        .order_by(AccountSource.entered_at, AccountSource.id)
    )
    if basis is not None:
        statement = statement.where(AccountEntry.basis == basis)
    return [
        Source(each.id, each.kind, each.title, rows, by, each.entered_at)
        for each, by, rows in session.execute(statement)
    ]
