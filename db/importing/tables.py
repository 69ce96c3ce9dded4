"""What an import leaves behind: who took which file in, what every row wrote, how headings were understood (R5)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Code, Line


class Import(Base):
    """One file taken in, as a whole, and perhaps undone as a whole."""

    __tablename__ = "imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), index=True)
    file_name: Mapped[Line]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    """Of the file's bytes."""
    token: Mapped[str | None] = mapped_column(String(64), unique=True)
    """The form's token: a second press shows the first result."""
    imported_by: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    imported_at: Mapped[datetime]
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    """`{"rows": {sheet: {verdict: n}}, "records": {table: {"created": n, "changed": n}}}`, read back once written."""
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON)
    """How sheets and columns were understood."""
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    undone_at: Mapped[datetime | None]


class ImportRow(Base):
    """One record that one row of a file created (no `before`) or changed."""

    __tablename__ = "import_rows"

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id"), index=True)
    sheet: Mapped[Line]
    row: Mapped[int]
    """As the spreadsheet numbers it."""
    table_name: Mapped[Code]
    record_id: Mapped[int]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """With the `version` that the import left it at: a higher one means that somebody changed it since."""


class ImportMapping(Base):
    """How a sheet with certain headings was understood the last time, for the next workbook that looks the same."""

    __tablename__ = "import_mappings"

    signature: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of the sheet's headings."""
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON)
    saved_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    saved_at: Mapped[datetime]
