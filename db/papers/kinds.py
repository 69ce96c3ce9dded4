"""How a paper of the office is declared: what it says about what, who may issue it, who signs it.

Its prose (opening, clauses, closing) stands in `wordings/<key>.toml` and may be changed by the office; blanks there,
`{unit}`, are filled with the facts of that key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from db.base import Choice
from db.cases import case_by_id
from db.people import OFFICE, Role
from db.process import Gate
from db.words import Words

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

Find = Callable[["Session", int], Any]
"""(session, id) → what the paper is about, if the session's actor may see it; `Refused` otherwise."""


@dataclass(frozen=True)
class Said:
    """One fact on a paper: its name, and how it is read from what the paper is about."""

    key: str
    """Unique on the paper; the blank of this name in the wording."""
    label: Words
    of: Callable[[Session, Any], object]
    """(session, subject) → text, `Decimal`, `date`, aware `datetime`, `Choice` or None.

    A `Decimal` is printed `1,680.32`: its measure (元, m²) stands in the label or in the wording. A day is printed
    2026年11月23日 here and in the wording, 2026-11-23 in tables. `None` and "" leave room to write by hand.
    """
    wide: bool = False
    """A line of its own over the whole width."""
    hidden: bool = False
    """Only for the wording's blanks."""
    boxes: type[Choice] | None = None
    """To be ticked by hand where nothing is known yet: □ 满意 □ 不满意."""
    room: int = 1
    """So many lines high where it is written by hand."""


@dataclass(frozen=True)
class Head:
    """A column of a table on a paper."""

    title: Words
    width: float | None = None
    """Share of the width; None: as wide as its words."""
    align: Literal["left", "center", "right"] = "left"


@dataclass(frozen=True)
class Listed:
    """A table on a paper."""

    columns: tuple[Head, ...]
    rows: Callable[[Session, Any], Sequence[Sequence[object]]]
    heading: Words | None = None
    blank: int = 6
    """Empty rows on the blank form."""
    printed: Callable[[], Sequence[Sequence[object]]] | None = None
    """Rows that stand on the blank form already: the points of an inspection."""


@dataclass(frozen=True)
class PaperKind:
    """One paper of the office."""

    key: str
    title: Words
    process: str
    """Key of the process whose matters it is about; a name of its own where a register's row is (`parking_permits`)."""
    prefix: str
    """Letters that its numbers begin with; different for every kind."""
    facts: tuple[Said, ...]
    tables: tuple[Listed, ...] = ()
    signatures: tuple[Words, ...] = ()
    seal: bool = True
    issuers: frozenset[Role] = OFFICE
    fits: Gate | None = None
    """What says that a matter is not of the sort this paper is for: then it is not even offered."""
    needs: tuple[Gate, ...] = ()
    """What must be so before it may be issued."""
    total: Callable[[Session, Any], Decimal | None] | None = None
    """An amount in yuan, printed with its capitals."""
    returns: bool = False
    """Comes back signed by the customer: to be recorded with who signed and when."""
    many: bool = False
    """Several at once are in force (a pass for each worker); else a new one replaces the last."""
    size: Literal["a4", "a5", "card"] = "a4"
    direct: bool = False
    """Printed from its matter whenever asked, under the matter's own number; nothing is issued or kept."""
    subject: str = "cases"
    find: Find = case_by_id
    """Where it is no matter's: the row has `estate_id`, and may have `unit_id`, `customer_id`, `version`."""
