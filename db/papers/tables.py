"""The tables of papers: an estate's own wording, and every paper issued."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Code, Line, Name, Prose


class PaperWording(Base):
    """A wording that an estate has given a paper; the newest version holds, older ones are the way back."""

    __tablename__ = "paper_wordings"
    __table_args__ = (UniqueConstraint("estate_id", "kind", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"))
    kind: Mapped[Code]
    version: Mapped[int]
    title: Mapped[Line] = mapped_column(default="")
    opening: Mapped[Prose] = mapped_column(default="")
    clauses: Mapped[str] = mapped_column(Text, default="")
    """One clause a line."""
    closing: Mapped[Prose] = mapped_column(default="")
    house: Mapped[bool] = mapped_column(default=False)
    """Gone back to the house's own wording."""
    changed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime]


class IssuedPaper(Base):
    """A paper issued: its data and its PDF as they were then, by their hashes; only signature and end are added."""

    __tablename__ = "issued_papers"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("token"),
        Index("ix_issued_papers_subject", "subject", "subject_id", "kind"),
        Index("ix_issued_papers_estate_id_kind", "estate_id", "kind", "issued_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"))
    kind: Mapped[Code]
    number: Mapped[Code]
    subject: Mapped[Code]
    """The table of what it is about: cases, parking_permits …"""
    subject_id: Mapped[int]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), index=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), index=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    """All that is printed, frozen."""
    data_sha256: Mapped[str] = mapped_column(String(64))
    document_id: Mapped[str] = mapped_column(String(32))
    """The PDF as it was issued (`documents`)."""
    issued_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    issued_at: Mapped[datetime]
    signed_by: Mapped[Name] = mapped_column(default="")
    signed_on: Mapped[date | None] = mapped_column(Date)
    signed_document_id: Mapped[str | None] = mapped_column(String(32))
    """The scan of the signed paper."""
    void_at: Mapped[datetime | None]
    void_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    void_reason: Mapped[Line] = mapped_column(default="")
    token: Mapped[str | None] = mapped_column(String(64))
    """The form's token: a second press finds it and issues nothing more."""
