"""The demonstration's days: everybody's next steps in order of time, a write a day, the clock set to each step."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from heapq import heappop, heappush
from math import exp
from random import Random

from sqlalchemy import event
from sqlalchemy.orm import Session

from db.clock import day_of, local, moment_of, pretending
from db.people import SYSTEM, Actor
from db.session import writing

Course = Generator[datetime, Session, None]
"""One matter's way: yields when its next step is typed, and is handed the session of that day to take it in."""

OPENS, CLOSES = time(8, 5), time(21, 50)
"""The desk is manned from 8 to 22."""


class Diary:
    """What is still to be done, by the moment at which it will be typed."""

    def __init__(self) -> None:
        """Begin empty."""
        self._next: list[tuple[datetime, int, Course]] = []
        self._entered = 0

    def enter(self, course: Course) -> None:
        """Enter a matter; it says itself when it begins."""
        self._later(next(course), course)

    def _later(self, moment: datetime, course: Course) -> None:
        self._entered += 1
        heappush(self._next, (moment, self._entered, course))

    def live(self, until: datetime, at_midnight: Callable[[date], None]) -> None:
        """Live through the days up to `until`; what lies beyond is left as it stands then."""
        while self._next and self._next[0][0] < until:
            day = day_of(self._next[0][0])
            end = min(moment_of(day + timedelta(days=1)), until)
            with pretending(moment_of(day)), writing(SYSTEM) as session:
                kept: list[object] = []  # sessions forget what nobody holds, and the same units are asked for again
                event.listen(session, "loaded_as_persistent", lambda _session, found, kept=kept: kept.append(found))
                self._live_a_day(session, end)
            at_midnight(day)
        for _moment, _n, course in self._next:
            course.close()

    def _live_a_day(self, session: Session, end: datetime) -> None:
        while self._next and self._next[0][0] < end:
            moment, _n, course = heappop(self._next)
            with pretending(moment):
                try:
                    following = course.send(session)
                except StopIteration:
                    continue
            self._later(max(following, moment + timedelta(seconds=20)), course)


@contextmanager
def acting(session: Session, actor: Actor) -> Iterator[Session]:
    """Let `actor` take a step in the day's session, which belongs to nobody in particular."""
    former, session.info["actor"] = session.info["actor"], actor
    try:
        yield session
    finally:
        session.info["actor"] = former


# ── how long things take ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Pace:
    """How long something takes before office hours have their say: hours of the middle one, and of the slow few."""

    median: float
    spread: float
    """Of the logarithm."""
    slow: float = 0.0
    """Share of those that wait for somebody else."""
    slow_median: float = 60.0


def hours(random: Random, pace: Pace) -> timedelta:
    """Draw how long something takes."""
    if random.random() < pace.slow:
        return timedelta(hours=pace.slow_median * exp(0.5 * min(random.gauss(0, 1), 2)))
    return timedelta(hours=pace.median * exp(pace.spread * min(random.gauss(0, 1), 2.6)))


def minutes(random: Random, least: float, most: float) -> timedelta:
    """Draw a time between two numbers of minutes."""
    return timedelta(minutes=random.uniform(least, most))


def at_the_desk(random: Random, moment: datetime, opens: time = OPENS, closes: time = CLOSES) -> datetime:
    """Move a moment into the hours when somebody sits there: what falls into the night waits for the morning."""
    wall = local(moment)
    if opens <= wall.time() <= closes:
        return moment
    day = wall.date() + timedelta(days=wall.time() > closes)
    return moment_of(day, opens) + minutes(random, 0, 50)


def in_the_day(random: Random, moment: datetime) -> datetime:
    """Move a moment into the hours when stewards and technicians go about (8:30 to 20:00)."""
    return at_the_desk(random, moment, time(8, 30), time(20, 0))
