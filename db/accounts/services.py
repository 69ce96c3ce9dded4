"""The lines of the service information 服务信息: what is done, who answers for it, which service point to ring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from db.accounts.ground import kept_estate, seen_estate
from db.accounts.private_words import found_in
from db.accounts.tables import ServiceLine
from db.audit import record
from db.checking import cleaned
from db.clock import now
from db.fields import fields_of
from db.refused import Refused
from db.registry import ServicePoint
from db.words import _

ASKED = ("item", "standard", "responsible", "service_point_id")


@dataclass(frozen=True)
class Line:
    """A line as it is kept; `id` is none for a new one."""

    item: str
    standard: str
    responsible: str
    service_point_id: int | None
    id: int | None = None


def lines_of(session: Session, estate_id: int) -> list[Line]:
    """List the lines in their order."""
    seen_estate(session, estate_id)
    rows = session.scalars(_listed(estate_id))
    return [Line(row.item, row.standard, row.responsible, row.service_point_id, row.id) for row in rows]


def _listed(estate_id: int) -> Select[ServiceLine]:
    return (
        select(ServiceLine)
        .where(ServiceLine.estate_id == estate_id, ServiceLine.ended_at.is_(None))
        .order_by(ServiceLine.position, ServiceLine.id)
    )


def points_of(session: Session, estate_id: int) -> dict[int, str]:
    """Name the estate's service points, each with its telephone."""
    seen_estate(session, estate_id)
    rows = session.execute(
        select(ServicePoint.id, ServicePoint.name, ServicePoint.phone)
        .where(ServicePoint.estate_id == estate_id)
        .order_by(ServicePoint.id)
    )
    return {key: f"{name} {phone or ''}".strip() for key, name, phone in rows}


def keep(session: Session, estate_id: int, wanted: Sequence[Line], *, seen: Sequence[int] = ()) -> int:
    """Make the lines read as `wanted`, in that order; returns how many were changed, added or ended.

    Lines in `seen` (the ids that were shown) that are no longer wanted end; others stay, for somebody may have added
    them meanwhile. A changed line ends and is followed by a new one. Raises `Refused` with all that is wrong.
    """
    kept_estate(session, estate_id)
    points = points_of(session, estate_id)
    checked = [_checked(session, estate_id, place, line, points) for place, line in enumerate(wanted, start=1)]
    known = {row.id: row for row in session.scalars(_listed(estate_id))}
    changes = 0
    for position, (line, values) in enumerate(checked, start=1):
        row = known.get(line.id or 0)
        if row is not None and all(getattr(row, name) == values[name] for name in ASKED):
            row.position = position
            continue
        changes += 1
        if row is not None:
            row.ended_at = now()
        session.add(ServiceLine(estate_id=estate_id, position=position, **values))
    still = {line.id for line in wanted}
    for number in set(seen) & set(known) - still:
        known[number].ended_at = now()
        changes += 1
    session.flush()
    if changes:
        record(session, "changed", "service_lines", None, estate_id=estate_id, after={"rows": len(wanted)})
    return changes


def _checked(
    session: Session, estate_id: int, place: int, line: Line, points: dict[int, str]
) -> tuple[Line, dict[str, object]]:
    fields = [fields_of(ServiceLine)[name] for name in ASKED]
    values, problems = cleaned(fields, {name: getattr(line, name) for name in ASKED})
    if line.service_point_id is not None and line.service_point_id not in points:
        problems["service_point_id"] = _("请从列表中选择。")
    if not problems:
        where = _("第{n}行", n=place)
        texts = [(where, str(values[name] or "")) for name in ("item", "standard")]
        found = found_in(session, estate_id, texts)
        found += found_in(session, estate_id, [(where, str(values["responsible"]))], names=False)
        problems |= {f"line{place}": each for each in found[:1]}
    if problems:
        first = next(iter(problems.values()))
        raise Refused(_("第{n}行：{wrong}", n=place, wrong=first), {"lines": first})
    return line, values
