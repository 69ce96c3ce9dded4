"""Whether a text names a customer or a room: neither may stand on what hangs in public."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.orm import Session

from db.refused import Refused
from db.registry import Customer, Unit
from db.words import Words, _

Line = tuple[object, str]
"""Where a text stands, in words, and the text; one with several lines is judged line by line."""
SHORTEST_NAME = 2
"""A single character is no name."""


@cache
def _signs() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "private_words.toml").read_text("utf-8"))


@cache
def _shapes() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{each})" for each in _signs()["units"]))


def _flat(text: str) -> str:
    """Write a text in one width, every dash one kind."""
    return unicodedata.normalize("NFKC", text).translate(dict.fromkeys(map(ord, _signs()["dashes"]), "-"))


def found_in(session: Session, estate_id: int, lines: Sequence[Line], *, names: bool = True) -> list[Words]:
    """Say of each line that looks as if it named a room or a customer of the estate what is wrong with it.

    `names` off looks for rooms alone: the people responsible are named on purpose.
    """
    return [wrong for _place, wrong in _problems(session, estate_id, lines, names=names)]


def refuse_private(session: Session, estate_id: int, lines: Sequence[tuple[str, object, str]]) -> None:
    """Refuse texts that name a room or a customer; each is given as (field, its label, text)."""
    found = _problems(session, estate_id, [(label, text) for _field, label, text in lines], names=True)
    problems = {lines[place][0]: wrong for place, wrong in reversed(found)}
    if found:
        raise Refused(found[0][1], problems)


def _problems(
    session: Session, estate_id: int, lines: Sequence[Line], *, names: bool
) -> list[tuple[int, Words]]:
    """Find what is wrong, each with the place of its text; two queries however many texts there are."""
    single = [
        (place, where, line) for place, (where, text) in enumerate(lines) for line in text.splitlines() if line.strip()
    ]
    everything = "\n".join(_flat(line) for _place, _where, line in single)
    if not everything:
        return []
    units = _units(session, estate_id, everything)
    people = _names(session, estate_id, everything) if names else []
    problems = []
    for place, where, line in single:
        flat = _flat(line)
        if room := _room_in(flat, units):
            said = _("{where}“{line}”里的“{word}”像是房号。公示不能出现房号，请改写。", where=where, line=line,
                     word=room)  # fmt: skip
            problems.append((place, said))
        elif name := next((each for each in people if each in flat), ""):
            said = _("{where}“{line}”里的“{word}”与客户姓名相同。公示不能出现客户姓名，请改写。", where=where,
                     line=line, word=name)  # fmt: skip
            problems.append((place, said))
    return problems


def _room_in(line: str, units: Sequence[str]) -> str:
    if shape := _shapes().search(line):
        return shape[0].strip()
    for short in units:
        if re.search(rf"(?<![0-9A-Za-z-]){re.escape(short)}(?![0-9A-Za-z-])", line):
            return short
    return ""


def _held(session: Session, text: str, column: Any) -> ColumnElement[bool]:
    """Claim: the column's text stands somewhere in `text`."""
    place = func.instr if session.get_bind().dialect.name == "sqlite" else func.strpos
    claim: ColumnElement[bool] = place(literal(text), column) > 0
    return claim


def _units(session: Session, estate_id: int, text: str) -> list[str]:
    claim = _held(session, text, Unit.short)
    return list(
        session.scalars(select(Unit.short).where(Unit.estate_id == estate_id, Unit.short.contains("-"), claim))
    )


def _names(session: Session, estate_id: int, text: str) -> list[str]:
    claim = _held(session, text, Customer.name)
    return list(
        session.scalars(
            select(Customer.name)
            .distinct()
            .where(Customer.estate_id == estate_id, func.length(Customer.name) >= SHORTEST_NAME, claim)
            .order_by(Customer.name)
        )
    )
