"""Imports made before: who took which file in, what it wrote, whether it still stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from db.importing.tables import Import
from db.people import Right, User, in_scope, require
from db.registry import Estate
from db.session import actor_of


@dataclass(frozen=True)
class PastImport:
    """One line of the list of imports."""

    id: int
    file_name: str
    estate: str
    by: str
    at: datetime
    new: int
    changes: int
    errors: int
    undone_by: str | None
    undone_at: datetime | None


def past_imports(session: Session, limit: int = 20) -> list[PastImport]:
    """List the latest imports into the actor's estates, newest first; needs the right to import."""
    actor = actor_of(session)
    require(actor, Right.IMPORT)
    undoer = aliased(User)
    rows = session.execute(
        in_scope(
            select(Import, Estate.name, User.name, undoer.name)
            .join(Estate, Estate.id == Import.estate_id)
            .join(User, User.id == Import.imported_by)
            .outerjoin(undoer, undoer.id == Import.undone_by)
            .order_by(Import.id.desc())
            .limit(limit),
            actor,
            Import,
        )
    )
    return [
        PastImport(
            done.id, done.file_name, estate, by, done.imported_at, _rows(done, "new"), _rows(done, "changes"),
            _rows(done, "error"), undone_by, done.undone_at,
        )
        for done, estate, by, undone_by in rows
    ]  # fmt: skip


def _rows(done: Import, verdict: str) -> int:
    return sum(int(each.get(verdict, 0)) for each in done.counts.get("rows", {}).values())
