"""Finding people, units, vehicles and matters from one box, however they are written (X3)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Integer, String, TextualSelect, and_, or_, select, text
from sqlalchemy.orm import Session

from db import search_hits as hits_of
from db.cases import Case
from db.clock import today
from db.people import SYSTEM_ID, Actor, in_scope
from db.registry import Estate
from db.search_hits import Hit
from db.search_keys import (
    INITIALS,
    INITIALS_INSIDE,
    LONGEST,
    NAME,
    NAME_INSIDE,
    PINYIN,
    PINYIN_INSIDE,
    PLATE,
    PLATE_TAIL,
    SHORTEST_PLATE_TAIL,
    UNIT_FULL,
    UNIT_NO_ENTRANCE,
    UNIT_ROOM,
    UNIT_RUN_TOGETHER,
    rebuild,
    refresh,
)  # fmt: skip
from db.session import actor_of
from db.spellings import ends_open, squeezed, unit_parts

EVERYTHING = ("unit", "customer", "vehicle", "case")
SHORTEST_PHONE_TAIL = 3
SHORTEST_SPACED_PHONE = 7
"""`138 0013 8000` is a phone; `3 2 501` is not."""
YEARS_BACK = 3
"""A case's tail `1123-001` is looked for in this and the years before."""
SETTLED = 3
"""Up to so many people and units count as found, and their matters are listed too."""
MOST_IN_LISTS = 5000

_LAST = "\U0010ffff"
_SLACK = 4
"""One record may match one way several times (张张 by 张)."""
_CASE_NUMBER = re.compile(r"^(\w*?)-?(20\d\d)?(\d{4})-?(\d{3,6})$")


@dataclass(frozen=True)
class _Way:
    """One range of the index to look in; ways are asked in one statement and ranked in the order given."""

    kind: str
    low: str
    high: str
    exact: str = ""
    """The key that is what was typed, no more; "" where even that could be somebody else."""
    by_phone: bool = False
    """Phones have a table of their own."""


def find(session: Session, typed: str, *, kinds: Sequence[str] = EVERYTHING, limit: int = 20) -> list[Hit]:
    """Find what was typed among the actor's estates, best first; a handful of indexed queries whatever the estate.

    Names in Chinese (from the start or inside), pinyin or initials; a phone or three or more of its last digits; a
    unit as people write it; a plate; a case number or its tail. Hits on people carry the unit they hold, one hit for
    each. Phones are masked. Who does not see all matters (technician, guard) finds units without the people in them,
    and cases of his own only.
    """
    actor = actor_of(session)
    allowed = [kind for kind in kinds if actor.sees_all or kind in {"unit", "case"}]
    found = _records(session, actor, [way for way in _ways(typed) if way.kind in allowed], limit)
    hits: list[Hit] = []
    for kind, show in _SHOW.items():
        if ids := [record_id for each, record_id in found if each == kind]:
            hits += show(session, actor, ids)
    hits = [replace(hit, rank=found[hit.kind, hit.id]) for hit in hits]
    if "case" in allowed:
        hits += _cases(session, actor, typed, hits)
    return sorted(hits, key=lambda hit: hit.rank)[:limit]


def people_and_units(session: Session, typed: str) -> tuple[list[int], list[int]]:
    """Find the ids of all units and customers that what was typed may mean, for filtering a list of matters.

    A unit or vehicle that is exactly what was typed rules out longer ones; a vehicle stands for its customer.
    """
    actor = actor_of(session)
    allowed = {"unit", "customer", "vehicle"} if actor.sees_all else {"unit"}
    ways = [way for way in _ways(typed) if way.kind in allowed]
    found = _records(session, actor, ways, MOST_IN_LISTS, share=False)
    by_kind: dict[str, list[int]] = {"unit": [], "customer": [], "vehicle": []}
    sure = {kind for (kind, _id), rank in found.items() if rank == 0}
    for (kind, record_id), rank in found.items():
        if kind == "customer" or kind not in sure or rank == 0:
            by_kind[kind].append(record_id)
    people = {*by_kind["customer"], *hits_of.holders(session, by_kind["vehicle"])}
    return by_kind["unit"], sorted(people)


def _prefix(kind: str, sort: str, key: str, *, sure: bool = True) -> _Way:
    key = sort + key[:LONGEST]
    return _Way(kind, key, key + _LAST, key if sure else "")


def _ways(typed: str) -> list[_Way]:
    """List the ways in which what was typed can be meant, the surest first."""
    plain = squeezed(typed)
    if not plain:
        return []
    latin, digits = plain.isascii(), "".join(c for c in plain if c.isdigit())
    ways = _unit_ways(typed, plain)
    if not plain.isdigit():
        ways.append(_prefix("customer", NAME, plain))
        if latin:
            ways += [_prefix("customer", PINYIN, plain), _prefix("customer", INITIALS, plain, sure=False)]
    if key := _unit_key(typed):
        ways.append(_prefix("unit", UNIT_ROOM, key, sure=False))
    tail = digits[::-1]
    if plain == digits and len(digits) >= (SHORTEST_PHONE_TAIL if typed.strip().isalnum() else SHORTEST_SPACED_PHONE):
        ways.append(_Way("customer", tail, tail[:-1] + chr(ord(tail[-1]) + 1), tail, by_phone=True))
    plate = plain.upper()
    if len(plate) >= SHORTEST_PLATE_TAIL:
        ways.append(_prefix("vehicle", PLATE, plate))
    if not plain.isdigit():
        ways.append(_prefix("customer", NAME_INSIDE, plain, sure=False))
        if latin:
            ways.append(_prefix("customer", PINYIN_INSIDE, plain, sure=False))
            ways.append(_prefix("customer", INITIALS_INSIDE, plain, sure=False))
    if len(plate) >= SHORTEST_PLATE_TAIL:
        ways.append(_prefix("vehicle", PLATE_TAIL, plate, sure=False))
    return ways


def _unit_key(typed: str) -> str:
    """Join a typed unit's parts; a closed last part (`3号楼`) ends in a dash, so that it doesn't begin 301 or 32."""
    parts = unit_parts(typed)
    return "-".join(parts) + ("-" if parts and ends_open(typed) else "")


def _unit_ways(typed: str, plain: str) -> list[_Way]:
    key = _unit_key(typed)
    if not key or ("-" not in key and plain.startswith("0")):
        return []  # a zero begins the end of a phone or plate, or a room; no building
    ways = [_prefix("unit", UNIT_FULL, key), _prefix("unit", UNIT_NO_ENTRANCE, key)]
    if len(plain) > SHORTEST_PHONE_TAIL and typed.strip().isalnum():
        run = UNIT_RUN_TOGETHER + key.replace("-", "")
        ways.insert(1, _Way("unit", run, run + "\x01", run))
    return ways


@lru_cache(maxsize=512)
def _statement(sorts: tuple[bool, ...], estates: tuple[int, ...]) -> TextualSelect:
    """Write the one statement that asks all ways; True stands for a phone, which has a table of its own.

    The estates stand in the text, not in parameters: a list of parameters would be expanded anew at each key press.
    """
    here = f"estate_id IN ({', '.join(map(str, estates))})"
    keys = (
        "SELECT record_id, key FROM search_keys"
        " WHERE {here} AND key >= :low{n} AND key < :high{n} ORDER BY key, record_id LIMIT :most"
    )
    phones = (
        "SELECT customer_id AS record_id, tail AS key FROM customer_phones CROSS JOIN customers"
        " WHERE customers.id = customer_id AND {here} AND tail >= :low{n} AND tail < :high{n}"
        " ORDER BY tail, customer_id LIMIT :most"
    )
    branches = [
        f"SELECT {n} AS way, record_id, key FROM ({(phones if is_phone else keys).format(n=n, here=here)}) AS way{n}"  # noqa: S608 - whole numbers and our own words
        for n, is_phone in enumerate(sorts)
    ]
    return text(" UNION ALL ".join(branches)).columns(way=Integer, record_id=Integer, key=String)


def _records(
    session: Session, actor: Actor, ways: list[_Way], limit: int, *, share: bool = True
) -> dict[tuple[str, int], int]:
    """Find the records meant, best first, each with its rank: 0 when it is exactly what was typed.

    With `share` every way keeps some room among the `limit` first, so that sixty rooms 501 leave the phones ending
    in 501 a place.
    """
    estates = _estates(session, actor)
    if not ways or not estates:
        return {}
    values: dict[str, Any] = {"most": limit * _SLACK}
    for n, way in enumerate(ways):
        values |= {f"low{n}": way.low, f"high{n}": way.high}
    rows = session.execute(_statement(tuple(way.by_phone for way in ways), tuple(estates)), values).all()
    by_way: dict[int, dict[tuple[str, int], int]] = {}
    seen: dict[tuple[str, int], int] = {}
    for n, record_id, key in sorted(rows, key=lambda row: row[0]):
        record = (ways[n].kind, record_id)
        rank = 0 if key == ways[n].exact else n + 1
        if rank < seen.get(record, len(ways) + 1):
            seen[record] = rank
            by_way.setdefault(n, {}).setdefault(record, rank)
    room = -(-limit // len(by_way)) if by_way and share else limit
    kept = {record: seen[record] for some in by_way.values() for record in list(some)[:room]}
    rest = (record for some in by_way.values() for record in list(some)[room:] if record not in kept)
    kept |= {record: seen[record] for record in islice(rest, max(limit - len(kept), 0))}
    return dict(sorted(kept.items(), key=lambda each: each[1]))


def _estates(session: Session, actor: Actor) -> list[int]:
    return sorted(session.scalars(select(Estate.id))) if actor.user_id == SYSTEM_ID else sorted(actor.estates)


_SHOW: dict[str, Callable[[Session, Actor, list[int]], list[Hit]]] = {
    "unit": hits_of.units,
    "customer": hits_of.customers,
    "vehicle": hits_of.vehicles,
}


def _cases(session: Session, actor: Actor, typed: str, found: list[Hit]) -> list[Hit]:
    """Find matters by number; and those of the people and units found, once these are few."""
    numbers = case_numbers(session, actor, typed)
    units = {hit.id for hit in found if hit.kind == "unit"}
    people = {hit.customer_id for hit in found if hit.kind in {"customer", "vehicle"} and hit.customer_id}
    few = 0 < len(units) + len(people) <= SETTLED
    ways: list[ColumnElement[bool]] = [Case.number.in_(numbers)] if numbers else []
    if few:
        # Whom a complaint is about must not find it by who complained.
        whose = or_(Case.unit_id.in_(units), Case.customer_id.in_(people))
        ways.append(and_(whose, Case.about_user_id.is_distinct_from(actor.user_id)))
    if not ways:
        return []
    statement = in_scope(hits_of.CASES.where(or_(*ways)), actor, Case)
    return [
        replace(hit, rank=0 if hit.title in numbers else hit.rank) for hit in hits_of.cases(session, actor, statement)
    ]


def case_numbers(session: Session, actor: Actor, typed: str) -> list[str]:
    """List the full numbers that what was typed can stand for: `1123-001` means `TS-20261123-001` and others."""
    plain = "".join(unicodedata.normalize("NFKC", typed).upper().split())
    match = _CASE_NUMBER.match(plain)
    if match is None:
        return []
    begins, year, day, last = match.groups()
    known = _beginnings(session, actor)
    this = today().year
    years = [year] if year else [str(this - back) for back in range(YEARS_BACK)]
    return [f"{each}-{one}{day}-{last}" for each in known for one in years if begins in ("", each)]


def _beginnings(session: Session, actor: Actor) -> list[str]:
    from db.processes import PROCESSES  # noqa: PLC0415 - processes may themselves search

    marks = session.scalars(select(Estate.mark).where(Estate.id.in_(_estates(session, actor)))).all()
    return [process.prefix + mark for process in PROCESSES.values() for mark in dict.fromkeys(marks)]


__all__ = ["EVERYTHING", "Hit", "case_numbers", "find", "people_and_units", "rebuild", "refresh"]
