"""A matter's checklist: papers to hand in, points to inspect; one table for all processes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base, Line
from db.cases import Case
from db.words import _


class ChecklistItem(Base):
    """One line of a case's checklist: a paper to hand in, a point to inspect."""

    __tablename__ = "checklist_items"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    label: Mapped[Line]
    required: Mapped[bool] = mapped_column(default=True)
    done_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    done_at: Mapped[datetime | None]
    document_id: Mapped[str | None] = mapped_column(String(32))


def checklist_complete(session: Session, case: Case) -> object | None:
    """Gate: every required line of the checklist is done."""
    missing = session.scalars(
        select(ChecklistItem.label)
        .where(ChecklistItem.case_id == case.id, ChecklistItem.required, ChecklistItem.done_at.is_(None))
        .order_by(ChecklistItem.id)
    ).all()
    return _("还缺：{items}", items=str(_("、")).join(missing)) if missing else None
