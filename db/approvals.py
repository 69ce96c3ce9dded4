"""One mechanism for everything that needs a second pair of eyes: n steps, different persons, never the asker."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ForeignKey, Index, and_, or_, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from db.base import Base, Choice, Code, Prose
from db.clock import now
from db.people import Role
from db.refused import Refused
from db.session import actor_of
from db.words import Words, _


class Verdict(Choice):
    """What an approver said."""

    WAITING = "waiting", _("待审批"), "orange"
    GRANTED = "granted", _("同意"), "green"
    DENIED = "denied", _("不同意"), "red"
    WITHDRAWN = "withdrawn", _("已撤回"), "gray"


class Approval(Base):
    """One step of an approval."""

    __tablename__ = "approvals"
    __table_args__ = (Index("ix_approvals_subject", "subject", "subject_id"), Index("ix_approvals_verdict", "verdict"))

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"))
    subject: Mapped[Code]
    """What is to be approved: `event` for a late entry, `publication` …; all stand in `db/approval_subjects.py`."""
    subject_id: Mapped[int]
    step: Mapped[int] = mapped_column(default=1)
    role: Mapped[Role]
    """Who may decide this step; a director may decide in any role's place."""
    asked_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime]
    verdict: Mapped[Verdict] = mapped_column(default=Verdict.WAITING)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    note: Mapped[Prose] = mapped_column(default="")


@dataclass(frozen=True)
class Said:
    """One thing asked for, as those who are to decide read it."""

    title: str
    """What its link says: the number of a matter or a receipt."""
    what: str
    """A sentence that says what is asked for."""
    note: str = ""
    """Why, in the words of whoever asks."""
    page: str = "home"
    """Key of the page that shows it, as the menu knows it."""
    query: Mapping[str, str] = field(default_factory=dict)
    """What the page's address says to open it."""


@dataclass(frozen=True)
class Subject:
    """A kind of thing that is approved; it stands under the name that `ask` is given."""

    label: Words
    describe: Callable[[Session, Collection[int]], Mapping[int, Said]]
    """Put those of the ids into words which the session's actor may see; in few queries, for a list has 200."""
    decided: Callable[[Session, Approval], None] | None = None
    """What the verdict changes: called once in the verdict's own transaction, in the name of who gave it, with the
    last step granted or the step denied. What it raises undoes the verdict."""


def ask(session: Session, subject: str, subject_id: int, estate_id: int, roles: tuple[Role, ...]) -> None:
    """Ask for approval by each of `roles` in turn."""
    asker = actor_of(session).user_id
    for step, role in enumerate(roles, start=1):
        session.add(
            Approval(
                estate_id=estate_id,
                subject=subject,
                subject_id=subject_id,
                step=step,
                role=role,
                asked_by=asker,
                asked_at=now(),
            )
        )


def decide(session: Session, approval_id: int, verdict: Verdict, note: str = "") -> Approval:
    """Grant or deny one step.

    Raises `Refused` when it is decided already, an earlier step still waits, the role is another's, the actor asked
    for it himself, or he has decided another step of the same subject. With the last step granted, or any denied, the
    subject's `decided` follows in the same transaction.
    """
    actor = actor_of(session)
    approval = session.get(Approval, approval_id, with_for_update=True)
    if approval is None or approval.estate_id not in actor.estates:
        raise Refused(_("没有找到这项审批。"))
    if approval.verdict is not Verdict.WAITING:
        raise Refused(_("这项审批已有结论：{verdict}。", verdict=approval.verdict.label))
    if not actor.roles & {approval.role, Role.DIRECTOR}:
        raise Refused(_("这项审批由{role}决定。", role=approval.role.label))
    others = session.scalars(
        select(Approval).where(
            Approval.subject == approval.subject, Approval.subject_id == approval.subject_id, Approval.id != approval.id
        )
    ).all()
    if any(other.step < approval.step and other.verdict is not Verdict.GRANTED for other in others):
        raise Refused(_("前一步审批还没有同意，请稍后再办。"))
    if actor.user_id == approval.asked_by or any(other.decided_by == actor.user_id for other in others):
        raise Refused(_("提交人不能审批自己的事项，各步审批也须由不同的人办理，请转其他人审批。"))
    if verdict is Verdict.DENIED and not note.strip():
        raise Refused(_("请写明不同意的理由。"), {"note": _("请写明不同意的理由。")})
    approval.verdict, approval.decided_by, approval.decided_at, approval.note = verdict, actor.user_id, now(), note
    session.flush()
    if verdict is Verdict.DENIED or all(other.verdict is Verdict.GRANTED for other in others):
        _follow(session, approval)
    return approval


def _follow(session: Session, approval: Approval) -> None:
    """Let the verdict do what it is given for."""
    from db.approval_subjects import SUBJECTS  # noqa: PLC0415 - what is approved builds on approvals

    subject = SUBJECTS.get(approval.subject)
    if subject is not None and subject.decided is not None:
        subject.decided(session, approval)


def withdraw(session: Session, subject: str, subject_id: int) -> None:
    """Let nobody decide any more what its asker has taken back; the caller has checked that it is he."""
    for each in steps_of(session, subject, subject_id):
        if each.verdict is Verdict.WAITING:
            each.verdict, each.decided_at = Verdict.WITHDRAWN, now()
    session.flush()


def steps_of(session: Session, subject: str, subject_id: int) -> list[Approval]:
    """List the steps of one approval, first to last."""
    return list(
        session.scalars(
            select(Approval)
            .where(Approval.subject == subject, Approval.subject_id == subject_id)
            .order_by(Approval.step, Approval.id)
        )
    )


def waiting_for(session: Session, limit: int = 200) -> list[Approval]:
    """List what waits for the session's actor to decide now, oldest first.

    Steps whose turn has not come are not among it, nor those of which he has decided another.
    """
    actor = actor_of(session)
    roles = set(Role) if Role.DIRECTOR in actor.roles else actor.roles
    other = aliased(Approval)
    bars = or_(
        and_(other.step < Approval.step, other.verdict != Verdict.GRANTED), other.decided_by == actor.user_id
    )
    same = and_(other.subject == Approval.subject, other.subject_id == Approval.subject_id, other.id != Approval.id)
    return list(
        session.scalars(
            select(Approval)
            .where(
                Approval.verdict == Verdict.WAITING,
                Approval.role.in_(roles),
                Approval.estate_id.in_(actor.estates),
                Approval.asked_by != actor.user_id,
                ~select(other.id).where(same, bars).exists(),
            )
            .order_by(Approval.asked_at, Approval.id)
            .limit(limit)
        )
    )
