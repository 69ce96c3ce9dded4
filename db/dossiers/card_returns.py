"""Cards and keys that are lost, found again, given back, or signed for later (A2)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from db.audit import record
from db.base import LINE_LENGTH, NAME_LENGTH
from db.cases import case_by_id
from db.checking import clean_text
from db.clock import now
from db.dossiers.card_tables import ELECTRONIC, Holding, Standing, is_left_behind
from db.fields import Field
from db.people import Right, require
from db.process import CLOCK_SLACK
from db.refused import Refused
from db.registering import locked, note_change, saved_by
from db.session import actor_of
from db.words import _

WHY = Field("why", _("遗失经过"), "text", _("例如 昨晚在地铁上丢失"), length=LINE_LENGTH)


def moment_told(at: datetime | None) -> datetime:
    """Say when something happened: now, or as told, but not in the future."""
    present = now()
    if at is not None and at > present + CLOCK_SLACK:
        raise Refused(_("发生时间不能晚于现在，请改正。"), {"at": _("不能晚于现在。")})
    return min(at, present) if at is not None else present


def report_lost(
    session: Session, holding_id: int, why: str, *, count: int | None = None, at: datetime | None = None,
    version: int | None = None, token: str | None = None,
) -> Holding:  # fmt: skip
    """Report a card or keys lost: the number is given to nobody, and the access system is to be told.

    `count` of several keys splits them. Returns the lost part.
    """
    row = _to_change(session, holding_id, version, token)
    if row is None:
        return session.get_one(Holding, saved_by(session, token) or holding_id)
    reason = " ".join(clean_text(why).split())[:LINE_LENGTH]
    if not reason:
        raise Refused(_("请写明遗失经过。"), {"why": _("请写明遗失经过。")})
    if row.standing is not Standing.OUT:
        raise Refused(_("{what} {standing}，不能挂失。", what=row.shown, standing=row.standing.label))
    part = _part(session, row, count)
    part.lost_at, part.lost_by, part.lost_why = _since(part, at), actor_of(session).user_id, reason
    _changed(session, part, {"lost_at": None}, {"lost_at": part.lost_at, "why": reason}, token)
    return part


def mark_disabled(
    session: Session, holding_id: int, *, at: datetime | None = None, version: int | None = None,
    token: str | None = None,
) -> Holding:  # fmt: skip
    """Record that the access system was told to open nothing for a card that is lost, or whose holder has left.

    No other reason will do: what somebody owes is none (see the module).
    """
    row = _to_change(session, holding_id, version, token)
    if row is None:
        return session.get_one(Holding, holding_id)
    if row.disabled_at is not None or row.kind not in ELECTRONIC:
        raise Refused(_("{what} 不需要停用，或已登记停用。", what=row.shown))
    gone = session.scalar(select(exists().where(Holding.id == row.id, is_left_behind())))
    if row.standing is not Standing.LOST and not gone:
        raise Refused(_("只有已挂失、或持有人已迁出的才登记停用；不能因欠费停卡。"))
    row.disabled_at, row.disabled_by = _since(row, at), actor_of(session).user_id
    _changed(session, row, {"disabled_at": None}, {"disabled_at": row.disabled_at}, token)
    return row


def give_back(
    session: Session, holding_id: int, *, count: int | None = None, note: str = "", at: datetime | None = None,
    version: int | None = None, token: str | None = None,
) -> Holding:  # fmt: skip
    """Take a card or keys back; a lost one that turned up too. `count` of several keys splits them.

    Returns the part that is back.
    """
    row = _to_change(session, holding_id, version, token)
    if row is None:
        return session.get_one(Holding, saved_by(session, token) or holding_id)
    if row.standing is Standing.BACK:
        raise Refused(_("{what} 已经交回。", what=row.shown))
    part = _part(session, row, count)
    part.returned_at, part.returned_by = _since(part, at), actor_of(session).user_id
    part.note = (" ".join(clean_text(note).split()) or part.note)[:LINE_LENGTH]
    _changed(session, part, {"returned_at": None}, {"returned_at": part.returned_at}, token)
    return part


def sign_for(session: Session, case_id: int, signed_by: str) -> int:
    """Record who signed for all that a matter handed out and nobody has signed for yet; returns how many."""
    require(actor_of(session), Right.HAND_OVER)
    case_by_id(session, case_id)
    name = " ".join(clean_text(signed_by).split())[:NAME_LENGTH]
    if not name:
        raise Refused(_("请填写签收人。"), {"signed_by": _("请填写签收人。")})
    rows = session.scalars(
        select(Holding).where(Holding.case_id == case_id, Holding.signed_by == "").order_by(Holding.id)
    ).all()
    for row in rows:
        row.signed_by = name
        note_change(session, row, {"signed_by": ""}, {"signed_by": name})
    return len(rows)


def _to_change(session: Session, holding_id: int, version: int | None, token: str | None) -> Holding | None:
    """Fetch one to change it; None when this very press has changed it already."""
    require(actor_of(session), Right.HAND_OVER)
    if saved_by(session, token) is not None:
        return None
    row: Holding = locked(session, Holding, holding_id, version)
    return row


def _part(session: Session, row: Holding, count: int | None) -> Holding:
    """Return the row, or so many of its keys as a row of their own."""
    if count is None or count == row.count:
        return row
    if not 1 <= count <= row.count:
        wrong = _("请填写 {least} 到 {most} 之间的整数。", least=1, most=row.count)
        raise Refused(wrong, {"count": wrong})
    kept = {each.key: getattr(row, each.key) for each in Holding.__table__.columns if each.key not in {"id", "bill_id"}}
    part = Holding(**kept | {"count": count, "version": 1})
    before, row.count = row.count, row.count - count
    session.add(part)
    note_change(session, row, {"count": before}, {"count": row.count})
    return part


def _since(row: Holding, at: datetime | None) -> datetime:
    moment = moment_told(at)
    if moment < row.issued_at.replace(second=0, microsecond=0):
        raise Refused(_("时间不能早于发放时间。"), {"at": _("不能早于发放时间。")})
    return max(moment, row.issued_at)


def _changed(
    session: Session, row: Holding, before: dict[str, Any], after: dict[str, Any], token: str | None
) -> None:  # fmt: skip
    row.version += 1
    session.flush()
    record(session, "changed", "holdings", row.id, estate_id=row.estate_id, case_id=row.case_id, before=before,
           after=after, token=token)  # fmt: skip
