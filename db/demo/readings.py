"""The demonstration's meters: fourteen months of readings, one meter replaced, one estimated, a few that look odd."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from db.clock import moment_of
from db.demo.estates import Ground, Home
from db.ledger.pricing import next_month
from db.ledger.tables import FeeItem, FeeKind, Meter, Reading, ReadingKind
from db.people import Actor
from db.registry import UnitState, UnitUse

MONTHS = 14
READ_ON = 25
"""Day of the month on which the technician goes round."""
SEASONS: dict[FeeKind, tuple[float, ...]] = {
    FeeKind.POWER: (1.15, 1.05, 0.85, 0.75, 0.85, 1.2, 1.5, 1.45, 1.05, 0.75, 0.9, 1.1),
    FeeKind.WATER: (0.9, 0.8, 0.95, 1.0, 1.05, 1.1, 1.2, 1.2, 1.05, 1.0, 0.95, 0.9),
}
"""January to December."""
USES: dict[tuple[FeeKind, UnitUse], float] = {
    (FeeKind.POWER, UnitUse.OFFICE): 7.5, (FeeKind.POWER, UnitUse.SHOP): 14.0, (FeeKind.POWER, UnitUse.CLUB): 9.0,
    (FeeKind.WATER, UnitUse.OFFICE): 0.04, (FeeKind.WATER, UnitUse.SHOP): 0.16, (FeeKind.WATER, UnitUse.CLUB): 0.12,
}  # fmt: skip
"""kWh or m³ a month for each m²."""
LARGE = 4000
"""kWh a month from which a meter hangs on transformers."""


@dataclass
class _Round:
    """The months of one meter."""

    home: Home
    kind: FeeKind
    meter: dict[str, Any]
    place: int
    """How many meters were put in before: chooses those with a story."""
    rows: list[dict[str, Any]] = field(default_factory=list)


def read_meters(session: Session, ground: Ground, today: date, by: Actor) -> None:
    """Put meters in for what the estate charges by them, and read them every month, all in a few statements."""
    kinds = session.execute(
        select(FeeItem.kind, FeeItem.id).where(FeeItem.estate_id == ground.estate_id, FeeItem.kind.in_(SEASONS))
    )
    items = {kind: item_id for kind, item_id in kinds}  # noqa: C416 - rows are not pairs to mypy
    random = Random(4712 + ground.estate_id)  # noqa: S311 - a story, not a secret
    rounds = [
        _Round(home, kind, _meter(random, ground, home, kind, items[kind]), place)
        for place, (home, kind) in enumerate(_metered(ground, items))
    ]
    if not rounds:
        return
    ids = session.scalars(
        insert(Meter).returning(Meter.id, sort_by_parameter_order=True), [each.meter for each in rounds]
    ).all()
    for meter_id, each in zip(ids, rounds, strict=True):
        each.meter["id"] = meter_id
        _live(random, each, today, by)
    _replace(session, rounds[len(rounds) // 3])
    session.execute(insert(Reading), [row for each in rounds for row in each.rows])


def _metered(ground: Ground, items: dict[FeeKind, int]) -> Iterator[tuple[Home, FeeKind]]:
    """Go round floor by floor; in the homes only the shops' meters are the office's to read."""
    for home in ground.units:
        for kind in items:
            if (kind, home.use) in USES:
                yield home, kind


def _meter(random: Random, ground: Ground, home: Home, kind: FeeKind, item_id: int) -> dict[str, Any]:
    usual = USES[kind, home.use] * float(home.area)
    large = kind is FeeKind.POWER and usual > LARGE
    letter = "D" if kind is FeeKind.POWER else "S"
    return {
        "estate_id": ground.estate_id, "unit_id": home.id, "fee_item_id": item_id,
        "number": f"{letter}{home.building_id:02}{home.short.rpartition('-')[2]:>05}{random.randrange(100):02}",
        "digits": 6 if kind is FeeKind.POWER else 5, "multiplier": 40 if large else 1,
        "installed_on": date(2018, 5, 20), "base": Decimal(random.randrange(100, 60_000)),
    }  # fmt: skip


def _live(random: Random, each: _Round, today: date, by: Actor) -> None:
    """Read one meter month after month; in the newest month a few are missing, guessed or odd."""
    usual = USES[each.kind, each.home.use] * float(each.home.area) * random.uniform(0.75, 1.3)
    if each.home.state is UnitState.VACANT:
        usual *= 0.02 if each.kind is FeeKind.POWER else 0.0
    value, month = each.meter["base"], _first_month(today)
    while month.replace(day=READ_ON) <= today:
        newest = next_month(month).replace(day=READ_ON) > today
        if newest and each.place % 61 == 7:
            return
        used = usual * SEASONS[each.kind][month.month - 1] * random.uniform(0.88, 1.14) / each.meter["multiplier"]
        if newest and each.place % 67 == 11:
            used *= 3.4
        consumed = Decimal(round(used, 1)).quantize(Decimal("0.1"))
        guessed = newest and each.place % 89 == 23
        each.rows.append(_reading(each, month, value, value + consumed, by, guessed=guessed))
        value, month = value + consumed, next_month(month)


def _reading(
    each: _Round, month: date, previous: Decimal, value: Decimal, by: Actor, *, guessed: bool
) -> dict[str, Any]:  # fmt: skip
    read_on = month.replace(day=READ_ON)
    return {
        "meter_id": each.meter["id"], "month": month, "read_on": read_on, "value": value, "previous": previous,
        "rolled_over": False, "quantity": (value - previous) * each.meter["multiplier"],
        "kind": ReadingKind.ESTIMATED if guessed else ReadingKind.READ, "superseded": False, "note": "",
        "read_by": by.user_id, "recorded_at": moment_of(read_on, time(16, 20)),
    }  # fmt: skip


def _first_month(today: date) -> date:
    months = today.year * 12 + today.month - 1 - MONTHS + (today.day >= READ_ON)
    return date(months // 12, months % 12 + 1, 1)


def _replace(session: Session, each: _Round) -> None:
    """Let one meter have been replaced in the middle of a month some months ago."""
    if len(each.rows) < 6:
        return
    at = len(each.rows) - 5
    last = each.rows[at]
    on = last["read_on"] - timedelta(days=9)
    half = ((last["value"] - last["previous"]) * Decimal("0.6")).quantize(Decimal("0.1"))
    final = last["previous"] + half
    new_id = session.scalars(
        insert(Meter).returning(Meter.id),
        [{**{name: value for name, value in each.meter.items() if name != "id"},
          "number": f"{each.meter['number']}B", "installed_on": on, "base": Decimal(0)}],
    ).one()  # fmt: skip
    old = session.get_one(Meter, each.meter["id"])
    old.removed_on, old.replaced_by = on, new_id
    times = each.meter["multiplier"]
    for row in each.rows[at:]:
        row |= {"meter_id": new_id, "previous": row["previous"] - final, "value": row["value"] - final}
    each.rows[at] |= {"previous": Decimal(0), "quantity": each.rows[at]["value"] * times}
    each.rows.append(
        last | {"meter_id": old.id, "read_on": on, "previous": final - half, "value": final, "quantity": half * times,
                "kind": ReadingKind.FINAL}
    )  # fmt: skip
