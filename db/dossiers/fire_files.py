"""The fire document of a move into the park 消防文件: on file before the move is booked, or agreed not needed (HB:330).

That none is needed is for the director to say, on a reason; each time it is asked stands by itself.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db import approvals
from db.approvals import Approval, Said, Subject, Verdict
from db.base import Base, Choice, Prose
from db.cases import Case
from db.checking import clean_text
from db.checklists import items_of
from db.people import Role, in_scope
from db.process import Step, perform
from db.refused import Refused
from db.session import actor_of
from db.words import Words, _

SUBJECT = "fire_exemption"
FILE_FIRE = "file_fire"
"""The action by which the document is entered."""
AGREE, REFUSE = "agree_fire", "refuse_fire"
"""The actions that follow the director's verdict; a process with fire documents declares both, staying in its state."""


class FireKind(Choice):
    """Which document says that the unit may be used."""

    ACCEPTANCE = "acceptance", _("消防验收合格意见书")
    FILING = "filing", _("消防验收备案凭证")
    OPENING = "opening", _("开业前消防安全检查合格证")
    NOT_NEEDED = "not_needed", _("不需办理")


class FireExemption(Base):
    """Once that the director was asked to agree that no fire document is needed."""

    __tablename__ = "fire_exemptions"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    reason: Mapped[Prose]
    asked_at: Mapped[datetime]


def filed(step: Step) -> None:
    """Check what was entered of the fire document; that none is needed goes to the director."""
    case: Any = step.case
    _take_back_asking(step.session, case.id)
    if case.fire_kind is FireKind.NOT_NEEDED:
        _ask_director(step)
        return
    problems: dict[str, object] = {}
    if not case.fire_number:
        problems["fire_number"] = _("请填写文号。")
    if case.fire_on is None:
        problems["fire_on"] = _("请填写出具日期。")
    elif case.fire_on > step.day:
        problems["fire_on"] = _("出具日期不能晚于今天。")
    if problems:
        raise Refused(_("请检查标出的 {n} 处。", n=len(problems)), problems)
    case.fire_agreed = True


def _ask_director(step: Step) -> None:
    case: Any = step.case
    if not clean_text(step.note):
        wrong = _("请在备注写明为什么不需办理，由管理处主任审批。")
        raise Refused(wrong, {"note": _("请写明理由。")})
    case.fire_number, case.fire_on, case.fire_agreed = "", None, False
    asking = FireExemption(case_id=case.id, reason=step.note, asked_at=step.at)
    step.session.add(asking)
    step.session.flush()
    approvals.ask(step.session, SUBJECT, asking.id, case.estate_id, (Role.DIRECTOR,))
    step.session.flush()


def _take_back_asking(session: Session, case_id: int) -> None:
    """Let the director decide only on what was entered last."""
    for asking_id in session.scalars(select(FireExemption.id).where(FireExemption.case_id == case_id)):
        approvals.withdraw(session, SUBJECT, asking_id)


def is_asked(session: Session, case: Case) -> Words | None:
    """Gate: the matter's checklist asks for a fire document."""
    asked = any(each.key == "fire" for each in items_of(session, case.id))
    return None if asked else _("这类手续不用登记消防文件。")


def on_file(_session: Session, case: Any) -> Words | None:
    """Gate: the fire document is on file, or the director has agreed that none is needed (HB:330)."""
    if case.fire_kind is None:
        return _("还没有登记消防文件（验收合格意见书、备案凭证或开业检查）。")
    if not case.fire_agreed:
        return _("“不需办理消防文件”还在等管理处主任审批。")
    return None


def verdict_is(verdict: Verdict) -> Any:
    """Make the gate of the step that follows a verdict: the director has given it, and nobody has asked anew."""

    def gate(session: Session, case: Any) -> Words | None:
        newest = session.scalar(
            select(Approval.verdict)
            .join(FireExemption, FireExemption.id == Approval.subject_id)
            .where(Approval.subject == SUBJECT, FireExemption.case_id == case.id)
            .order_by(Approval.id.desc())
            .limit(1)
        )
        waits = case.fire_kind is FireKind.NOT_NEEDED and not case.fire_agreed
        return None if newest is verdict and waits else _("管理处主任没有这样决定。")

    return gate


def agreed(step: Step) -> None:
    """Follow the director's consent."""
    step.case.fire_agreed = True


def refused(step: Step) -> None:
    """Follow the director's refusal: a document is needed after all."""
    step.case.fire_kind = None


# ── the approval ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _describe(session: Session, ids: Collection[int]) -> dict[int, Said]:
    rows = session.execute(
        in_scope(
            select(FireExemption, Case.number, Case.process)
            .join(Case.__table__, Case.id == FireExemption.case_id)
            .where(FireExemption.id.in_(ids)),
            actor_of(session),
            Case,
        )
    )
    what = str(_("不需办理消防文件，请审批"))
    return {each.id: Said(number, what, each.reason, process, {"case": number}) for each, number, process in rows}


def _decided(session: Session, approval: Approval) -> None:
    asking = session.get_one(FireExemption, approval.subject_id)
    name = AGREE if approval.verdict is Verdict.GRANTED else REFUSE
    perform(session, asking.case_id, name, {}, note=approval.note)


APPROVAL = Subject(_("消防文件免办"), _describe, _decided)

__all__ = [
    "AGREE", "APPROVAL", "FILE_FIRE", "REFUSE", "SUBJECT", "FireExemption", "FireKind", "agreed", "filed", "is_asked",
    "on_file", "refused", "verdict_is",
]  # fmt: skip
