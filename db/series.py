"""Running numbers such as TS-20261123-001, one series for each estate, kind and day."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, ForeignKey
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base, Code
from db.registry import Estate


class Series(Base):
    """The last number given out."""

    __tablename__ = "series"

    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), primary_key=True)
    kind: Mapped[Code] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    last: Mapped[int]


def next_number(session: Session, estate_id: int, kind: str, day: date) -> str:
    """Give out the next number of a series in the session's own transaction, e.g. `TS-20261123-001`.

    The series row stays locked until the transaction ends, so two clerks never get the same one; past 999 it grows
    a digit. The estate's mark follows the kind (`TSB-…`), so numbers are unique over all estates.
    """
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(Series).values(estate_id=estate_id, kind=kind, day=day, last=1)
    statement = statement.on_conflict_do_update(
        index_elements=[Series.estate_id, Series.kind, Series.day], set_={"last": Series.last + 1}
    )
    last = session.execute(statement.returning(Series.last)).scalar_one()
    mark = session.get_one(Estate, estate_id).mark
    return f"{kind}{mark}-{day:%Y%m%d}-{last:03d}"
