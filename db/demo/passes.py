"""Goods passes of the demonstration: taken in, issued, counted out at the gate; some stand in every state today."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.clock import day_of, moment_of
from db.demo.chance import told
from db.demo.diary import Course, acting
from db.demo.estates import Ground
from db.demo.issued import RECENTLY, issue
from db.demo.residents import Household
from db.demo.scene import Scene
from db.demo.steps import do, on
from db.dossiers import exits, goods
from db.dossiers.goods_tables import Purpose, State, Taker
from db.people import SYSTEM, Actor
from db.processes import goods_passes
from db.processes.goods_passes import PAPER
from db.registering import save
from db.registry import Contract, ContractKind, Occupancy, UnitState, UnitUse
from db.registry_rules import holds_on

A_MONTH, SINCE, EARLIER = 60, 40, 12
"""So many a month for so many days back; before that one in `EARLIER`."""
NOT_USED = 0.05


def usual(scene: Scene, part: float, taken: set[int]) -> Iterator[Course]:
    """Let things go out day by day: a sofa, a printer; one in twenty is never carried out."""
    days = (scene.today - scene.first).days
    for n in range(int(days * A_MONTH / 30 * part)):
        ago = days - n * 30 / A_MONTH / part
        if ago < 1 or (ago > SINCE and n % EARLIER):
            continue
        at = on(scene, scene.today - timedelta(days=int(ago)), 8.6, 18)
        ground = scene.grounds["park" if n % 5 == 4 else "homes"]
        household = _somebody(scene, ground, taken)
        yield _course(scene, ground, household, at)


def _somebody(scene: Scene, ground: Ground, taken: set[int], state: UnitState | None = None) -> Household:
    """Pick somebody who is not about to move or under the hammer; in a home of that `state`, if one is named."""
    while True:
        found = scene.random.choice(scene.households[ground.name])
        fits = state is None or (found.home.state is state and found.home.use is UnitUse.RESIDENTIAL)
        if fits and found.home.id not in taken:
            return found


def _values(scene: Scene, ground: Ground, household: Household, purpose: Purpose = Purpose.ITEMS) -> dict[str, Any]:
    texts = told("dossiers")["goods"]
    values: dict[str, Any] = {
        "unit_id": household.home.id, "customer_id": household.customer_id, "purpose": purpose, "taker": Taker.SELF,
        "goods": scene.random.choice(texts["park" if ground.is_park else "home"]),
    }  # fmt: skip
    if purpose is Purpose.REMOVAL:
        values["goods"] = texts["removal"][ground.is_park]
    if household.home.use is not UnitUse.RESIDENTIAL:
        values |= {"taker": Taker.AUTHORISED, "taker_name": household.name, "authority": texts["authority"]}
    return values


def _guard(scene: Scene, ground: Ground) -> Actor:
    return scene.staff.park_guard if ground.is_park else scene.random.choice(scene.staff.guards)


def _course(scene: Scene, ground: Ground, household: Household, at: datetime) -> Course:
    session = yield at
    if not _is_here(session, household, at):
        return
    with acting(session, scene.clerk(at)):
        case = goods_passes.open_and_issue(session, _values(scene, ground, household))
    if case.state != State.ISSUED:
        return
    if at > scene.until - RECENTLY:
        issue(scene, session, scene.clerk(at), PAPER, case.id)
    if scene.luck(NOT_USED):
        yield from do(SYSTEM, moment_of(day_of(case.valid_to or at)) + timedelta(days=1, hours=8), case.id, "expire")
        return
    session = yield min(at + timedelta(minutes=scene.random.uniform(8, 90)), case.valid_to or at)
    with acting(session, _guard(scene, ground)):
        exits.check_out(session, case.id, _all_of(session, case.id))


def _is_here(session: Session, household: Household, at: datetime) -> bool:
    """Say whether they had moved in by then."""
    holds = select(Occupancy.id).where(
        Occupancy.unit_id == household.home.id, Occupancy.customer_id == household.customer_id,
        holds_on(Occupancy, day_of(at)),
    )  # fmt: skip
    return session.scalar(holds.limit(1)) is not None


def _all_of(session: Session, case_id: int) -> dict[int, int]:
    return {each.id: each.count for each in goods.lines_of(session, case_id)}


# ── today ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def today(scene: Scene, taken: set[int]) -> Iterator[Course]:
    """Leave passes of this morning in every state."""
    for n, stop in enumerate(("applied", "issued", "issued", "checked", "differs")):
        yield _left(scene, scene.grounds["park" if n == 2 else "homes"], stop, taken, n)
    for n, stop in enumerate(("waiting_owner", "to_supervisor")):
        yield _asked(scene, stop, taken, n)
    yield _before_the_director(scene, taken)


def _left(scene: Scene, ground: Ground, stop: str, taken: set[int], n: int) -> Course:
    household = _somebody(scene, ground, taken, None if ground.is_park else UnitState.OWNER_OCCUPIED)
    at = scene.until - timedelta(minutes=95 - n * 11)
    purpose = Purpose.REMOVAL if stop == "checked" else Purpose.ITEMS
    values = _values(scene, ground, household, purpose)
    session = yield at
    with acting(session, scene.clerk(at)):
        make = goods_passes.open_pass if stop == "applied" else goods_passes.open_and_issue
        case = make(session, values)
    if case.state == State.ISSUED:
        issue(scene, session, scene.clerk(at), PAPER, case.id)
    if stop in {"applied", "issued"}:
        return
    session = yield at + timedelta(minutes=25)
    things = _all_of(session, case.id)
    more = ""
    if stop == "checked":
        things = dict(list(things.items())[:1])
    else:
        more = told("dossiers")["goods"]["more"]
    with acting(session, _guard(scene, ground)):
        exits.check_out(session, case.id, things, more=more)


def _asked(scene: Scene, stop: str, taken: set[int], n: int) -> Course:
    """Let a tenant of a home move out his things: the owner is told; one says no."""
    ground = scene.grounds["homes"]
    household = _somebody(scene, ground, taken, UnitState.LET)
    taken.add(household.home.id)
    at = scene.until - timedelta(minutes=80 - n * 13)
    session = yield at
    clerk = scene.clerk(at)
    with acting(session, clerk):
        case = goods_passes.open_pass(session, _values(scene, ground, household, Purpose.REMOVAL))
    if stop == "to_supervisor" and case.state == State.WAITING_OWNER:
        answer = {"owner_answer": "refuses", "owner_channel": "phone", "note": told("dossiers")["goods"]["refused"]}
        yield from do(clerk, at + timedelta(minutes=18), case.id, "tell_owner", answer)


def _before_the_director(scene: Scene, taken: set[int]) -> Course:
    """Let a company whose lease says so carry out what it has, with cards still out: the director decides."""
    ground = scene.grounds["park"]
    offices = [each for each in scene.households["park"] if each.home.use is UnitUse.OFFICE]
    household = next(each for each in offices if each.home.id not in taken)
    at = scene.until - timedelta(minutes=50)
    session = yield at
    lease = session.scalars(
        select(Contract).where(Contract.unit_id == household.home.id, Contract.kind == ContractKind.LEASE)
    ).first()
    if lease is None:
        return
    with acting(session, scene.staff.supervisor):
        save(session, Contract, {"holds_goods": True}, lease.id, lease.version)
    with acting(session, scene.clerk(at)):
        goods_passes.open_and_issue(session, _values(scene, ground, household, Purpose.REMOVAL))
