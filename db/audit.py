"""Who did what to the registry, to settings, to people's data: append-only, before and after."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base, Code, Line
from db.cases import Case
from db.clock import now
from db.session import actor_of


class Audit(Base):
    """One entry of the operation log 操作日志; the database refuses changes to it."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_subject", "table_name", "record_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    act: Mapped[Code]
    """created · changed · ended · revealed · exported · signed_in · imported …"""
    table_name: Mapped[Code]
    record_id: Mapped[int | None]
    estate_id: Mapped[int | None]
    ground: Mapped[Line] = mapped_column(default="")
    """Why personal data were looked at or exported."""
    case_id: Mapped[int | None] = mapped_column(ForeignKey(Case.id))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    token: Mapped[str | None] = mapped_column(String(64), unique=True)
    """The form's token: a second press finds it and writes nothing more."""


def plain(value: Any) -> Any:
    """Turn a stored value into what JSON can keep: dates and moments as ISO text, money as text."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    return value


def record(
    session: Session,
    act: str,
    table: str,
    record_id: int | None,
    *,
    estate_id: int | None = None,
    ground: str = "",
    case_id: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    token: str | None = None,
) -> None:
    """Write one entry in the session's own transaction, in its actor's name."""
    session.add(
        Audit(
            at=now(),
            actor_id=actor_of(session).user_id,
            act=act,
            table_name=table,
            record_id=record_id,
            estate_id=estate_id,
            ground=ground,
            case_id=case_id,
            before={name: plain(value) for name, value in before.items()} if before is not None else None,
            after={name: plain(value) for name, value in after.items()} if after is not None else None,
            token=token,
        )
    )
