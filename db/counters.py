"""Numbers that home shows, kept in the same transaction as the write and always equal to a recount."""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable, Iterable
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Date, Executable, ForeignKey, Index, Integer, delete, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base, Code

if TYPE_CHECKING:
    from db.cases import Case


class Counted(Base):
    """How many cases count under one heading."""

    __tablename__ = "counters"
    __table_args__ = (Index("ix_counters_estate_measure", "estate_id", "measure", "day"),)

    measure: Mapped[Code] = mapped_column(primary_key=True)
    process: Mapped[Code] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), primary_key=True)
    building_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    """0 stands for public areas, so that the buildings add up to the estate."""
    detail: Mapped[Code] = mapped_column(primary_key=True)
    n: Mapped[int]


_KEY = ("measure", "process", "day", "estate_id", "building_id", "detail")


class Heading(NamedTuple):
    """Where one case counts."""

    measure: str
    process: str
    day: date
    estate_id: int
    building_id: int
    detail: str


Figures = Callable[["Case"], Iterable["tuple[str, date]"]]
"""A process's own measures of a case: (measure, the day it belongs to)."""


def headings(case: Case, figures: Figures | None) -> collections.Counter[Heading]:
    """Say where a case counts as it stands now.

    opened, closed, handled, on_time, visited by day and building; open by state; topic by month. A void, merged
    or withdrawn case counts only under `void`.
    """
    found: list[tuple[str, date, str]] = []
    if not case.counts:
        found.append(("void", case.opened_on, ""))
    else:
        found.append(("opened", case.opened_on, ""))
        found.append(("topic", case.opened_on.replace(day=1), case.topic))
        if case.closed_on is None:
            found.append(("open", case.opened_on, case.state))
        else:
            found.append(("closed", case.closed_on, ""))
        if case.handled_on is not None and case.handled_at is not None:
            found.append(("handled", case.handled_on, ""))
            if case.due_at is None or case.handled_at <= case.due_at:
                found.append(("on_time", case.handled_on, ""))
            if case.visited_at is not None:
                found.append(("visited", case.handled_on, ""))
        if figures:
            found += [(measure, day, "") for measure, day in figures(case)]
    where = case.building_id or 0
    return collections.Counter(
        Heading(measure, case.process, day, case.estate_id, where, detail) for measure, day, detail in found
    )


def move(session: Session, before: collections.Counter[Heading], after: collections.Counter[Heading]) -> None:
    """Move a case from the headings it counted under to those it counts under now."""
    change = collections.Counter(after)
    change.subtract(before)
    # In one order, so that two writers never deadlock.
    rows = [{**heading._asdict(), "n": by} for heading, by in sorted(change.items()) if by]
    if rows:
        session.execute(_adding(session.get_bind().dialect.name), rows)


@functools.cache
def _adding(dialect: str) -> Executable:
    """Make the statement that adds to a counter, once: building it anew each time takes longer than running it."""
    insert_or_add = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(Counted.__table__)  # type: ignore[arg-type]  # a table
    more = Counted.__table__.c.n + insert_or_add.excluded.n
    return insert_or_add.on_conflict_do_update(index_elements=_KEY, set_={"n": more})


def recount(cases: Iterable[Case], figures: Callable[[str], Figures | None]) -> collections.Counter[Heading]:
    """Count cases afresh; `figures` gives a process's own measures by its key."""
    total: collections.Counter[Heading] = collections.Counter()
    for case in cases:
        total.update(headings(case, figures(case.process)))
    return total


def replace_all(session: Session, total: collections.Counter[Heading]) -> None:
    """Put a recount in place of the counters (after a bulk load)."""
    session.execute(delete(Counted))
    rows = [{**heading._asdict(), "n": n} for heading, n in total.items() if n]
    if rows:
        session.execute(insert(Counted), rows)
