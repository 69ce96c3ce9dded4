"""Lists with their totals, and the picker, against prepared statements over tables made for them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from bench.estate import Estate
from bench.floor import Floor
from bench.measuring import Mark, Task, statements_sent
from bench.people import VOCABULARY
from db import lists, search
from db.case_words import spaced
from db.lists import EVERYTHING, PAGE, Wanted
from db.session import reading
from db.spellings import readings

MARK = Mark(5)
PROCESS = "repairs"
LAST = "\U0010ffff"
NAMES = [
    "id",
    "number",
    "state",
    "version",
    "handled_at",
    "paused_at",
    "urges",
    "escalated_at",
    "closed_at",
    "place",
    "about_user_id",
    "words",
    "opened_at",
    "due_at",
    "category",
    "urgency",
    "public",
    "appointed_from",
    "charge_kind",
    "charge",
    "rating",
    "unit_name",
    "customer_name",
    "assigned_name",
    "building_name",
    "facility_name",
]
"""The columns of a floor's row, as the list calls them."""


MOMENTS = {name for name in NAMES if name.endswith(("_at", "_from"))}


def _row(cells: tuple[Any, ...]) -> dict[str, Any]:
    """Make of a floor's row what a page could use: moments as moments, money as money."""
    row = dict(zip(NAMES, cells, strict=True))
    for name in MOMENTS:
        if (written := row[name]) is not None:
            row[name] = datetime.fromisoformat(written + "+00:00")
    if row["charge"] is not None:
        row["charge"] = Decimal(row["charge"]) / 100
    return row


def _same_page(floor: tuple[int, list[dict[str, Any]]], ours: lists.Page) -> None:
    total, rows = floor
    assert ours.total == total, (ours.total, total)
    told = [{name: row[name] for name in NAMES} for row in ours.rows]
    assert told == rows, next((pair for pair in zip(told, rows, strict=False) if pair[0] != pair[1]), None)


def values_of(typed: str) -> dict[str, Any]:
    """Name what a floor's statement asks by, for something typed."""
    tail = typed[::-1] if typed.isdigit() else ""
    return {
        "typed": typed, "next": typed + LAST, "tail": tail, "tail_next": tail and tail + LAST,
        "phrase": f'"{spaced(typed)}"',
    }  # fmt: skip


def terms(floor: Floor) -> dict[str, str]:
    """Choose what to type: a common surname, a rare full name, a phone's tail, a unit, as this estate has them."""
    surnames: dict[str, int] = VOCABULARY["people"]["surnames"]
    common = max(surnames, key=lambda each: surnames[each] if each not in VOCABULARY["people"]["given"] else 0)
    rare, _n = floor.one(
        "SELECT name, count(*) AS n FROM customers WHERE length(name) = 3 AND contact_name = '' GROUP BY name"
        " HAVING n <= 3 AND max(estate_id) = 1 ORDER BY max(id) LIMIT 1"
    )
    tail, short = floor.one(
        "SELECT substr(p.number, -5), u.short FROM (SELECT max(unit_id) AS id FROM repairs WHERE estate_id = 1) AS last"
        " JOIN units u ON u.id = last.id JOIN occupancies o ON o.unit_id = u.id"
        " JOIN phones p ON p.customer_id = o.customer_id"
    )
    return {"common": common, "rare": rare, "phone": tail, "unit": short}


def of_lists(estate: Estate, floor: Floor) -> list[Task]:
    """Compare the first page and total of the list with most rows beside each other, over all three years."""
    said = terms(floor)
    asked: list[tuple[str, str, Wanted]] = [
        ("open matters", "open", Wanted()),
        ("all matters", "all", Wanted(standing=EVERYTHING)),
        ("one state (to_visit)", "state", Wanted(standing="to_visit")),
        ("one state (done)", "state", Wanted(standing="done")),
        (f"common surname {said['common']}", "typed", Wanted(standing=EVERYTHING, typed=said["common"])),
        (f"rare name {said['rare']}", "typed", Wanted(standing=EVERYTHING, typed=said["rare"])),
        (f"phone tail {said['phone']}", "typed", Wanted(standing=EVERYTHING, typed=said["phone"])),
        (f"unit {said['unit']}", "typed", Wanted(standing=EVERYTHING, typed=said["unit"])),
        *((f"words {each}", "typed", Wanted(standing=EVERYTHING, typed=each)) for each in VOCABULARY["typed"]["words"]),
        (f"words {VOCABULARY['typed']['words'][0]}, open", "words among the open",
         Wanted(typed=VOCABULARY["typed"]["words"][0])),
    ]  # fmt: skip
    return [_list_task(estate, floor, name, label, wanted) for name, label, wanted in asked]


def _list_task(estate: Estate, floor: Floor, name: str, label: str, wanted: Wanted) -> Task:
    values = values_of(wanted.typed or wanted.standing)

    def below() -> tuple[int, list[dict[str, Any]]]:
        with floor.reading():
            total = floor.ask("lists", f"{label}, count", values)[0][0]
            rows = "few rows" if label == "typed" and total <= lists.FEW else "rows"
            return total, [_row(cells) for cells in floor.ask("lists", f"{label}, {rows}", values)]

    def page(limit: int = PAGE) -> lists.Page:
        with reading(estate.actor) as opened:
            return lists.found(opened, PROCESS, wanted, limit=limit)

    few, many = statements_sent(lambda: page(1)), statements_sent(page)
    return Task("list", name, below, page, MARK, _same_page, queries=f"{few}/{many}")


def of_finding(estate: Estate, floor: Floor) -> list[Task]:
    """Compare the picker's answers by name, sound, phone and unit."""
    said = terms(floor)
    sounds = readings(said["rare"])[0]
    initials = "".join(each[0] for each in sounds)
    asked = {
        "name": said["rare"], "pinyin": "".join(sounds), "initials": initials, "phone tail": said["phone"],
        "unit": said["unit"],
    }  # fmt: skip
    return [_find_task(estate, floor, f"{kind} {typed}", typed) for kind, typed in asked.items()]


def _find_task(estate: Estate, floor: Floor, name: str, typed: str) -> Task:
    values = values_of(typed)

    def below() -> tuple[list[Any], list[Any]]:
        with floor.reading():
            return floor.ask("find", "units", values), floor.ask("find", "people", values)

    def ours() -> list[search.Hit]:
        with reading(estate.actor) as opened:
            return search.find(opened, typed, kinds=("unit", "customer"))

    return Task("find", name, below, ours, MARK, _same_hits, queries=str(statements_sent(ours)))


def _same_hits(floor: tuple[list[Any], list[Any]], hits: list[search.Hit]) -> None:
    units, people = floor
    found = [hit for hit in hits if hit.kind == "unit"]
    assert {(hit.unit_id, hit.title) for hit in found} == {(row[0], row[1]) for row in units}, (hits, units)
    lines = {hit.unit_id: hit.subtitle for hit in found}
    assert all(row[4] in lines[row[0]] and row[5][-4:] in lines[row[0]] for row in units), (hits, units)
    told = sorted(
        (hit.customer_id, hit.title, hit.unit_id, hit.subtitle[-4:]) for hit in hits if hit.kind == "customer"
    )
    assert told == sorted((row[0], row[1], row[2], row[5][-4:]) for row in people), (hits, people)
