"""How return visits go in the demonstration: when they are made, whom they reach, what people say."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from db.cases import Case
from db.clock import day_of
from db.demo.diary import at_the_desk, minutes
from db.demo.scene import Scene, step
from db.people import Actor
from db.process import perform
from db.processes.return_visits import Manner, Satisfaction, Solved, open_visit_of

REACHED = {"complaints": 0.925, "repairs": 0.96}
AWAY_REACHED = 0.62
"""In the February when a clerk was away."""
ANSWERS = {
    "complaints": {"very": 43, "satisfied": 51, "neutral": 3, "dissatisfied": 2, "very_dissatisfied": 1},
    "repairs": {"very": 56, "satisfied": 41, "neutral": 2, "dissatisfied": 1},
}
UNSOLVED = {"complaints": 0.03, "repairs": 0.025}
MANNERS = {Manner.PHONE: 80, Manner.WECHAT: 14, Manner.ON_SITE: 6}
FINE = (Satisfaction.VERY, Satisfaction.SATISFIED)


@dataclass(frozen=True)
class Wish:
    """What a story wants of a visit; `None` leaves it to chance."""

    reached: bool | None = None
    satisfied: bool | None = None
    solved: bool | None = None
    says: str = ""
    """What the customer says when it is not solved."""
    stop: bool = False
    """Leave it on the list."""


@dataclass(frozen=True)
class Due:
    """A visit that the rules have put on the list."""

    visit_id: int
    kind: str
    handled: datetime
    but: frozenset[int]
    """Who must not make it: the handler, the one it is about."""


def due_after(session: Session, case: Case, at: datetime) -> Due | None:
    """Find the visit that a step has just put on the list."""
    visit = open_visit_of(session, case)
    if visit is None:
        return None
    not_these = frozenset(each for each in (case.handled_by, case.about_user_id) if each is not None)
    return Due(visit.id, case.process, at, not_these)


def share_reached(scene: Scene, kind: str, handled: datetime) -> tuple[tuple[str, int, int], float]:
    """Say under which month a visit counts, and which share of that month's are reached."""
    day, away = day_of(handled), scene.stories.away
    weak = kind == "complaints" and (day.year, day.month) == (away.year, away.month)
    return (kind, day.year, day.month), AWAY_REACHED if weak else REACHED[kind]


def make(scene: Scene, due: Due, wish: Wish) -> Generator[datetime, Session, bool]:
    """Make a visit; says whether the matter is over (else it was not solved and runs again)."""
    if wish.stop:
        return True
    month, share = share_reached(scene, due.kind, due.handled)
    reached = scene.shares.hit(month, share)
    if wish.reached is not None:
        reached = wish.reached
    moment = due.handled + minutes(scene.random, 15 * 60, 40 * 60)
    if not reached:
        yield from _not_made(scene, due, moment)
        return True
    if scene.luck(0.12):
        moment = yield from _missed(scene, due, moment)
    return (yield from _asked(scene, due, moment, wish))


def _try(scene: Scene, due: Due, moment: datetime) -> tuple[datetime, Actor]:
    when = at_the_desk(scene.random, moment)
    return when, scene.clerk(when, due.but)


def _missed(scene: Scene, due: Due, moment: datetime) -> Generator[datetime, Session, datetime]:
    when, who = _try(scene, due, moment)
    values = {"manner": Manner.PHONE, "note": scene.say("visit", "missed")}
    yield from step(scene, who, when, lambda s: perform(s, due.visit_id, "not_reached", values, at=when))
    return when + minutes(scene.random, 180, 1300)


def _not_made(scene: Scene, due: Due, moment: datetime) -> Generator[datetime, Session, None]:
    """Refused, or given up after three attempts on two days."""
    if scene.luck(0.25):
        when, who = _try(scene, due, moment)
        note = {"note": scene.say("visit", "refused")}
        yield from step(scene, who, when, lambda s: perform(s, due.visit_id, "refused", note, at=when))
        return
    for _attempt in range(3):
        moment = yield from _missed(scene, due, moment)
        moment += timedelta(hours=12)
    when, who = _try(scene, due, moment)
    yield from step(scene, who, when, lambda s: perform(s, due.visit_id, "give_up", {}, at=when))


def _asked(scene: Scene, due: Due, moment: datetime, wish: Wish) -> Generator[datetime, Session, bool]:
    when, who = _try(scene, due, moment)
    unsolved = scene.shares.hit(("unsolved", due.kind), UNSOLVED[due.kind]) if wish.solved is None else not wish.solved
    answer = Satisfaction(scene.draw(("answers", due.kind), ANSWERS[due.kind]))
    if wish.satisfied is not None:
        answer = scene.random.choice(FINE) if wish.satisfied else Satisfaction.DISSATISFIED
    if unsolved:
        solved, answer, said = Solved.NO, Satisfaction.DISSATISFIED, wish.says or scene.say("visit", "no")
    else:
        solved = Solved.PARTLY if answer not in FINE and scene.luck(0.5) else Solved.YES
        neutral = answer is Satisfaction.NEUTRAL
        said = scene.say("visit", "yes" if answer in FINE else "neutral" if neutral else "bad")
    values = {
        "solved": solved, "satisfaction": answer, "manner": scene.draw("manners", MANNERS), "opinion": said,
    }  # fmt: skip
    yield from step(scene, who, when, lambda s: perform(s, due.visit_id, "reached", values, at=when))
    return not unsolved
