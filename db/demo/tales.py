"""What happened in the demonstration's eighteen months: the usual, the stories, and what stands open today."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from db import approvals, jobs
from db.clock import day_of, moment_of, now
from db.demo import complaints, inquiries, orders, repairs
from db.demo.chance import told
from db.demo.diary import Course, acting
from db.demo.rhythm import RATES, moments
from db.demo.scene import Scene
from db.demo.visits import Wish
from db.people import SYSTEM, Actor
from db.processes.complaints import Category as Grievance
from db.processes.complaints import Finding, Gravity, Source
from db.processes.repairs import Category as Trouble
from db.processes.repairs import ChargeKind
from db.registry import FacilityKind, UnitUse

UNHAPPY_AT = (0.3, 0.75)
"""How far into history: two in some 150 services for money, 98.4 % are satisfied."""


def the_usual(scene: Scene, part: float) -> Iterator[Course]:
    """Let customers come as they do, month after month."""
    for rate in RATES:
        ground = scene.grounds[rate.ground]
        times = [at for at in moments(scene.random, rate, scene.first, scene.today, part) if at < scene.until]
        match rate.kind:
            case "complaints":
                for at in times:
                    plan = complaints.plan(scene, ground, at)
                    yield complaints.course(scene, plan)
                    if plan.category is Grievance.REPAIR and scene.luck(0.3):
                        yield repairs.course(scene, orders.inside(scene, ground, at + timedelta(hours=2)))
            case "inquiries":
                yield from (inquiries.course(scene, inquiries.plan(scene, ground, at)) for at in times)
            case "paid_services":
                yield from (repairs.course(scene, plan) for plan in _paid(scene, times))
            case "home_repairs":
                yield from (repairs.course(scene, orders.inside(scene, ground, at)) for at in times)
            case _:
                yield from (repairs.course(scene, orders.public(scene, ground, at)) for at in times)


def _paid(scene: Scene, times: list[datetime]) -> list[repairs.Plan]:
    """Plan the services for money; in two of the months one customer is not satisfied, and one was never asked."""
    plans = [orders.paid(scene, scene.grounds["homes"], at) for at in times]
    unhappy = Wish(reached=True, satisfied=False, solved=True)
    for share in UNHAPPY_AT if len(plans) > 10 else ():
        n = int(len(plans) * share)
        plans[n] = replace(plans[n], wish=unhappy)
    if len(plans) > 10:
        n = int(len(plans) * UNHAPPY_AT[0]) + 1
        plans[n] = replace(plans[n], rated=False, wish=Wish(reached=False))
    return plans


# ── stories ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def stories(scene: Scene) -> Iterator[Course]:
    """Let happen what every office remembers: the lift in April, the storm in July, the shop that stays loud."""
    if scene.first <= scene.stories.lift:
        yield from _the_lift(scene)
    if scene.first <= scene.stories.storm:
        yield from _the_storm(scene)
    yield _the_shop(scene)


def _the_lift(scene: Scene) -> Iterator[Course]:
    """The lift of building 5 stops three times; eleven complain together; the firm replaces the board."""
    ground, first = scene.grounds["homes"], scene.stories.lift
    texts, works = told("talk")["stories"]["lift"], told("talk")["stories"]["lift_work"]
    building = ground.buildings["5"]
    lift = ground.facilities[FacilityKind.LIFT, building][0]
    for text, work, day, hour in zip(texts, works, (3, 9, 14), (7, 18, 8), strict=True):
        at = moment_of(first + timedelta(days=day), time(hour, 42))
        plan = orders.public(scene, ground, at, category=Trouble.LIFT)
        yield repairs.course(
            scene, replace(plan, words=text, work=work, facility=lift, building_id=building, urgent=True,
                           charge=ChargeKind.OUTSIDE)
        )  # fmt: skip
    written = told("complaints")["stories"]
    neighbours = [each for each in scene.households["homes"] if each.home.building_id == building]
    group = complaints.Group()
    done = moment_of(first + timedelta(days=21), time(15, 30))
    for n, words in enumerate(written["lift"]):
        at = moment_of(first + timedelta(days=14 + n // 5), time(9 + n % 5 * 2, 7 + n))
        yield complaints.course(scene, complaints.Plan(
            at, ground, neighbours[n * 7 % len(neighbours)], Grievance.LIFT, words, written["lift_facts"],
            written["lift_solution"], gravity=Gravity.GRAVE if n == 0 else Gravity.IMPORTANT,
            source=Source.HOTLINE if n == 4 else Source.PHONE, finding=Finding.JUSTIFIED,
            takes=done - at + timedelta(minutes=n * 9), group=group,
        ))  # fmt: skip


def _the_storm(scene: Scene) -> Iterator[Course]:
    """A storm drives rain into twelve homes of building 3; some leak again at the next rain."""
    ground, day = scene.grounds["homes"], scene.stories.storm
    building = ground.buildings["3"]
    homes = [
        each for each in scene.households["homes"]
        if each.home.building_id == building and each.home.use is UnitUse.RESIDENTIAL
    ]  # fmt: skip
    homes.sort(key=lambda each: -each.home.floor)
    written = told("talk")["stories"]
    for n, household in enumerate(homes[:12]):
        at = moment_of(day + timedelta(days=n // 9), time(6 + n % 9, 11 + n * 3))
        words = scene.pen("repairs").write(written["leak"])
        plan = orders.inside(scene, ground, at, category=Trouble.LEAK)
        wish = Wish(reached=True, solved=n % 5 > 1, says=written["leak_again"])
        yield repairs.course(
            scene, replace(plan, words=words, household=household, building_id=building, urgent=n < 4, appointed=None,
                           charge=ChargeKind.OUTSIDE, quoted=None, end="done", work=written["leak_work"],
                           takes=timedelta(hours=30 + n * 4), wish=wish)
        )  # fmt: skip


def _the_shop(scene: Scene) -> Course:
    """The grill under building 2 has kept its neighbours awake for forty days."""
    ground = scene.grounds["homes"]
    building = ground.buildings["2"]
    neighbours = [
        each for each in scene.households["homes"] if each.home.building_id == building and each.home.floor in {2, 3, 4}
    ]  # fmt: skip
    at = moment_of(scene.today - timedelta(days=40), time(22, 40))
    words = told("complaints")["stories"]["shop"]
    return complaints.course(scene, complaints.Plan(
        at, ground, neighbours[0], Grievance.NOISE, words, gravity=Gravity.IMPORTANT, never=True,
    ))  # fmt: skip


# ── today ────────────────────────────────────────────────────────────────────────────────────────────────────────────


PLAIN: dict[str, Any] = {"end": "handled", "anonymous": False}
FREE: dict[str, Any] = {
    "end": "done", "charge": ChargeKind.FREE, "quoted": None, "appointed": None, "urgent": False,
}  # fmt: skip


def still_open(scene: Scene) -> Iterator[Course]:
    """Leave matters of the last days in every state, so that today's lists look like a working day's."""
    homes, park = scene.grounds["homes"], scene.grounds["park"]

    def ago(hours: float) -> datetime:
        return scene.until - timedelta(hours=hours)

    for stop, hours, ground in (
        ("waiting", 0.4, homes), ("waiting", 1.2, park), ("told", 1.8, homes), ("told", 21, homes), ("told", 31, homes),
        ("passed", 19, homes), ("passed", 2.3, park), ("taken_over", 23.5, homes), ("taken_over", 44, homes),
    ):  # fmt: skip
        plan = complaints.plan(scene, ground, ago(hours), stop=stop, **PLAIN, source=Source.PHONE)
        yield complaints.course(scene, replace(plan, takes=timedelta(hours=6)))
    for hours in (30, 47, 92):
        plan = complaints.plan(
            scene, homes, ago(hours), **PLAIN, wish=Wish(stop=True), takes=timedelta(hours=5)
        )
        yield complaints.course(scene, plan)
    for hours in (52, 58):  # dissatisfied: the supervisor has not looked at it yet
        plan = complaints.plan(scene, homes, ago(hours), **PLAIN, category=Grievance.CLEANING,
                               wish=Wish(reached=True, satisfied=False, solved=True))  # fmt: skip
        yield complaints.course(scene, replace(plan, takes=timedelta(hours=4)))
    plan = complaints.plan(scene, homes, ago(40), **PLAIN, typed_late=True)
    yield complaints.course(scene, replace(plan, takes=timedelta(hours=6)))
    yield from _repairs_still_open(scene, ago)
    for stop, hours in (("waiting", 0.6), ("waiting", 18), ("asking", 2.5), ("asking", 25.2)):
        yield inquiries.course(scene, inquiries.plan(scene, homes, ago(hours), stop))


def _repairs_still_open(scene: Scene, ago: Callable[[float], datetime]) -> Iterator[Course]:
    homes, park = scene.grounds["homes"], scene.grounds["park"]
    afternoon = moment_of(scene.today, time(14, 0))
    for stop, hours, ground, charge in (
        ("waiting", 0.3, homes, ChargeKind.FREE), ("waiting", 0.9, park, ChargeKind.FREE),
        ("dispatched", 1.4, homes, ChargeKind.FREE), ("dispatched", 2.2, park, ChargeKind.FREE),
        ("dispatched", 21, homes, ChargeKind.OUTSIDE), ("dispatched", 27, homes, ChargeKind.FREE),
        ("working", 2.4, homes, ChargeKind.FREE), ("working", 18, park, ChargeKind.FREE),
        ("paused", 45, homes, ChargeKind.FREE), ("paused", 120, homes, ChargeKind.OUTSIDE),
        ("paused", 215, homes, ChargeKind.WARRANTY),
    ):  # fmt: skip
        plan = orders.inside(scene, ground, ago(hours), stop=stop, **FREE | {"charge": charge})
        yield repairs.course(scene, plan)
    for hours in (3, 20, 40):
        wished = afternoon + timedelta(hours=hours / 20)
        plan = orders.inside(scene, homes, ago(hours), stop="dispatched", **FREE | {"appointed": wished})
        yield repairs.course(scene, plan)
    for hours in (22, 26, 50):
        plan = orders.public(scene, homes, ago(hours), stop="to_sign", category=Trouble.PUBLIC_LIGHT, urgent=False)
        yield repairs.course(scene, replace(plan, takes=timedelta(hours=5)))
    for hours in (27, 50, 75):
        plan = orders.paid(scene, homes, ago(hours), wish=Wish(stop=True), appointed=None)
        yield repairs.course(scene, replace(plan, takes=timedelta(hours=4)))
    for hours in (44, 47):
        plan = orders.inside(scene, homes, ago(hours), **FREE)
        yield repairs.course(scene, replace(plan, takes=timedelta(hours=3), typed_late=True))


# ── what comes round by itself ───────────────────────────────────────────────────────────────────────────────────────


def the_clock(scene: Scene) -> Course:
    """Warn the superiors of what is grave or about to be late, as the office's computer does all day."""
    day = scene.first
    while day <= scene.today:
        for hour in range(8, 23, 2):
            session = yield moment_of(day, time(hour, 30))
            with acting(session, SYSTEM):
                jobs.escalate(session)
        day += timedelta(days=1)


def the_leaders(scene: Scene) -> Course:
    """Decide each afternoon what has waited since yesterday: late entries, dissatisfied customers."""
    staff = scene.staff
    day = scene.first
    while day <= scene.today:
        session = yield moment_of(day, time(16, 40))
        if day.weekday() < 5:
            for leader in (staff.supervisor, staff.works, staff.director):
                with acting(session, leader):
                    _decide(scene, session, leader, day)
        day += timedelta(days=1)


def _decide(scene: Scene, session: Session, leader: Actor, day: date) -> None:
    patience = timedelta(days=3) if leader is scene.staff.director else timedelta(hours=20)
    for approval in approvals.waiting_for(session):
        if now() - approval.asked_at < patience or day_of(approval.asked_at) == day:
            continue
        denied = approval.subject == "event" and scene.luck(0.04)
        note = scene.say("visit", "decided") if approval.subject == "return_visit" else ""
        if denied:
            approvals.decide(session, approval.id, approvals.Verdict.DENIED, told("talk")["repair"]["denied"][0])
        else:
            approvals.decide(session, approval.id, approvals.Verdict.GRANTED, note)
