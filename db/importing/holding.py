"""Who holds which unit after the import: those whom the file names, held against those registered (R2).

A newcomer as owner or tenant takes over from those of his kind whom the file does not name; they end, and stay on
record. Whoever the file names stays; where it names nobody new, nobody ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from db.importing.headings import LABELS
from db.importing.known import Known, Person, Record, Stay
from db.importing.rows import Note
from db.importing.verdicts import RowPlan
from db.registry import Relation
from db.words import Words, _

TAKING_OVER = (Relation.OWNER, Relation.TENANT)


class Wish(NamedTuple):
    """A person who, by one row (its index in the plan), holds a unit."""

    row: int
    person: Person
    relation: Relation
    starts_on: date | None
    ends_on: date | None
    column: int | None
    """Of the cell that names him."""


class Holdings:
    """All wishes of a file, settled unit by unit when all its rows were seen."""

    def __init__(self, known: Known, today: date, rows: Sequence[RowPlan]) -> None:
        self.known = known
        self.today = today
        self.rows = rows
        self.wishes: dict[Record, list[Wish]] = {}
        self.begun: list[Stay] = []
        """Occupancies to be added."""
        self.late: set[tuple[str, int]] = set()
        """Rows (sheet, number) that contradict what is registered."""

    def wish(self, unit: Record, wish: Wish) -> None:
        """Note that a row names a person for a unit."""
        self.wishes.setdefault(unit, []).append(wish)

    def is_wished(self, unit: Record, person: Person | None) -> bool:
        """Say whether the file has named this person for this unit."""
        return any(wish.person is person for wish in self.wishes.get(unit, ()))

    def named(self, unit: Record, name: str) -> Person | None:
        """Find somebody by name among those who hold a unit, by the registry or the file."""
        for stay in self.known.stays.get(unit, ()):
            if stay.person.name == name and stay.is_current(self.today):
                return stay.person
        return next((wish.person for wish in self.wishes.get(unit, ()) if wish.person.name == name), None)

    def sole_owner(self, unit: Record) -> Person | None:
        """Return a unit's owner by the file, else by the registry; None where there are several or none."""
        wished = {wish.person for wish in self.wishes.get(unit, ()) if wish.relation is Relation.OWNER}
        owners = wished or {stay.person for stay in self._current(unit) if stay.value("relation") == Relation.OWNER}
        return next(iter(owners)) if len(owners) == 1 else None

    def _current(self, unit: Record) -> list[Stay]:
        return [stay for stay in self.known.stays.get(unit, ()) if stay.is_current(self.today)]

    def settle(self) -> None:
        """Decide for every unit that the file names people for: who begins, who ends, whose dates change."""
        for unit, wishes in self.wishes.items():
            stays = self.known.stays.get(unit)
            if len(wishes) == 1 and not stays:
                self._begin(unit, wishes[0], wishes[0].starts_on, co_owner=False)
            elif not (len(wishes) == 1 and stays and _is_as_wished(wishes[0], stays)):
                self._settle(unit, wishes)

    def _settle(self, unit: Record, wishes: Sequence[Wish]) -> None:
        stays, current = self.known.stays.get(unit, []), self._current(unit)
        begun: list[Stay] = []
        since: dict[Relation, date] = {}
        leaving = {relation: _leaving(relation, wishes, current, self.today) for relation in TAKING_OVER}
        said: dict[tuple[Person, Relation], Wish] = {}
        for wish in wishes:
            if not _is_past(wish, self.today):
                earlier = said.setdefault((wish.person, wish.relation), wish)
                if self._contradicts(wish, earlier):
                    continue
            same = [each for each in (*stays, *begun) if each.person is wish.person and _is(each, wish.relation)]
            holding = next((stay for stay in same if stay.is_current(self.today)), None)
            if holding is not None:
                self._correct(holding, wish)
                continue
            starts = wish.starts_on
            if _is_past(wish, self.today):
                if any(stay.value("ends_on") == wish.ends_on for stay in same):
                    continue
            else:
                if those := leaving.pop(wish.relation, []):
                    since[wish.relation] = starts or self.today
                    if not self._end(wish, those, since[wish.relation]):
                        continue
                starts = starts or since.get(wish.relation)
            main = any(
                _is(each, Relation.OWNER) and each.is_current(self.today) and not each.value("co_owner")
                for each in (*current, *begun)
            )
            begun.append(self._begin(unit, wish, starts, co_owner=wish.relation is Relation.OWNER and main))

    def _contradicts(self, wish: Wish, earlier: Wish) -> bool:
        """Say so when a row gives other dates for somebody's stay than an earlier row did."""
        for label, one, other in (
            (LABELS["starts_on"], wish.starts_on, earlier.starts_on),
            (LABELS["ends_on"], wish.ends_on, earlier.ends_on),
        ):
            if one is not None and other is not None and one != other:
                first = self.rows[earlier.row]
                self._reject(
                    wish,
                    _(
                        "与“{sheet}”第 {row} 行是同一个，但{fields}不同。",
                        sheet=first.sheet,
                        row=first.row,
                        fields=label,
                    ),
                )
                return True
        return False

    def _reject(self, wish: Wish, message: Words) -> None:
        plan = self.rows[wish.row]
        plan.note(Note(message, severe=True, column=wish.column))
        self.late.add((plan.sheet, plan.row))

    def _end(self, wish: Wish, leaving: Sequence[Stay], on: date) -> bool:
        """End those who go, the day before the newcomer begins; False, and said so, where that cannot be."""
        plan = self.rows[wish.row]
        for stay in leaving:
            starts: date | None = stay.value("starts_on")
            if starts is not None and starts >= on:
                message = _(
                    "“{name}”从 {day} 起登记为{relation}，新的要晚于这一天才能接替。",
                    name=stay.person.name,
                    day=starts,
                    relation=wish.relation.label,
                )
                self._reject(wish, message)
                return False
        for stay in leaving:
            stay.want["ends_on"] = on - timedelta(days=1)
            stay.row = wish.row
        plan.before[wish.relation.value] = tuple(stay.person.name for stay in leaving)
        return True

    def _begin(self, unit: Record, wish: Wish, starts_on: date | None, *, co_owner: bool) -> Stay:
        stay = Stay(unit, wish.person)
        stay.want = {
            "unit_id": unit, "customer_id": wish.person, "relation": wish.relation, "co_owner": co_owner,
            "starts_on": starts_on, "ends_on": wish.ends_on,
        }  # fmt: skip
        stay.row = wish.row
        self.begun.append(stay)
        plan = self.rows[wish.row]
        plan.is_new = plan.is_new or unit.id is None
        after = plan.after
        after[wish.relation.value] = (*after.get(wish.relation.value, ()), wish.person.name)
        return stay

    def _correct(self, stay: Stay, wish: Wish) -> None:
        """Take the dates that the file gives for an occupancy that is registered, or that an earlier row began."""
        plan = self.rows[wish.row]
        if stay.id is None:
            for name, value in (("starts_on", wish.starts_on), ("ends_on", wish.ends_on)):
                if value is not None and stay.want[name] is None:
                    stay.want[name] = plan.after[name] = value
            return
        for name, value in (("starts_on", wish.starts_on), ("ends_on", wish.ends_on)):
            if value is not None and stay.now[name] != value and name not in stay.want:
                stay.want[name] = value
                stay.row = wish.row
                plan.before[name], plan.after[name] = stay.now[name], value


def _is_as_wished(wish: Wish, stays: Sequence[Stay]) -> bool:
    """Say whether the one who is named is the one who is registered, with the same dates: the usual case."""
    if len(stays) != 1 or stays[0].person is not wish.person:
        return False
    now = stays[0].now
    return (
        now["relation"] == wish.relation
        and now["ends_on"] == wish.ends_on
        and (wish.starts_on is None or now["starts_on"] == wish.starts_on)
    )


def _is(stay: Stay, relation: Relation) -> bool:
    return bool(stay.value("relation") == relation)


def _is_past(wish: Wish, today: date) -> bool:
    return wish.ends_on is not None and wish.ends_on < today


def _leaving(relation: Relation, wishes: Sequence[Wish], current: Sequence[Stay], today: date) -> list[Stay]:
    """List who goes because the file names somebody new: those of the same kind whom it does not name."""
    here = [stay for stay in current if _is(stay, relation)]
    named = {wish.person for wish in wishes if wish.relation is relation and not _is_past(wish, today)}
    return [stay for stay in here if stay.person not in named] if named - {stay.person for stay in here} else []
