"""An inspection as screens and papers show it: by place, with photos, repairs, how it was on taking over (I4, O2)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import Choice
from db.cases import Case, case_by_id
from db.clock import day_of
from db.documents import Document
from db.dossiers.inspection_defects import as_taken, is_mended
from db.dossiers.inspection_tables import (
    Inspection,
    InspectionKind,
    InspectionPoint,
    PointResult,
    entry_inspection,
    inspection_of,
    points_of,
)
from db.people import User
from db.process import process_of
from db.words import Words, _

PHOTO = "point:{id}"
"""The label of a photograph of a point."""


@dataclass(frozen=True)
class Photo:
    """A photograph of a point."""

    id: str
    name: str

    @property
    def address(self) -> str:
        """Where it is fetched; the route asks again who is asking."""
        return f"/documents/{self.id}"


@dataclass(frozen=True)
class Repaired:
    """The repair that a defect became."""

    number: str
    state: Choice


@dataclass(frozen=True)
class SeenPoint:
    """A point as it is shown."""

    id: int
    place: str
    label: str
    result: PointResult | None
    note: str
    repair: Repaired | None
    photos: tuple[Photo, ...]
    was_result: PointResult | None
    """How it was on taking over; None where nobody knows."""
    was_note: str
    mended: bool
    """Defective then, repaired since."""

    @property
    def worse(self) -> bool:
        """Claim: in order then (or repaired since), defective now."""
        sound = self.was_result is PointResult.OK or self.mended
        return sound and self.result is PointResult.DEFECT

    @property
    def was_said(self) -> Words | None:
        """Say how it was on taking over."""
        if self.was_result is None:
            return None
        told = {"result": self.was_result.label.text, "note": self.was_note}
        if self.mended:
            return _("{result}：{note}（已修复）", **told)
        return _("{result}：{note}", **told) if self.was_note else self.was_result.label

    @property
    def was(self) -> str:
        """Say how it was on taking over, to who reads now; empty where nobody knows."""
        return str(self.was_said or "")


@dataclass(frozen=True)
class View:
    """An inspection as it is shown."""

    id: int
    kind: InspectionKind
    at: datetime
    by: str
    signed_by: str
    signed_on: date | None
    version: int
    points: tuple[SeenPoint, ...]
    taken_on: date | None
    """Giving back: the day on which the sheet of taking over was signed."""

    @property
    def places(self) -> dict[str, list[SeenPoint]]:
        """Group the points by place, in the order of the walk."""
        found: defaultdict[str, list[SeenPoint]] = defaultdict(list)
        for each in self.points:
            found[each.place].append(each)
        return dict(found)

    def number(self, result: PointResult | None) -> int:
        """Count the points with a result; None counts those not looked at yet."""
        return sum(each.result is result for each in self.points)


def view(session: Session, case_id: int, kind: InspectionKind | None = None) -> View | None:
    """Show a matter's inspection, if it has begun. Raises `Refused` as if it did not exist outside the scope."""
    case = case_by_id(session, case_id)
    inspection = inspection_of(session, case.id, kind)
    if inspection is None:
        return None
    points = points_of(session, inspection.id)
    taken, taken_on = _taken(session, inspection)
    photos, repairs = _photos(session, case.id), _repairs(session, points)
    shown = []
    for each in points:
        was = taken.get((each.place, each.label))
        mended = was is not None and is_mended(session, was)
        shown.append(SeenPoint(
            each.id, each.place, each.label, each.result, each.note, repairs.get(each.repair_id or 0),
            tuple(photos[each.id]), was.result if was is not None else None, was.note if was is not None else "",
            mended,
        ))  # fmt: skip
    return View(
        inspection.id, inspection.kind, inspection.at, session.get_one(User, inspection.by).name, inspection.signed_by,
        inspection.signed_on, inspection.version, tuple(shown), taken_on,
    )  # fmt: skip


def _taken(
    session: Session, inspection: Inspection
) -> tuple[dict[tuple[str, str], InspectionPoint], date | None]:  # fmt: skip
    if inspection.kind is not InspectionKind.OUT:
        return {}, None
    before = entry_inspection(session, inspection.unit_id, day_of(inspection.at), inspection.customer_id)
    return as_taken(session, inspection), before.signed_on if before is not None else None


def _photos(session: Session, case_id: int) -> defaultdict[int, list[Photo]]:
    rows = session.execute(
        select(Document.id, Document.name, Document.label)
        .where(Document.case_id == case_id, Document.label.startswith(PHOTO.format(id="")),
               Document.removed_at.is_(None), Document.destroyed_at.is_(None))
        .order_by(Document.at, Document.id)
    )  # fmt: skip
    found: defaultdict[int, list[Photo]] = defaultdict(list)
    for key, name, label in rows:
        found[int(label.rpartition(":")[2])].append(Photo(key, name))
    return found


def _repairs(session: Session, points: list[InspectionPoint]) -> dict[int, Repaired]:
    ids = {each.repair_id for each in points if each.repair_id is not None}
    if not ids:
        return {}
    rows = session.execute(select(Case.id, Case.number, Case.process, Case.state).where(Case.id.in_(ids)))
    return {key: Repaired(number, process_of(process).states(state)) for key, number, process, state in rows}


__all__ = ["PHOTO", "Photo", "Repaired", "SeenPoint", "View", "view"]
