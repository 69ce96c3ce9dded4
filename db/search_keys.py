"""By what people, units and vehicles are found: one row for each way to begin writing them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import ForeignKey, Index, delete, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base, Code, byte_ordered
from db.registry import Building, Customer, Unit, Vehicle
from db.spellings import readings, squeezed, unit_parts, without_province

LONGEST = 64
"""Characters of a key that are kept and compared."""
SHORTEST_PLATE_TAIL = 3
BATCH = 4000

# A key's first letter says of what sort it is; find() asks each sort as a range of its own, the surest first.
UNIT_FULL, UNIT_RUN_TOGETHER, UNIT_NO_ENTRANCE, UNIT_ROOM = "u", "z", "w", "e"
PLATE, PLATE_TAIL = "v", "x"
NAME, NAME_INSIDE = "n", "m"
PINYIN, PINYIN_INSIDE = "p", "q"
INITIALS, INITIALS_INSIDE = "i", "j"


class SearchKey(Base):
    """One way to find one record: a sort's letter and the squeezed text, in a B-tree by estate."""

    __tablename__ = "search_keys"
    __table_args__ = (Index("ix_search_keys_record", "kind", "record_id"), {"sqlite_with_rowid": False})

    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), primary_key=True)
    key: Mapped[str] = mapped_column(byte_ordered(LONGEST + 1), primary_key=True)
    record_id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Code]
    """unit · customer · vehicle"""


def unit_keys(building: str, building_name: str, entrance: str, room: str) -> set[str]:
    """List the keys of a unit: with and without its entrance, by the building's number and by its name."""
    inside, last = unit_parts(entrance), unit_parts(room)
    keys = {UNIT_ROOM + "-".join(last)}
    for head in {unit_parts(building), unit_parts(building_name)}:
        keys.add(UNIT_FULL + "-".join((*head, *inside, *last)))
        if inside:
            keys.add(UNIT_NO_ENTRANCE + "-".join((*head, *last)))
    if inside:
        keys.add(UNIT_ROOM + "-".join((*inside, *last)))
    keys.add(UNIT_RUN_TOGETHER + "".join((*unit_parts(building), *inside, *last)))
    return keys


def name_keys(name: str) -> set[str]:
    """List the keys of a name: from its start and from each character on, as written, in pinyin, by initials."""
    plain = squeezed(name)[:LONGEST]
    if not plain:
        return set()
    keys = {NAME + plain, *(NAME_INSIDE + plain[at:] for at in range(1, len(plain)))}
    if plain.isascii():
        return keys
    ways = readings(name)
    for way in ways:
        keys.add(PINYIN + "".join(way)[:LONGEST])
        keys.add(INITIALS + "".join(syllable[0] for syllable in way))
    usual = ways[0]
    for at in range(1, len(usual) - 1):
        keys.add(PINYIN_INSIDE + "".join(usual[at:])[:LONGEST])
        keys.add(INITIALS_INSIDE + "".join(syllable[0] for syllable in usual[at:]))
    return keys


def plate_keys(plate: str) -> set[str]:
    """List the keys of a plate: with and without the province's character, and its tails."""
    bare = without_province(plate)
    tails = (bare[at:] for at in range(1, len(bare) - SHORTEST_PLATE_TAIL + 1))
    return {PLATE + plate, PLATE + bare, *(PLATE_TAIL + tail for tail in tails)}


def _person_keys(name: str, contact_name: str) -> set[str]:
    return name_keys(name) | name_keys(contact_name)


_SOURCES: dict[str, tuple[Any, Any, Callable[..., set[str]]]] = {
    "unit": (
        select(Unit.id, Unit.estate_id, Building.code, Building.name, Unit.entrance, Unit.room).join(
            Building, Building.id == Unit.building_id
        ),
        Unit.id,
        unit_keys,
    ),
    "customer": (
        select(Customer.id, Customer.estate_id, Customer.name, Customer.contact_name),
        Customer.id,
        _person_keys,
    ),
    "vehicle": (select(Vehicle.id, Vehicle.estate_id, Vehicle.plate), Vehicle.id, plate_keys),
}
KINDS = tuple(_SOURCES)


def refresh(session: Session, kind: str, ids: Iterable[int], *, fresh: bool = False) -> None:
    """Write the keys of many records anew, in the session's own transaction; of deleted ones nothing is left.

    `kind` is one of `KINDS`. `fresh` promises that the records have no keys yet (import, demonstration), which saves
    the deletion. 10,000 units take about a second.
    """
    session.flush()
    statement, key, keys_of = _SOURCES[kind]
    for some in _batches(sorted(set(ids))):
        if not fresh:
            session.execute(delete(SearchKey).where(SearchKey.kind == kind, SearchKey.record_id.in_(some)))
        rows = session.execute(statement.where(key.in_(some))).all()
        values = [
            {"estate_id": estate_id, "key": written, "record_id": record_id, "kind": kind}
            for record_id, estate_id, *spoken in rows
            for written in {each[: LONGEST + 1] for each in keys_of(*spoken)}
        ]
        if values:
            session.execute(insert(SearchKey.__table__), values)  # type: ignore[arg-type]  # a table, not ORM objects


def _batches(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[at : at + BATCH] for at in range(0, len(ids), BATCH))


def rebuild(session: Session) -> None:
    """Write the keys of everything anew (after a restore, or when the ways of spelling have changed)."""
    session.execute(delete(SearchKey))
    for kind, (_statement, key, _keys_of) in _SOURCES.items():
        refresh(session, kind, session.scalars(select(key)), fresh=True)
