"""How questions are answered in the demonstration: nine of ten on the spot, the others after asking a superior."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from db.clock import day_of
from db.demo.chance import in_season, told
from db.demo.diary import Course, acting, at_the_desk, in_the_day, minutes
from db.demo.estates import Ground
from db.demo.residents import Household
from db.demo.scene import Scene, step
from db.process import open_case, perform
from db.processes.inquiries import Channel, Topic, settle

TOPICS = {
    Topic.FEES: 24, Topic.PARKING: 12, Topic.SUPPLY: 11, Topic.RENOVATION: 10, Topic.LOANS: 10, Topic.ACCESS: 9,
    Topic.NEIGHBOURHOOD: 8, Topic.MOVING: 6, Topic.INVOICE: 6, Topic.OTHER: 4,
}  # fmt: skip
CHANNELS = {Channel.PHONE: 56, Channel.DESK: 24, Channel.WECHAT: 17, Channel.ONLINE: 2, Channel.EMAIL: 1}
ON_THE_SPOT = 0.88


@dataclass(frozen=True)
class Plan:
    """A question that will be asked."""

    at: datetime
    ground: Ground
    household: Household | None
    """Some callers do not say who they are."""
    stop: str = ""
    """Where it is left standing: waiting · asking."""


def plan(scene: Scene, ground: Ground, at: datetime, stop: str = "") -> Plan:
    """Plan a question of that moment."""
    household = scene.random.choice(scene.households[ground.name]) if scene.luck(0.85) else None
    return Plan(at, ground, household, stop)


def course(scene: Scene, plan: Plan) -> Course:
    """Let a question be answered."""
    at = at_the_desk(scene.random, plan.at)
    session = yield at + minutes(scene.random, 1, 8)
    values, answer = _asked(scene, plan)
    clerk = scene.clerk(at)
    if not plan.stop and scene.shares.hit("settled", ON_THE_SPOT):
        with acting(session, clerk):
            settle(session, values | {"answer": answer, "satisfied": scene.luck(0.7)}, at=at)
        return
    with acting(session, clerk):
        case_id = open_case(session, "inquiries", values, at=at).id
    if plan.stop == "waiting":
        return
    said = told("inquiries")["advice"]
    pen = scene.pen("inquiries")
    if plan.stop == "asking" or scene.luck(0.6):
        later = at + minutes(scene.random, 5, 40)
        note = {"note": pen.write(said["asked"])}
        yield from step(scene, clerk, later, lambda s: perform(s, case_id, "pass_up", note, at=later))
        if plan.stop:
            return
        ruled = in_the_day(scene.random, later + minutes(scene.random, 40, 400))
        advice = {"note": pen.write(said["said"])}
        yield from step(scene, scene.staff.supervisor, ruled, lambda s: perform(s, case_id, "advise", advice, at=ruled))
        at = ruled
    elif scene.luck(0.5):
        soon = at + timedelta(minutes=30)
        word = {"note": pen.write(said["told"])}
        yield from step(scene, clerk, soon, lambda s: perform(s, case_id, "tell", word, at=soon))
    done = at_the_desk(scene.random, at + minutes(scene.random, 45, 600))
    given = {"answer": answer, "satisfied": scene.luck(0.6)}
    yield from step(scene, scene.clerk(done), done, lambda s: perform(s, case_id, "answer", given, at=done))


def _asked(scene: Scene, plan: Plan) -> tuple[dict[str, Any], str]:
    topic = scene.draw(("topic", plan.ground.name), TOPICS)
    pairs = [pair for pair in told("inquiries")[topic.value]["pairs"] if in_season(pair[0], day_of(plan.at))]
    words, answer = scene.random.choice(pairs)
    values: dict[str, Any] = {
        "category": topic, "words": words, "channel": scene.draw("inquiry channel", CHANNELS),
        "estate_id": plan.ground.estate_id,
    }  # fmt: skip
    if plan.household is not None:
        values |= {"unit_id": plan.household.home.id, "customer_id": plan.household.customer_id}
    return values, answer
