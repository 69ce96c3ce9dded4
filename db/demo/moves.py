"""Who comes and who leaves in the demonstration: tenants and owners of homes, each dossier in every state today."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from db import search_keys
from db.clock import moment_of
from db.demo.chance import told
from db.demo.diary import Course, acting
from db.demo.estates import Home
from db.demo.issued import issue
from db.demo.park_moves import inspect
from db.demo.residents import Household
from db.demo.scene import Scene
from db.demo.staff import NO_OPERATORS_PREFIX
from db.demo.steps import Steps, do, on, tick_all
from db.dossiers import card_returns, cards
from db.dossiers.inspection_tables import InspectionKind
from db.dossiers.move_in_templates import BOOK, COMPLETE, HAND_OVER
from db.dossiers.move_out_templates import CONFIRM, SETTLE
from db.people import Actor
from db.process import open_case
from db.registry import Customer, CustomerKind, CustomerPhone, Sex, UnitState, UnitUse
from db.spellings import phone_tail

COMES = (("preparing", 2), ("handed_over", 4), ("booked", 6), ("", 20), ("", 34), ("", 52), ("", 75))
"""Where a tenant's move-in stands today, and how many days ago it began."""
BUYS = (("preparing", 3), ("", 24), ("", 60))
LATELY = 30
"""Papers are printed of what began less than so many days ago."""
LEAVES = (("applied", 1), ("confirmed", 4), ("settled", 12), ("", 22), ("", 48), ("", 70))


def moves(scene: Scene, taken: set[int]) -> Iterator[Course]:
    """Let tenants come into empty homes, owners into sold ones, and some tenants leave."""
    homes = [each for each in scene.grounds["homes"].units if each.use is UnitUse.RESIDENTIAL]
    latest = (scene.today - scene.first).days - 1
    for plans, state, draw in ((COMES, UnitState.VACANT, _tenant), (BUYS, UnitState.UNSOLD, _owner)):
        empty = [each for each in homes if each.state is state]
        for n, ((stop, ago), home) in enumerate(zip(plans, empty, strict=False)):
            if ago <= latest:
                taken.add(home.id)
                yield draw(scene, home, stop, scene.today - timedelta(days=ago), n)
    let = [each for each in scene.households["homes"] if each.home.state is UnitState.LET]
    leaving = (each for each in let if each.home.use is UnitUse.RESIDENTIAL and each.home.id not in taken)
    for (stop, ago), household in zip(LEAVES, leaving, strict=False):
        if ago <= latest:
            taken.add(household.home.id)
            yield _leaves(scene, household, stop, scene.today - timedelta(days=ago))


# ── who comes ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _new_customer(session: Session, scene: Scene, estate_id: int, n: int) -> tuple[int, str]:
    """Write down somebody nobody has met yet."""
    stuff, random = told("office")["names"], scene.random
    name = random.choice(stuff["surnames"]) + random.choice(stuff["female"])
    customer = session.scalars(
        insert(Customer).returning(Customer),
        [{"estate_id": estate_id, "kind": CustomerKind.PERSON, "name": name, "sex": Sex.FEMALE,
          "occupants": 1 + n % 3}],
    ).one()  # fmt: skip
    number = f"{NO_OPERATORS_PREFIX}{30_000_000 + customer.id:08}"
    session.execute(
        insert(CustomerPhone),
        [{"customer_id": customer.id, "number": number, "tail": phone_tail(number), "position": 0}],
    )
    search_keys.refresh(session, "customer", [customer.id], fresh=True)
    return customer.id, name


def _opened(scene: Scene, home: Home, day: date, n: int) -> Any:
    session = yield on(scene, day, 9, 11)
    estate_id = scene.grounds["homes"].estate_id
    customer_id, name = _new_customer(session, scene, estate_id, n)
    with acting(session, scene.staff.clerks[n % 2]):
        case = open_case(session, "move_ins", {"unit_id": home.id, "customer_id": customer_id, "starts_on": day})
    return case.id, customer_id, name


def _tenant(scene: Scene, home: Home, stop: str, day: date, n: int) -> Course:
    """Let a tenant come into an empty home: told by the owner, keys, the move at a quiet hour."""
    clerk = scene.staff.clerks[n % 2]
    case_id, customer_id, name = yield from _opened(scene, home, day, n)
    if stop == "preparing":
        return
    day += timedelta(days=1)
    yield from tick_all(clerk, on(scene, day, 9, 9.5), case_id)
    yield from do(clerk, on(scene, day, 10, 10.5), case_id, HAND_OVER)
    yield from _keys(clerk, on(scene, day, 10.6, 11), case_id, Household(home, customer_id, name))
    if stop == "handed_over":
        return
    starts = moment_of(scene.today + timedelta(days=2) if stop == "booked" else day + timedelta(days=1))
    times = {"move_from": starts + timedelta(hours=9 + n % 2), "move_to": starts + timedelta(hours=11 + n % 2)}
    yield from do(clerk, on(scene, day, 11.5, 12), case_id, BOOK, times)
    if stop != "booked":
        yield from do(clerk, on(scene, day + timedelta(days=2), 9, 10), case_id, COMPLETE)


def _keys(clerk: Actor, at: datetime, case_id: int, household: Household) -> Steps:
    """Hand out keys and a card, signed for."""
    session = yield at
    home, customer_id, name = household.home, household.customer_id, household.name
    with acting(session, clerk):
        cards.hand_out(session, home.id, "key", count=2, customer_id=customer_id, case_id=case_id)
        cards.hand_out(session, home.id, "access_card", f"N{case_id:06}", customer_id=customer_id, case_id=case_id)
        cards.sign_for(session, case_id, name)


def _owner(scene: Scene, home: Home, stop: str, day: date, n: int) -> Course:
    """Let an owner take over a home just sold: papers, the inspection with its defects, keys; no fee is asked first."""
    clerk = scene.staff.clerks[n % 2]
    case_id, customer_id, name = yield from _opened(scene, home, day, n)
    if stop == "preparing":
        return
    day += timedelta(days=1)
    session = yield on(scene, day, 8.8, 8.95)
    if (scene.today - day).days < LATELY:
        issue(scene, session, clerk, "owner_undertaking", case_id, signed_by=name)
    yield from tick_all(clerk, on(scene, day, 9, 9.5), case_id)
    session = yield on(scene, day, 9.6, 10)
    with acting(session, clerk):
        inspect(session, case_id, InspectionKind.IN, name, told("dossiers")["moves"]["inspection"])
    if (scene.today - day).days < LATELY:
        issue(scene, session, clerk, "home_inspection_sheet", case_id, signed_by=name)
    yield from _keys(clerk, on(scene, day, 10.6, 11), case_id, Household(home, customer_id, name))
    yield from do(clerk, on(scene, day, 11.1, 11.5), case_id, HAND_OVER)
    yield from do(clerk, on(scene, day + timedelta(days=3), 9, 10), case_id, COMPLETE)


# ── who leaves ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _leaves(scene: Scene, household: Household, stop: str, day: date) -> Course:
    """Let a tenant leave: applied, confirmed with the last day, the bills to that day, keys back."""
    clerk, texts = scene.staff.clerks[day.toordinal() % 2], told("dossiers")["moves"]
    last = day + timedelta(days=5) if stop != "confirmed" else scene.today + timedelta(days=5)
    session = yield on(scene, day, 9, 11)
    with acting(session, clerk):
        case_id = open_case(session, "move_outs", {
            "unit_id": household.home.id, "customer_id": household.customer_id, "reason": "expired", "wished_on": last,
            "forwarding_address": texts["address"],
        }).id  # fmt: skip
    if (scene.today - day).days < LATELY:
        issue(scene, session, clerk, "move_out_application", case_id, signed_by=household.name if stop else "")
    if stop == "applied":
        return
    day += timedelta(days=1)
    yield from tick_all(clerk, on(scene, day, 9, 9.5), case_id, CONFIRM)
    yield from do(clerk, on(scene, day, 10, 10.5), case_id, CONFIRM, {"cut_off": last})
    if stop == "confirmed":
        return
    yield from tick_all(clerk, on(scene, last, 9, 9.5), case_id)
    cashier = scene.staff.cashiers[last.isocalendar().week % 2]
    yield from do(cashier, on(scene, last, 14, 15), case_id, SETTLE)
    if stop == "settled":
        return
    session = yield on(scene, last + timedelta(days=1), 9, 9.5)
    with acting(session, clerk):
        for each in cards.held(session, household.home.id, household.customer_id):
            card_returns.give_back(session, each.id)
    yield from do(clerk, on(scene, last + timedelta(days=1), 10, 11), case_id, COMPLETE)
