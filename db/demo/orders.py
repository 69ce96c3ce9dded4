"""Which repairs are reported in the demonstration: in homes and suites, for money, at public facilities."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from db.clock import day_of, moment_of
from db.demo.chance import is_heating, told
from db.demo.estates import Ground
from db.demo.repairs import Plan
from db.demo.scene import Scene
from db.demo.visits import Wish
from db.processes.repairs import Category, ChargeKind
from db.registry import FacilityKind

INSIDE: dict[str, dict[Category, int]] = {
    "homes": {
        Category.PLUMBING: 33, Category.ELECTRIC: 22, Category.DOORS: 12, Category.INTERCOM: 10, Category.HEATING: 9,
        Category.LEAK: 8, Category.OTHER: 6,
    },
    "park": {
        Category.HEATING: 28, Category.ELECTRIC: 21, Category.SANITARY: 15, Category.DOORS: 11, Category.INTERCOM: 8,
        Category.LIFT: 6, Category.LEAK: 6, Category.OTHER: 5,
    },
}  # fmt: skip
PUBLIC = {
    Category.PUBLIC_LIGHT: 25, Category.ACCESS: 17, Category.LIFT: 13, Category.SEWAGE: 12, Category.BARRIER: 8,
    Category.FIRE: 8, Category.ROADS: 5, Category.CCTV: 4, Category.ROOF: 4, Category.OTHER: 4,
}  # fmt: skip
FACILITIES = {
    Category.PUBLIC_LIGHT: FacilityKind.LIGHTING, Category.ACCESS: FacilityKind.ACCESS,
    Category.LIFT: FacilityKind.LIFT,
    Category.SEWAGE: FacilityKind.SEWAGE, Category.BARRIER: FacilityKind.PARKING, Category.FIRE: FacilityKind.FIRE,
    Category.ROADS: FacilityKind.ROADS, Category.CCTV: FacilityKind.CCTV, Category.ROOF: FacilityKind.ROOF,
    Category.OTHER: FacilityKind.CLUB,
}  # fmt: skip
CHARGES: dict[str, dict[ChargeKind, int]] = {
    "homes": {ChargeKind.FREE: 62, ChargeKind.PAID: 22, ChargeKind.OUTSIDE: 9, ChargeKind.WARRANTY: 7},
    "park": {ChargeKind.FREE: 70, ChargeKind.PAID: 10, ChargeKind.OUTSIDE: 13, ChargeKind.WARRANTY: 7},
}
PRICES = {
    Category.PLUMBING: (30, 150), Category.ELECTRIC: (20, 40), Category.DOORS: (40, 80), Category.INTERCOM: (30, 60),
    Category.HEATING: (60, 120), Category.SANITARY: (40, 120), Category.OTHER: (20, 60),
}  # fmt: skip
HAPPY = Wish(satisfied=True, solved=True)
"""Who pays is content; the few who are not are chosen by hand."""
URGENT, APPOINTED = 0.09, 0.13
OUTSIDE_TRADES = frozenset({Category.LIFT, Category.LEAK, Category.ROOF, Category.FIRE})


def inside(scene: Scene, ground: Ground, at: datetime, **more: Any) -> Plan:
    """Plan a repair in a home or suite; while homes are heated and in July the season's troubles come oftener."""
    category = more.pop("category", None) or _category(scene, ground, at)
    texts = told("repairs")[category.value]
    key = "park" if ground.is_park and "park" in texts else "homes"
    household = scene.random.choice(scene.households[ground.name])
    urgent = "urgent" in texts and scene.shares.hit(("urgent", ground.name), URGENT * 1.6)
    urgent = more.get("urgent", urgent)
    charge = scene.draw(("charge", ground.name), CHARGES[ground.name])
    if charge is ChargeKind.PAID and (urgent or category not in PRICES):
        charge = ChargeKind.FREE
    values: dict[str, Any] = {
        "words": scene.pen("repairs").write(texts["urgent" if urgent else key], day_of(at)), "household": household,
        "building_id": household.home.building_id, "urgent": urgent, "charge": charge,
        "quoted": _price(scene, PRICES[category]) if charge is ChargeKind.PAID else None,
        "appointed": None if urgent else _appointment(scene, at), "end": scene.draw("repair end", ENDS),
        "wish": HAPPY if charge is ChargeKind.PAID else Wish(), **more,
    }  # fmt: skip
    return Plan(at=at, ground=ground, category=category, **values)


ENDS = {"done": 194, "withdrawn": 4, "void": 2}


def _category(scene: Scene, ground: Ground, at: datetime) -> Category:
    day = day_of(at)
    category: Category = scene.draw(("repair", ground.name), INSIDE[ground.name])
    if day.month == 11 and is_heating(day) and category is not Category.HEATING and scene.luck(0.22):
        return Category.HEATING  # the first weeks of heating: three times as many
    if day.month == 7 and category in {Category.PLUMBING, Category.OTHER} and scene.luck(0.2):
        return Category.LEAK
    return category


def _price(scene: Scene, bounds: tuple[int, int]) -> Decimal:
    return Decimal(5 * scene.random.randint(bounds[0] // 5, bounds[1] // 5))


def _appointment(scene: Scene, at: datetime) -> datetime | None:
    if not scene.luck(APPOINTED):
        return None
    day = day_of(at) + timedelta(days=scene.random.choice((1, 1, 1, 2, 3)))
    return moment_of(day, time(scene.random.choice((9, 10, 14, 15, 16, 18)), 0))


def paid(scene: Scene, ground: Ground, at: datetime, **more: Any) -> Plan:
    """Plan a service for money: unblocking, taps, lamps, locks; the price is told before."""
    kinds = told("repairs")["paid"]
    kind = kinds[scene.draw("paid", {n: each["share"] for n, each in enumerate(kinds)})]
    household = scene.random.choice(scene.households[ground.name])
    values: dict[str, Any] = {
        "words": scene.pen("repairs").write(kind["words"], day_of(at)), "household": household,
        "building_id": household.home.building_id, "charge": ChargeKind.PAID, "quoted": _price(scene, kind["price"]),
        "appointed": _appointment(scene, at), "wish": HAPPY, **more,
    }  # fmt: skip
    return Plan(at=at, ground=ground, category=Category(kind["category"]), **values)


def public(scene: Scene, ground: Ground, at: datetime, **more: Any) -> Plan:
    """Plan a fault of a public facility."""
    category = more.pop("category", None) or scene.draw(("public", ground.name), PUBLIC)
    texts = told("repairs")[category.value]
    building_id, facility = _facility(scene, ground, FACILITIES[category])
    urgent = "urgent" in texts and scene.shares.hit(("urgent public", ground.name), URGENT * 2)
    urgent = more.get("urgent", urgent)
    outside = category in OUTSIDE_TRADES or scene.luck(0.04)
    values: dict[str, Any] = {
        "words": scene.pen("repairs").write(texts["urgent" if urgent else "public"], day_of(at)), "facility": facility,
        "building_id": building_id, "urgent": urgent, "charge": ChargeKind.OUTSIDE if outside else ChargeKind.FREE,
        **more,
    }  # fmt: skip
    return Plan(at=at, ground=ground, category=category, **values)


def _facility(scene: Scene, ground: Ground, kind: FacilityKind) -> tuple[int | None, tuple[int, str]]:
    found = [
        (building_id, facility)
        for (each, building_id), facilities in ground.facilities.items()
        if each is kind
        for facility in facilities
    ]
    return scene.random.choice(found)
