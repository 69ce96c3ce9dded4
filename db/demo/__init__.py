"""The demonstration: an office park and 1,200 homes with their staff, and eighteen months of their matters.

Everything that happens goes through `open_case`, `perform` and the processes' named functions, in the name of whoever
would do it, with the clock set to the moment at which it would be typed. The same day gives the same office.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from sqlalchemy.orm import Session

from db import clock
from db.areas import assign_area
from db.clock import moment_of, pretending
from db.demo import accounts, dossiers, tales
from db.demo.diary import acting
from db.demo.estates import Ground, build_homes, build_park
from db.demo.money import money
from db.demo.readings import read_meters
from db.demo.residents import agree_service, move_companies_in, move_homes_in
from db.demo.scene import Scene
from db.demo.staff import ACCOUNTS, Staff, hire
from db.demo.tariffs import set_tariffs
from db.papers.issuing import Render
from db.people import SYSTEM, Actor
from db.session import writing
from db.words import _

__all__ = ["ACCOUNTS", "Size", "fill", "fill_sized", "last_moment"]

Progress = Callable[..., object]

ENDS_AT = time(10, 30)
"""History ends at this hour of the last day: the office has been at work since eight."""
AREAS = (("1", "2"), ("3", "4"), ("5", "6"), ("7", "8", "9", "10", "11", "12", "13"))
"""Which buildings of the homes each steward looks after; the park has one of its own."""


@dataclass(frozen=True)
class Size:
    """How much of it: the tests make a small one."""

    months: int = 18
    part: float = 1.0
    """Of the matters."""
    floors: int = 18
    """Buildings end there."""


def fill(render: Render, progress: Progress | None = None, *, today: date | None = None) -> None:
    """Fill an empty database with the demonstration, its last day `today`; `progress` is told what is done.

    `render` prints the papers issued (`components.papers.printing.pdf`). Takes about a minute. History ends
    at 10:30 of that day, or of the evening before when it is earlier.
    """
    fill_sized(render, Size(), last_moment(today), progress or (lambda *_words: None))


def last_moment(today: date | None = None) -> datetime:
    """Say when history ends, on `today` or as late as the real clock allows."""
    if today is not None:
        return moment_of(today, ENDS_AT)
    until = moment_of(clock.today(), ENDS_AT)
    return until if until <= clock.now() else moment_of(clock.today() - timedelta(days=1), time(21, 55))


def fill_sized(render: Render, size: Size, until: datetime, progress: Progress) -> None:
    """Fill with a demonstration of that size."""
    today = clock.day_of(until)
    first = _months_before(today, size.months)
    random = Random(4711)  # noqa: S311 - a story, not a secret
    with pretending(moment_of(first - timedelta(days=1), time(9, 0))):
        progress(_("建立项目、房屋和客户档案"))
        with writing(SYSTEM) as session:
            scene = _set_up(session, random, (first, until), size, render)
    for tale in (tales.the_usual(scene, size.part), tales.stories(scene), tales.still_open(scene), money(scene),
                 dossiers.dossiers(scene, size.part)):
        for course in tale:
            scene.diary.enter(course)
    scene.diary.enter(tales.the_clock(scene))
    scene.diary.enter(tales.the_leaders(scene))
    seen: set[tuple[int, int]] = set()

    def at_midnight(day: date) -> None:
        if (day.year, day.month) not in seen:
            seen.add((day.year, day.month))
            progress(_("{year} 年 {month} 月的事项", year=day.year, month=day.month))

    with _without_collector():
        scene.diary.live(until, at_midnight)
    with pretending(until), writing(SYSTEM) as session:
        accounts.publish(session, scene)


def _months_before(day: date, months: int) -> date:
    month = day.year * 12 + day.month - 1 - months
    return date(month // 12, month % 12 + 1, min(day.day, 28))


def _set_up(
    session: Session, random: Random, span: tuple[date, datetime], size: Size, render: Render
) -> Scene:  # fmt: skip
    """Write everything down that was there before the first customer came."""
    first, until = span
    today = clock.day_of(until)
    park = build_park(session, random, today, size.floors)
    homes = build_homes(session, random, today, size.floors)
    grounds = {"homes": homes, "park": park}
    staff = hire(session, {name: ground.estate_id for name, ground in grounds.items()}, random)
    households = {
        "homes": move_homes_in(session, homes, random, today), "park": move_companies_in(session, park, random, today),
    }  # fmt: skip
    for ground in grounds.values():
        agree_service(session, ground, today)
        with acting(session, staff.finance):
            set_tariffs(session, ground)
        read_meters(session, ground, today, staff.technicians[0])
    stewards = _give_areas(session, staff, homes, park, today)
    return Scene(random, today, first, until, staff, grounds, households, stewards, render)


def _give_areas(session: Session, staff: Staff, homes: Ground, park: Ground, today: date) -> dict[int, Actor]:
    """Give each steward his buildings; two of them changed hands last spring."""
    found: dict[int, Actor] = {}
    hired = today - timedelta(days=900)
    with acting(session, staff.supervisor):
        for steward, codes in zip(staff.stewards, AREAS, strict=False):
            ids = [homes.buildings[code] for code in codes]
            assign_area(session, ids, steward.user_id, hired)
            found |= dict.fromkeys(ids, steward)
        assign_area(session, park.buildings.values(), staff.stewards[4].user_id, hired)
        found |= dict.fromkeys(park.buildings.values(), staff.stewards[4])
        moved = [homes.buildings["7"], homes.buildings["8"]]
        assign_area(session, moved, staff.stewards[0].user_id, today - timedelta(days=200))
    return found | dict.fromkeys(moved, staff.stewards[0])


@contextmanager
def _without_collector() -> Iterator[None]:
    """Put the collector of garbage off meanwhile: it takes a sixth of the time and finds nothing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
