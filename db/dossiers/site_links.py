"""What hangs on a renovation: its violations, neighbours' complaints about it, the unit as it stood before (D3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from db.base import CODE_LENGTH, Choice
from db.cases import Case, CaseLink, case_by_number
from db.clock import moment_of
from db.dossiers.renovation_tables import ON_SITE, Renovation, State
from db.dossiers.steps import noted
from db.fields import Field, fields_of
from db.people import in_scope
from db.process import Step, process_of
from db.refused import Refused
from db.registering import note_change
from db.registry import Unit, UnitState
from db.session import actor_of
from db.words import Words, _

VIOLATION, COMES_FROM = "violation", "from"
VIOLATIONS = "violations"
COMPLAINT = Field("complaint_number", _("投诉单号"), "text", length=CODE_LENGTH)
COMPLAINTS = "complaints"
_ABOUT_WORKS = ("renovation", "noise")
"""Categories of complaints, as their matters keep them."""
NEAR_FLOORS = 2
"""So many floors above and below a site its noise is plausibly meant."""


def open_violations(session: Session, case_id: int) -> list[Case]:
    """List the violations of a renovation that are not closed, oldest first."""
    return list(
        session.scalars(
            select(Case)
            .join(CaseLink, CaseLink.case_id == Case.id)
            .where(
                CaseLink.other_id == case_id, CaseLink.kind == VIOLATION, Case.process == VIOLATIONS,
                Case.closed_at.is_(None),
            )
            .order_by(Case.id)
        )
    )  # fmt: skip


def violations_are_settled(session: Session, case: Renovation) -> Words | None:
    """Say that no violation of this renovation is open."""
    found = open_violations(session, case.id)
    return _("违章整改单 {numbers} 还没有办结。", numbers=_numbers(found)) if found else None


def _numbers(cases: Sequence[Case]) -> str:
    return str(_("、")).join(each.number for each in cases)


def renovation_of(session: Session, violation_id: int) -> Renovation | None:
    """Find the renovation that a violation is about, if works were declared at all."""
    return session.scalar(
        select(Renovation)
        .join(CaseLink, CaseLink.other_id == Renovation.id)
        .where(CaseLink.case_id == violation_id, CaseLink.kind == VIOLATION)
        .limit(1)
    )


# ── neighbours' complaints ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Heard:
    """A neighbour's complaint that may be about a site."""

    id: int
    number: str
    state: Choice
    where: str
    category: str
    words: str
    opened_at: datetime
    linked: bool


def complaints_about(session: Session, case: Renovation) -> list[Heard]:
    """List complaints linked to a renovation, and those that may be about it, newest first; in the actor's scope.

    Proposed are 装修违章 and 噪声扰民 since works began: at the unit itself, and in its building within two floors.
    """
    linked = select(CaseLink.case_id).where(CaseLink.other_id == case.id, CaseLink.kind == COMES_FROM)
    near: list[ColumnElement[bool]] = [Case.id.in_(linked)]
    if case.started_on is not None:
        since = moment_of(case.started_on)
        until = moment_of((case.accepted_on or case.started_on) + timedelta(days=1))
        unit = session.get(Unit, case.unit_id)
        about: ColumnElement[bool] = Case.topic.in_(_ABOUT_WORKS) & (Case.opened_at >= since) & Case.counts
        if case.accepted_on is not None:
            about &= Case.opened_at < until
        near.append(about & _nearby(unit))
    rows = session.execute(
        in_scope(
            select(
                Case.id, Case.number, Case.state, Case.place, Case.topic, Case.words, Case.opened_at, Unit.short
            )
            .outerjoin(Unit, Unit.id == Case.unit_id)
            .where(
                Case.process == COMPLAINTS, or_(*near), Case.about_user_id.is_distinct_from(actor_of(session).user_id)
            )
            .order_by(Case.opened_at.desc(), Case.id.desc())
            .limit(20),
            actor_of(session), Case,
        )
    ).all()  # fmt: skip
    known = set(session.scalars(linked))
    process = process_of(COMPLAINTS)
    categories = fields_of(process.model)["category"].choices or Choice
    return [
        Heard(each.id, each.number, process.states(each.state), each.short or each.place,
              str(categories(each.topic).label), each.words, each.opened_at, each.id in known)
        for each in rows
    ]  # fmt: skip


def _nearby(unit: Unit | None) -> ColumnElement[bool]:
    """Claim: at the same unit, or in its building not far above or below."""
    if unit is None:
        return Case.id.in_([])
    here = Case.building_id == unit.building_id
    if unit.floor is None:
        return here
    return here & or_(Unit.floor.is_(None), Unit.floor.between(unit.floor - NEAR_FLOORS, unit.floor + NEAR_FLOORS))


def complaint_linked(step: Step) -> None:
    """Link a complaint to the renovation that it is about; a second time changes nothing."""
    number = step.values[COMPLAINT.name].strip().upper()
    wrong = _("没有找到投诉单 {number}，请核对单号。", number=number)
    try:
        complaint = case_by_number(step.session, number)
    except Refused:
        raise Refused(wrong, {COMPLAINT.name: wrong}) from None
    if complaint.process != COMPLAINTS or complaint.estate_id != step.case.estate_id:
        raise Refused(wrong, {COMPLAINT.name: wrong})
    same = select(CaseLink.id).where(
        CaseLink.case_id == complaint.id, CaseLink.other_id == step.case.id, CaseLink.kind == COMES_FROM
    )
    if step.session.scalar(same) is not None:
        raise Refused(_("投诉单 {number} 已经关联。", number=number), {COMPLAINT.name: _("已经关联。")})
    step.session.add(CaseLink(case_id=complaint.id, other_id=step.case.id, kind=COMES_FROM))
    noted(step, _("关联投诉 {number}", number=number))


# ── the unit ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def fit_out(session: Session, case: Renovation) -> None:
    """Let the unit stand as 装修中, remembering how it stood."""
    unit = session.get(Unit, case.unit_id, with_for_update=True)
    if unit is None or unit.state is UnitState.FITTING_OUT:
        return
    case.unit_state_before = unit.state.value
    before, unit.state = unit.state, UnitState.FITTING_OUT
    note_change(session, unit, {"state": before}, {"state": unit.state})


def fitted_out(session: Session, case: Renovation) -> None:
    """Let the unit stand as it did before, unless others are still at work in it."""
    unit = session.get(Unit, case.unit_id, with_for_update=True)
    if unit is None or unit.state is not UnitState.FITTING_OUT or not case.unit_state_before:
        return
    if other_works(session, case):
        return
    before, unit.state = unit.state, UnitState(case.unit_state_before)
    note_change(session, unit, {"state": before}, {"state": unit.state})


def other_works(session: Session, case: Renovation) -> str | None:
    """Name another renovation at work in the same unit."""
    return session.scalar(
        select(Case.number)
        .where(
            Case.process == case.process, Case.unit_id == case.unit_id, Case.id != case.id,
            Case.state.in_([*(each.value for each in ON_SITE), State.COMPLETED.value]),
        )
        .limit(1)
    )  # fmt: skip
