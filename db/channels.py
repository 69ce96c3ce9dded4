"""Where customers report a repair: the estate's service points, to be read out on the telephone (HB:40, M7)."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.people import in_scope
from db.registry import Estate, ServicePoint
from db.session import actor_of
from db.words import _


def repair_channels(session: Session, estates: Collection[int]) -> list[str]:
    """Say, a line for each service point of these estates: name, telephone, hours, address; those without are left."""
    rows = session.execute(
        in_scope(
            select(ServicePoint, Estate.name)
            .join(Estate, Estate.id == ServicePoint.estate_id)
            .where(ServicePoint.estate_id.in_(estates), ServicePoint.phone.is_not(None))
            .order_by(ServicePoint.estate_id, ServicePoint.id),
            actor_of(session),
            ServicePoint,
        )
    )
    return [
        str(_("、")).join(filter(None, (str(_("{estate} {point} {phone}", estate=estate, point=point.name,
                                              phone=point.phone)), point.hours, point.address)))
        for point, estate in rows
    ]  # fmt: skip
