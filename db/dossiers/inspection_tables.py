"""Inspections 验收 as they are kept: of which matter, what was looked at, how it was; and what is looked at where."""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Date, ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db import checklist_templates
from db.base import Base, Choice, Line, Name
from db.checklists import ItemKind, Template, Wanted
from db.clock import day_of
from db.people import in_scope
from db.registry import Estate, EstateKind
from db.session import actor_of
from db.words import Words, _


class InspectionKind(Choice):
    """Which way the unit goes."""

    IN = "in", _("收楼验收"), "blue"
    OUT = "out", _("退房验收"), "violet"


class PointResult(Choice):
    """What was found at a point."""

    OK = "ok", _("合格"), "green"
    DEFECT = "defect", _("有缺陷"), "orange"
    ABSENT = "absent", _("无此项"), "gray"


class Inspection(Base):
    """One inspection of a unit, of one matter."""

    __tablename__ = "inspections"
    __table_args__ = (
        UniqueConstraint("case_id", "kind"),
        Index("ix_inspections_unit_id_kind", "unit_id", "kind", "signed_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[InspectionKind]
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    signed_by: Mapped[Name] = mapped_column(default="")
    signed_on: Mapped[date | None] = mapped_column(Date)
    version: Mapped[int] = mapped_column(default=1)


class InspectionPoint(Base):
    """One thing looked at: where, what, how it was."""

    __tablename__ = "inspection_points"

    id: Mapped[int] = mapped_column(primary_key=True)
    inspection_id: Mapped[int] = mapped_column(ForeignKey("inspections.id"), index=True)
    position: Mapped[int]
    place: Mapped[Line]
    label: Mapped[Line]
    result: Mapped[PointResult | None]
    note: Mapped[Line] = mapped_column(default="")
    repair_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    """The repair that the defect became; the link `defect` says it the other way round."""


# ── what is looked at ────────────────────────────────────────────────────────────────────────────────────────────────


def _lines(name: str) -> tuple[Wanted, ...]:
    """Read a list of points; in a template the place of a point stands in `ask`."""
    places = tomllib.loads(Path(__file__).with_name("inspection_points.toml").read_text(encoding="utf-8"))[name]
    named = [(place, label) for place, labels in places.items() for label in labels]
    return tuple(
        Wanted(f"p{number:02}", ItemKind.PAPER, label, ask=place) for number, (place, label) in enumerate(named, 1)
    )


TEMPLATES = (
    Template("inspections.homes", _("住宅验收项目"), _lines("homes"), frozenset({EstateKind.HOMES})),
    Template("inspections.park", _("园区单元验收项目"), _lines("park"), frozenset({EstateKind.PARK})),
)
"""What each kind of estate looks at; an estate may change its own (`db.checklist_templates`)."""


def _template_of(session: Session, estate_id: int) -> Template:
    kind = session.get_one(Estate, estate_id).kind
    return next(each for each in TEMPLATES if kind in each.estates)


def lay_out(session: Session, inspection: Inspection, template: Template | None) -> None:
    """Write the points down: of a unit given back those that it was taken over by, else the template's."""
    before = None
    if inspection.kind is InspectionKind.OUT:
        before = entry_inspection(session, inspection.unit_id, day_of(inspection.at), inspection.customer_id)
    if before is not None:
        wanted = [(each.place, each.label) for each in points_of(session, before.id)]
    else:
        template = template or _template_of(session, inspection.estate_id)
        lines = checklist_templates.lines_of(session, inspection.estate_id, template)
        wanted = [(_source(each.ask), _source(each.label)) for each in lines]
    session.add_all(
        InspectionPoint(inspection_id=inspection.id, position=position, place=place, label=label)
        for position, (place, label) in enumerate(wanted, 1)
    )
    session.flush()


def _source(text: Words | str) -> str:
    return text.text if isinstance(text, Words) else text


def points_of(session: Session, inspection_id: int) -> list[InspectionPoint]:
    """List the points of an inspection in the order of the walk."""
    return list(
        session.scalars(
            select(InspectionPoint)
            .where(InspectionPoint.inspection_id == inspection_id)
            .order_by(InspectionPoint.position, InspectionPoint.id)
        )
    )


def inspection_of(session: Session, case_id: int, kind: InspectionKind | None = None) -> Inspection | None:
    """Find a matter's inspection, if it has begun; the caller has checked that the actor may see the matter."""
    statement = select(Inspection).where(Inspection.case_id == case_id).order_by(Inspection.id.desc()).limit(1)
    return session.scalar(statement if kind is None else statement.where(Inspection.kind == kind))


def entry_inspection(
    session: Session, unit_id: int, before: date, customer_id: int | None = None
) -> Inspection | None:  # fmt: skip
    """Find how a unit was taken over: the last inspection signed on or before a day, of this customer where named."""
    statement = select(Inspection).where(
        Inspection.unit_id == unit_id, Inspection.kind == InspectionKind.IN, Inspection.signed_on <= before
    )
    if customer_id is not None:
        statement = statement.where((Inspection.customer_id == customer_id) | Inspection.customer_id.is_(None))
    newest = in_scope(statement, actor_of(session), Inspection)
    return session.scalar(newest.order_by(Inspection.signed_on.desc(), Inspection.id.desc()).limit(1))
