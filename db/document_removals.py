"""Documents whose time is over destroyed 档案销毁: asked for, granted by the director, the bytes taken away (R6).

What is destroyed leaves its row, its name and the operation log; the bytes go when no other row points to them.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import ColumnElement, ForeignKey, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db import approvals
from db.approvals import Approval, Said, Subject, Verdict
from db.audit import record
from db.base import LINE_LENGTH, Base, Code, Line
from db.checking import clean_text
from db.clock import now, today
from db.document_retention import time_is_over
from db.documents import Document, path_of, within_reach
from db.people import SYSTEM, Right, Role, require
from db.refused import Refused
from db.session import actor_of, reading, writing
from db.words import _

SUBJECT = "document_removal"
MOST_AT_ONCE = 200


class Removal(Base):
    """One request to destroy documents whose time is over."""

    __tablename__ = "document_removals"

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), index=True)
    reason: Mapped[Line]
    asked_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime]
    verdict: Mapped[Code] = mapped_column(default=Verdict.WAITING.value)
    decided_at: Mapped[datetime | None]


class RemovalLine(Base):
    """One document of a request."""

    __tablename__ = "document_removal_lines"

    removal_id: Mapped[int] = mapped_column(ForeignKey("document_removals.id"), primary_key=True)
    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id"), primary_key=True, index=True)



# ── destroying ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _waits() -> ColumnElement[bool]:
    """Claim: a document stands in a request that is not decided yet."""
    line = select(RemovalLine.document_id).join(Removal, Removal.id == RemovalLine.removal_id)
    waiting = line.where(RemovalLine.document_id == Document.id, Removal.verdict == Verdict.WAITING.value)
    return waiting.correlate(Document).exists()


def due_for_removal(session: Session, estate_id: int, limit: int = MOST_AT_ONCE) -> tuple[list[Document], int]:
    """List the documents of an estate whose time is over, oldest first, and count them; those asked for are left out.

    Those taken out of sight are among them: their bytes are still there.
    Needs `DESTROY_DOCUMENTS`; raises `Refused` outside the actor's estates.
    """
    _allowed(session, estate_id)
    claims = within_reach(actor_of(session)), Document.estate_id == estate_id, time_is_over(session, [estate_id])
    waiting = ~_waits()
    total = session.scalar(select(func.count()).select_from(Document).where(*claims, waiting)) or 0
    found = session.scalars(
        select(Document).where(*claims, waiting).order_by(Document.at, Document.id).limit(limit)
    )
    return list(found), total


def hold(session: Session, document_id: str, until: date | None, reason: str) -> None:
    """Keep a document at least until a day (a dispute, a court's order), or no longer than its category says."""
    document = session.scalar(select(Document).where(Document.id == document_id, within_reach(actor_of(session))))
    if document is None or document.destroyed_at is not None:
        raise Refused(_("没有找到这个文件，可能已移除，或不在您的工作范围内。"))
    _allowed(session, document.estate_id)
    if until is not None and until <= today():
        raise Refused(_("延长保存的日期要晚于今天。"), {"until": _("要晚于今天。")})
    if not clean_text(reason):
        raise Refused(_("请写明原因。"), {"reason": _("请写明原因。")})
    before, document.held_until = document.held_until, until
    session.flush()
    record(session, "changed", "documents", None, estate_id=document.estate_id, case_id=document.case_id,
           ground=clean_text(reason), before={"held_until": before},
           after={"id": document.id, "name": document.name, "held_until": until})  # fmt: skip


def ask(session: Session, estate_id: int, document_ids: Collection[str], reason: str) -> int:
    """Ask the director to let documents be destroyed; returns the request's id.

    Needs `DESTROY_DOCUMENTS`. Raises `Refused` when one of them is not (any more) past its time, or waits already.
    """
    _allowed(session, estate_id)
    wanted = set(document_ids)
    if not wanted:
        raise Refused(_("请先勾选要销毁的文件。"))
    if len(wanted) > MOST_AT_ONCE:
        raise Refused(_("一次最多提请 {n} 份，请分批办理。", n=MOST_AT_ONCE))
    if not clean_text(reason):
        raise Refused(_("请写明销毁的依据。"), {"reason": _("请写明销毁的依据。")})
    claims = within_reach(actor_of(session)), Document.estate_id == estate_id, time_is_over(session, [estate_id])
    good = set(
        session.scalars(
            select(Document.id).where(Document.id.in_(wanted), *claims, ~_waits()).with_for_update(of=Document)
        )
    )
    if good != wanted:
        raise Refused(_("其中 {n} 份还不能销毁或已经提请，请刷新后重新勾选。", n=len(wanted - good)))
    removal = Removal(
        estate_id=estate_id, reason=clean_text(reason)[:LINE_LENGTH], asked_by=actor_of(session).user_id, asked_at=now()
    )
    session.add(removal)
    session.flush()
    session.add_all(RemovalLine(removal_id=removal.id, document_id=each) for each in sorted(wanted))
    session.flush()
    approvals.ask(session, SUBJECT, removal.id, estate_id, (Role.DIRECTOR,))
    record(session, "handed_in", "document_removals", removal.id, estate_id=estate_id, ground=removal.reason,
           after={"records": len(wanted)})  # fmt: skip
    return removal.id


def request(session: Session, removal_id: int) -> Removal:
    """Find a request of the actor's estates, if he may ask or decides; raises `Refused` otherwise."""
    actor = actor_of(session)
    require(actor, Right.DESTROY_DOCUMENTS)
    removal = session.get(Removal, removal_id)
    if removal is None or removal.estate_id not in actor.estates:
        raise Refused(_("没有找到这次销毁申请，或不在您负责的项目内。"))
    return removal


def documents_of(session: Session, removal_id: int) -> list[Document]:
    """List the documents of a request, oldest first."""
    return list(
        session.scalars(
            select(Document)
            .join(RemovalLine, RemovalLine.document_id == Document.id)
            .where(RemovalLine.removal_id == removal_id)
            .order_by(Document.at, Document.id)
        )
    )


def _allowed(session: Session, estate_id: int) -> None:
    actor = actor_of(session)
    require(actor, Right.DESTROY_DOCUMENTS)
    if estate_id not in actor.estates:
        raise Refused(_("您不负责这个项目。"))


def _describe(session: Session, ids: Collection[int]) -> dict[int, Said]:
    """Say what is to be destroyed."""
    rows = session.execute(
        select(Removal, func.count(RemovalLine.document_id))
        .join(RemovalLine, RemovalLine.removal_id == Removal.id)
        .where(Removal.id.in_(ids), Removal.estate_id.in_(actor_of(session).estates))
        .group_by(Removal.id)
    )
    return {
        removal.id: Said(
            str(_("档案销毁 {n} 份", n=n)), str(_("保存期满，提请销毁 {n} 份文件，销毁后不能恢复。", n=n)),
            removal.reason, "documents", {"removal": str(removal.id)},
        )
        for removal, n in rows
    }  # fmt: skip


def _decided(session: Session, approval: Approval) -> None:
    """Destroy what the director agreed to, if all of it still may be; a refusal leaves everything as it was."""
    removal = session.get_one(Removal, approval.subject_id, with_for_update=True)
    removal.verdict, removal.decided_at = approval.verdict.value, now()
    if approval.verdict is not Verdict.GRANTED:
        session.flush()
        return
    wanted = documents_of(session, removal.id)
    ids = [each.id for each in wanted]
    claim = time_is_over(session, [removal.estate_id])
    over = set(session.scalars(select(Document.id).where(Document.id.in_(ids), claim).with_for_update(of=Document)))
    if over != set(ids):
        raise Refused(
            _("其中 {n} 份现在不能销毁（所属事项重新办理，或已延长保存），请不同意后重新提请。", n=len(set(ids) - over))
        )
    for each in wanted:
        each.destroyed_at = now()
        record(session, "destroyed", "documents", None, estate_id=each.estate_id, case_id=each.case_id,
               ground=removal.reason, before={"id": each.id, "name": each.name, "sha256": each.sha256})  # fmt: skip
    session.flush()


APPROVAL = Subject(_("档案销毁"), _describe, _decided)


# ── the bytes ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _to_sweep() -> list[str]:
    """List contents that no living document has any more and that still lie there."""
    with reading(SYSTEM) as session:
        gone = session.scalars(select(Document.sha256).where(Document.destroyed_at.is_not(None)).distinct())
        return [each for each in gone if path_of(each).exists()]


def sweep() -> int:
    """Take the bytes of destroyed documents off the disk, where no other document has the same; says of how many.

    Apart from the verdict, because a transaction can be undone and a file cannot. Backups made before keep theirs
    until they are replaced.
    """
    swept = 0
    for sha256 in _to_sweep():
        with writing(SYSTEM) as session:  # so that nobody files the same bytes at this moment (`documents.add`)
            rows = session.scalars(select(Document).where(Document.sha256 == sha256).with_for_update()).all()
            if all(each.destroyed_at is not None for each in rows):
                for path in (path_of(sha256), path_of(sha256).with_name(f"{sha256}.small")):
                    path.unlink(missing_ok=True)
                swept += 1
    return swept
