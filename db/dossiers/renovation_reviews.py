"""Leave for works and for more time 装修审核、延期: who grants it, and what follows from the verdict (D2)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import approvals, settings
from db.approvals import Approval, Said, Subject, Verdict
from db.cases import Case
from db.clock import now
from db.dossiers.renovation_tables import Renovation, RenovationReview, ReviewKind
from db.people import Role, in_scope
from db.process import Gate, Step, perform
from db.refused import Refused
from db.registry import Unit
from db.session import actor_of
from db.settings import Setting
from db.words import Words, _

SUBJECT = "renovation_review"
REGISTERED, BY_SUPERVISOR, BY_WORKS = "registered", "supervisor", "works"
REVIEW_WAY = Setting(
    "renovations.review_way", _("装修：由谁审核"), BY_SUPERVISOR,
    _("涉及结构、燃气、消防，或造价达到下一项的，另报主任"),
    choices={
        REGISTERED: _("资料齐全即登记"), BY_SUPERVISOR: _("客服主管"), BY_WORKS: _("工程主管，再客服主管"),
    },
)  # fmt: skip
DIRECTOR_COST = Setting(
    "renovations.director_cost", _("装修：预计造价多少元起报主任"), 300_000, _("0 表示都报主任"), most=999_999
)
_ROLES: dict[str, tuple[Role, ...]] = {
    REGISTERED: (),
    BY_SUPERVISOR: (Role.SUPERVISOR,),
    BY_WORKS: (Role.WORKS_SUPERVISOR, Role.SUPERVISOR),
}


def reviewers(session: Session, case: Renovation) -> tuple[Role, ...]:
    """Say who is asked in turn: by the office's setting, and the director where more is at stake."""
    roles = _ROLES[settings.value_of(session, REVIEW_WAY, case.estate_id)]
    least = settings.value_of(session, DIRECTOR_COST, case.estate_id)
    heavy = case.touches_structure or case.touches_gas or case.touches_fire
    return (*roles, Role.DIRECTOR) if heavy or (case.cost is not None and case.cost >= least) else roles


def asked_for(step: Step, kind: ReviewKind, until: date | None = None) -> RenovationReview:
    """Begin a round; with nobody to ask it is granted at once."""
    session, case = step.session, step.case
    review = RenovationReview(case_id=case.id, kind=kind, until=until, reason=step.note, asked_at=step.at)
    session.add(review)
    session.flush()
    roles = reviewers(session, case)
    approvals.ask(session, SUBJECT, review.id, case.estate_id, roles)
    session.flush()
    if not roles:
        step.perform(case.id, _GRANTED[kind])
    return review


_GRANTED = {ReviewKind.WORKS: "agree", ReviewKind.EXTENSION: "extended"}
_DENIED = {ReviewKind.WORKS: "send_back", ReviewKind.EXTENSION: "not_extended"}


def current(session: Session, case_id: int, kind: ReviewKind) -> RenovationReview | None:
    """Find the round that is under way."""
    return session.scalar(
        select(RenovationReview)
        .where(RenovationReview.case_id == case_id, RenovationReview.kind == kind, RenovationReview.closed_at.is_(None))
        .order_by(RenovationReview.id.desc())
        .limit(1)
    )


def verdict_of(session: Session, review: RenovationReview) -> Verdict:
    """Say what a round has come to."""
    verdicts = {each.verdict for each in approvals.steps_of(session, SUBJECT, review.id)}
    if Verdict.DENIED in verdicts:
        return Verdict.DENIED
    return Verdict.GRANTED if verdicts <= {Verdict.GRANTED} else Verdict.WAITING


def _standing(kind: ReviewKind, wanted: Verdict) -> Gate:
    def gate(session: Session, case: Renovation) -> Words | None:
        review = current(session, case.id, kind)
        if review is None:
            return _("没有正在办理的{kind}。", kind=kind.label)
        if verdict_of(session, review) is wanted:
            return None
        waits = next(
            (each for each in approvals.steps_of(session, SUBJECT, review.id) if each.verdict is Verdict.WAITING), None
        )
        role = waits.role.label if waits else ""
        return _("{kind}由{role}在“我的待办”里决定，决定后自动办理。", kind=kind.label, role=role)

    return gate


def granted(kind: ReviewKind) -> Gate:
    """Make the gate: the round under way has been granted."""
    return _standing(kind, Verdict.GRANTED)


def denied(kind: ReviewKind) -> Gate:
    """Make the gate: the round under way has been denied."""
    return _standing(kind, Verdict.DENIED)


def none_under_way(session: Session, case: Renovation) -> Words | None:
    """Gate: one extension is asked for at a time."""
    under_way = current(session, case.id, ReviewKind.EXTENSION)
    return _("已有一个延期申请在审核，请等它办完。") if under_way else None


def close(session: Session, case_id: int, kind: ReviewKind, *, withdrawn: bool = False) -> RenovationReview:
    """End the round under way; `withdrawn` lets nobody decide it any more. Raises `Refused` when there is none."""
    review = current(session, case_id, kind)
    if review is None:
        raise Refused(_("没有正在办理的{kind}。", kind=kind.label))
    review.closed_at = now()
    if withdrawn:
        approvals.withdraw(session, SUBJECT, review.id)
    return review


def _decided(session: Session, approval: Approval) -> None:
    """Let the verdict move the renovation on, in the name of who gave it."""
    review = session.get_one(RenovationReview, approval.subject_id)
    if review.closed_at is not None:
        raise Refused(_("这项申请已经撤回或办完，不用再审批。"))
    names = _DENIED if approval.verdict is Verdict.DENIED else _GRANTED
    perform(session, review.case_id, names[review.kind], {}, note=approval.note)


def _describe(session: Session, ids: Collection[int]) -> dict[int, Said]:
    rows = session.execute(
        in_scope(
            select(RenovationReview, Renovation, Unit.short)
            .join(Renovation, Renovation.id == RenovationReview.case_id)
            .outerjoin(Unit, Unit.id == Renovation.unit_id)
            .where(RenovationReview.id.in_(ids), RenovationReview.closed_at.is_(None)),
            actor_of(session), Case,
        )
    )  # fmt: skip
    return {
        review.id: Said(
            case.number, _said(review, case, unit or ""), review.reason or case.words, "renovations",
            {"case": case.number},
        )
        for review, case, unit in rows
    }  # fmt: skip


def _said(review: RenovationReview, case: Renovation, unit: str) -> str:
    if review.kind is ReviewKind.EXTENSION:
        return str(_("{unit} 申请延期到 {day}（原计划 {before}）", unit=unit, day=review.until, before=case.planned_to))
    return str(
        _("{unit} 装修 {first} 至 {last}，施工单位 {firm}", unit=unit, first=case.planned_from, last=case.planned_to,
          firm=case.contractor or _("自行施工"))
    )  # fmt: skip


APPROVAL = Subject(_("装修审核与延期"), _describe, _decided)
