"""The people whom rows speak of: found in the registry or the file, held against what was said, proposed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from db.importing import person_cells
from db.importing.headings import LABELS
from db.importing.holding import Holdings
from db.importing.known import Known, Person, Record
from db.importing.proposals import Proposals
from db.importing.rows import ReadRow
from db.registry import CustomerKind, Relation
from db.words import _


class Somebody(NamedTuple):
    """A person as one row speaks of him."""

    name: str | None
    phones: tuple[str, ...]
    identity: str | None
    ref: str | None
    relation: Relation
    more: Mapping[str, Any]


def given_of(who: Somebody) -> dict[str, Any]:
    """Take from a row what it says of a person, by the registry's names."""
    given: dict[str, Any] = {"name": who.name}
    if who.ref is not None:
        given["external_ref"] = who.ref
    if who.identity is not None:
        given["id_number"] = who.identity
    more = who.more
    for name in ("sex", "contact_name", "occupants"):
        if name in more:
            given[name] = more[name]
    if "customer_kind" in more:
        given["kind"] = more["customer_kind"]
    return given


class Persons(Proposals):
    """The rows seen so far as far as they are about people, and who holds which unit by them."""

    def __init__(self, known: Known, today: date) -> None:
        super().__init__(known)
        self._holdings = Holdings(known, today, self.out)
        self._bad_refs: dict[str, ReadRow] = {}
        """Numbers of people whose own rows stay out."""

    def _somebody(self, name: str | None) -> Somebody:
        values = self._row.values
        phones = values.get("phone", ())
        if "phone_2" in values:
            phones = tuple(dict.fromkeys((*phones, *values["phone_2"])))
        relation = values.get("relation", self._row.sheet.relation)
        return Somebody(name, phones, values.get("id_number"), values.get("person_ref"), relation, values)

    def _find(self, who: Somebody, unit: Record | None = None, *, by_name: bool = False) -> Person | None:
        """Find a person by the file's number, else by name and phone, else by name among a unit's people.

        `by_name` also takes somebody without a phone of his own by his name alone, if nobody else has it.
        """
        known = self.known
        name = who.name or ""
        if who.ref is not None:
            if found := known.by_ref.get(who.ref):
                return found
            found = known.find(name, who.phones, who.identity)
            return found if found and not found.value("external_ref") else None
        if found := known.find(name, who.phones, who.identity):
            return found
        if unit is not None:
            return self._holdings.named(unit, name)
        if not by_name or who.identity or not all(map(person_cells.is_placeholder, who.phones)):
            return None
        return known.nameless.get(name)

    def _says_otherwise(self, person: Person, who: Somebody) -> bool:
        """Hold a row about a person against what the file said of him before; warn of doubtful likeness."""
        if self._differs(person, given_of(who)):
            return True
        if (
            person.row >= 0
            and who.ref
            and who.phones
            and (said := person.more_phones if person.id is None else person.heard("phones"))
        ):
            if not set(who.phones) & set(said):
                first = self.out[person.row]
                self._say(
                    _(
                        "与“{sheet}”第 {row} 行是同一个，但{fields}不同。",
                        sheet=first.sheet,
                        row=first.row,
                        fields=LABELS["phone"],
                    ),
                    "phone",
                )
                return True
        elif person.id is not None and who.ref and who.name != person.now["name"]:
            known = {*person.phones, person.now["id_number"]}
            if not known & {*who.phones, who.identity}:
                self._say(
                    _("编号 {ref} 原来是“{name}”，请确认是同一个人。", ref=who.ref, name=person.now["name"]),
                    "name",
                    severe=False,
                )
        return False

    def _new_person(self) -> Person:
        person = Person()
        self._add(person)
        return person

    def _take_person(self, person: Person, who: Somebody) -> None:
        """Propose what a row says of a person, and make him findable for the rows that follow."""
        given = given_of(who)
        if (identity := who.identity) and (other := self.known.by_identity.get(identity)) not in {None, person}:
            self._say(
                _("证件号码与“{name}”相同，请核对。", name=other.name if other else ""), "id_number", severe=False
            )
        if person.id is None and "kind" not in person.want and "kind" not in given:
            company = person_cells.looks_like_company(given["name"])
            given["kind"] = CustomerKind.COMPANY if company else CustomerKind.PERSON
        self._propose(person, given)
        if who.phones:
            if person.id is not None:
                self._take_phones(person, who.phones)
            elif person.more_phones:
                person.more_phones = tuple(dict.fromkeys((*person.more_phones, *who.phones)))
            else:
                person.more_phones = who.phones
        self.known.index(person)

    def _take_phones(self, person: Person, phones: Sequence[str]) -> None:
        """Propose the numbers that a registered customer does not have yet; none is ever taken away."""
        person.hear("phones", phones)
        here = (*person.phones, *person.more_phones)
        if more := tuple(number for number in phones if number not in here):
            self._plan.before["phones"] = person.phones
            self._plan.after["phones"] = (*here, *more)
            person.more_phones += more

    def _by_ref(self, ref: str) -> Person | None:
        person = self.known.by_ref.get(ref)
        if person is None and (bad := self._bad_refs.get(ref)):
            self._say(
                _(
                    "编号 {ref} 的客户在“{sheet}”第 {row} 行有错误，没有导入。",
                    ref=ref,
                    sheet=bad.sheet.sheet,
                    row=bad.number,
                ),
                "person_ref",
            )
        elif person is None:
            self._say(_("客户表和系统里都没有编号为 {ref} 的客户。", ref=ref), "person_ref")
        return person
