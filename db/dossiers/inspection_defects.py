"""What follows from a defect found on taking a unit over or giving it back: a repair; perhaps a deduction (I4, O2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.cases import Case, CaseLink
from db.clock import day_of, today
from db.dossiers.inspection_tables import (
    Inspection,
    InspectionKind,
    InspectionPoint,
    PointResult,
    entry_inspection,
    inspection_of,
    points_of,
)
from db.ledger.calculations import in_chinese
from db.process import open_case
from db.registry import Unit
from db.settings import Setting, value_of
from db.words import _

WARRANTY_MONTHS = Setting(
    "inspections.warranty_months", _("收楼缺陷：交房后几个月内建议按保修处理"), 24,
    _("装修、电气、给排水的法定保修期为两年；0 为不建议"), most=120,
)  # fmt: skip


def words_of(place: str, label: str, note: str) -> str:
    """Say a defect in a line: where, what, how."""
    return in_chinese(_("{place} {label}：{note}", place=place, label=label, note=note))


def repair_of(
    session: Session, case: Case, inspection: Inspection, point: InspectionPoint, at: datetime | None
) -> None:  # fmt: skip
    """Make a repair out of a defect; one that was found on taking over and is not yet mended stays the same repair."""
    if point.repair_id is not None:
        return
    if (open_one := _still_open(session, inspection, point)) is not None:
        point.repair_id = open_one
        link = {"case_id": open_one, "other_id": case.id, "kind": "defect"}
        if session.scalar(select(CaseLink.id).filter_by(**link)) is None:
            session.add(CaseLink(**link))
        return
    values = {
        "unit_id": inspection.unit_id,
        "words": words_of(point.place, point.label, point.note),
        "channel": "staff",
    }
    remark = ""
    if inspection.kind is InspectionKind.IN:
        values |= {"customer_id": case.customer_id, "contact_name": case.contact_name,
                   "contact_phone": case.contact_phone}  # fmt: skip
        if (since := _under_warranty(session, case)) is not None:
            remark = in_chinese(_("收楼验收发现，{day} 交房，建议按保修处理", day=since))
    repair: Any = open_case(session, "repairs", values, at=at, note=remark, because_of=case, link="defect")
    if remark:
        from db.processes.repairs import ChargeKind  # noqa: PLC0415 - the processes that inspect stand beside repairs

        repair.charge_kind = ChargeKind.WARRANTY  # a proposal: dispatching asks it again
    point.repair_id = repair.id


def _still_open(session: Session, inspection: Inspection, point: InspectionPoint) -> int | None:
    if inspection.kind is not InspectionKind.OUT:
        return None
    was = as_taken(session, inspection).get((point.place, point.label))
    if was is None or was.repair_id is None:
        return None
    repair = session.get_one(Case, was.repair_id)
    return repair.id if repair.handled_at is None and repair.closed_at is None else None


def _under_warranty(session: Session, case: Case) -> date | None:
    """Say since when a unit is handed over, if that is recent enough for a warranty."""
    on: date | None = getattr(case, "handed_over_on", None)
    if on is None and case.unit_id is not None:
        on = session.get_one(Unit, case.unit_id).handed_over_on
    months = int(value_of(session, WARRANTY_MONTHS, case.estate_id))
    if on is None or months == 0:
        return None
    last = on + timedelta(days=round(months * 365.25 / 12))
    return on if on <= today() <= last else None


@dataclass(frozen=True)
class Worse:
    """A point that was in order when the unit was taken over, and is not when it is given back."""

    point_id: int
    place: str
    label: str
    note: str
    mended: bool
    """Had a defect on taking over that was repaired since."""
    repair_id: int | None
    repair: str
    charge: Decimal | None
    """What its repair was charged, once that is known."""


def as_taken(session: Session, inspection: Inspection) -> dict[tuple[str, str], InspectionPoint]:
    """Say how each point was when this customer took the unit over; empty without such an inspection."""
    before = entry_inspection(session, inspection.unit_id, day_of(inspection.at), inspection.customer_id)
    return {} if before is None else {(each.place, each.label): each for each in points_of(session, before.id)}


def deterioration(session: Session, case: Case) -> list[Worse]:
    """List what got worse between taking over and giving back: what a deduction may be agreed for.

    In order then and defective now, or defective, repaired and defective again. Ordinary wear is the inspector's to
    leave out: he calls it in order. Empty without both inspections.
    """
    inspection = inspection_of(session, case.id, InspectionKind.OUT)
    if inspection is None:
        return []
    taken = as_taken(session, inspection)
    found = []
    for point in points_of(session, inspection.id):
        was = taken.get((point.place, point.label))
        if point.result is not PointResult.DEFECT or was is None:
            continue
        mended = is_mended(session, was)
        if was.result is PointResult.OK or mended:
            repair: Any = session.get(Case, point.repair_id) if point.repair_id else None
            found.append(Worse(point.id, point.place, point.label, point.note, mended, point.repair_id,
                               repair.number if repair else "", repair.charge if repair else None))  # fmt: skip
    return found


def is_mended(session: Session, was: InspectionPoint) -> bool:
    """Claim: a defect found on taking over was repaired since."""
    if was.result is not PointResult.DEFECT or was.repair_id is None:
        return False
    repair = session.get_one(Case, was.repair_id)
    return repair.handled_at is not None and repair.counts
