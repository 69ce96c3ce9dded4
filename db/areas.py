"""Areas of responsibility 责任区: which steward looks after which building, from when to when (R9)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db.clock import today
from db.people import Right, Role, User, UserRole, require
from db.refused import Refused
from db.registering import locked, note_change, save
from db.registry import Building, StewardArea
from db.session import actor_of
from db.words import _


def assign_area(session: Session, building_ids: Iterable[int], user_id: int, starts_on: date) -> list[int]:
    """Give buildings to a steward from a day on; whoever had them ends the day before. Returns the areas' ids.

    Buildings that are his already stay as they are.
    """
    require(actor_of(session), Right.EDIT_REGISTRY)
    steward = select(UserRole.user_id).where(UserRole.user_id == user_id, UserRole.role == Role.STEWARD)
    if session.scalar(steward) is None:
        raise Refused(_("责任区只能交给物业管家。"), {"user_id": _("请选择一位物业管家。")})
    made = []
    for building_id in sorted(set(building_ids)):
        building: Building = locked(session, Building, building_id)
        if _make_room(session, building, user_id, starts_on):
            values = {"building_id": building_id, "user_id": user_id, "starts_on": starts_on}
            made.append(save(session, StewardArea, values))
    return made


def _make_room(session: Session, building: Building, user_id: int, starts_on: date) -> bool:
    """End the area that is in the way; False when it is this steward's own."""
    present = session.scalars(
        select(StewardArea)
        .where(
            StewardArea.building_id == building.id,
            or_(StewardArea.ends_on.is_(None), StewardArea.ends_on >= starts_on),
        )
        .order_by(StewardArea.starts_on)
    ).all()
    if any(area.user_id == user_id and area.starts_on <= starts_on and area.ends_on is None for area in present):
        return False
    if later := next((area for area in present if area.starts_on >= starts_on), None):
        raise Refused(
            _("{building}从 {day} 起已另有安排，请选更晚的日期。", building=building.name, day=later.starts_on),
            {"starts_on": _("请选晚于 {day} 的日期。", day=later.starts_on)},
        )
    for area in present:
        end_area(session, area.id, starts_on - timedelta(days=1))
    return True


def end_area(session: Session, area_id: int, ends_on: date, version: int | None = None) -> None:
    """Enter the last day on which a steward had a building."""
    require(actor_of(session), Right.EDIT_REGISTRY)
    area: StewardArea = locked(session, StewardArea, area_id, version)
    if ends_on < area.starts_on:
        problem = _("结束日期不能早于开始日期 {day}。", day=area.starts_on)
        raise Refused(problem, {"ends_on": problem})
    before, area.ends_on = area.ends_on, ends_on
    note_change(session, area, {"ends_on": before}, {"ends_on": ends_on}, act="ended")


def steward_of(session: Session, building_id: int | None, day: date | None = None) -> User | None:
    """Find who looks after a building on a day (default: today); nobody is None."""
    if building_id is None:
        return None
    on = day or today()
    return session.scalar(
        select(User)
        .join(StewardArea, StewardArea.user_id == User.id)
        .where(
            StewardArea.building_id == building_id,
            StewardArea.starts_on <= on,
            or_(StewardArea.ends_on.is_(None), StewardArea.ends_on >= on),
        )
        .order_by(StewardArea.starts_on.desc(), StewardArea.id.desc())
        .limit(1)
    )
