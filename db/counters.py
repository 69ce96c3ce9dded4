"""Numbers that home shows, kept in the same transaction as the write and always equal to a recount."""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable, Collection, Iterable
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Date, Executable, ForeignKey, Integer, bindparam, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base, Code

if TYPE_CHECKING:
    from db.cases import Case


WHOLE_BY_DAY, WHOLE_BY_MONTH = -1, -2
"""In place of a building: the whole estate, day by day, and month by month."""
BY_DAY_ONLY = frozenset({"opened", "closed", "void"})
"""What nobody asks for by building. Rows by day and building would be as many as the cases."""


class Counted(Base):
    """How many cases count under one heading."""

    __tablename__ = "counters"
    __table_args__ = {"sqlite_with_rowid": False}  # the key's own tree holds the number: every sum is one walk

    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), primary_key=True)
    building_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    """A building by month, 0 the public areas, so that they add up to the estate; or `WHOLE_BY_DAY` and the like."""
    measure: Mapped[Code] = mapped_column(primary_key=True)
    process: Mapped[Code] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    """The first stands for its month."""
    detail: Mapped[Code] = mapped_column(primary_key=True)
    n: Mapped[int]


_KEY = ("estate_id", "building_id", "measure", "process", "day", "detail")


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

    opened and closed by day; handled, on_time, visited and the process's own also by month and building; topic by
    month and building only. A void, merged or withdrawn case counts only under `void`. What is open is not counted
    here: the index of open cases is short, and each step would leave a row of nothing behind.
    """
    found: list[tuple[str, date, str]] = []
    if not case.counts:
        found.append(("void", case.opened_on, ""))
    else:
        found.append(("opened", case.opened_on, ""))
        found.append(("topic", case.opened_on, case.topic))
        if case.closed_on is not None:
            found.append(("closed", case.closed_on, ""))
        if case.handled_on is not None and case.handled_at is not None:
            found.append(("handled", case.handled_on, ""))
            if case.due_at is None or case.handled_at <= case.due_at:
                found.append(("on_time", case.handled_on, ""))
            if case.visited_at is not None:
                found.append(("visited", case.handled_on, ""))
        if figures:
            found += [(measure, day, "") for measure, day in figures(case)]
    return collections.Counter(
        Heading(measure, case.process, day, case.estate_id, where, detail)
        for measure, on, detail in found
        for where, day in _grains(measure, on, case.building_id or 0)
    )


def _grains(measure: str, day: date, building: int) -> list[tuple[int, date]]:
    month = day.replace(day=1)
    if measure in BY_DAY_ONLY:
        return [(WHOLE_BY_DAY, day)]
    by_building = [(building, month)]
    return by_building if measure == "topic" else [(WHOLE_BY_DAY, day), (WHOLE_BY_MONTH, month), *by_building]


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


_counted = Counted.__table__.c
_ALL_IN = select(func.coalesce(func.sum(_counted.n), 0)).where(
    _counted.estate_id.in_(bindparam("estates", expanding=True)), _counted.building_id == WHOLE_BY_DAY,
    _counted.measure.in_(("opened", "void")), _counted.process == bindparam("process"),
)  # fmt: skip


def all_in(session: Session, process: str, estates: Collection[int]) -> int:
    """Say how many cases of a process there have ever been, void ones too; one query over a row for each day."""
    return int(session.scalar(_ALL_IN, {"estates": list(estates), "process": process}) or 0)


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
