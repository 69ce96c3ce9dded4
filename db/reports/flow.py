"""How work flows: what came and went, what is open and how old, what was done in time, what complaints are about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from db.cases import Case, is_open, is_overdue
from db.clock import moment_of, now, today
from db.counters import WHOLE_BY_DAY, WHOLE_BY_MONTH, Counted
from db.people import in_scope
from db.process import process_of
from db.processes import PROCESSES, repairs, return_visits
from db.registry import Building
from db.reports.objectives import DEFINITIONS, Share, buildings, estates_shown
from db.reports.periods import Period, months_up_to
from db.session import actor_of
from db.words import Words, _

AGES: tuple[tuple[int, Words], ...] = ((0, _("当天")), (1, _("1–2天")), (3, _("3–6天")), (7, _("7天以上")))
"""Ages of open matters: from how many calendar days on, and how it is called."""
DAYS_SHOWN = 30
MONTHS_SHOWN = 13
"""A year, and the same month of the year before."""
NOT_BROUGHT = ("return_visits",)
"""Made by the house itself after another matter: not counted among what customers bring."""


@dataclass(frozen=True)
class Standing:
    """What is pressing right now."""

    late: int
    """Past their time."""
    soon: int
    """Will be within two hours."""
    visits_due: int
    """Return visits whose day is today or past."""
    appointments: int
    """Repairs promised for today and not yet done."""


SOON = timedelta(hours=2)


def standing(session: Session, estate_ids: Collection[int] = ()) -> Standing:
    """Count what presses, from the index of open matters; two queries."""
    estates, actor, moment = estates_shown(session, estate_ids), actor_of(session), now()
    tomorrow = moment_of(today() + timedelta(days=1))
    running = and_(is_open(), Case.handled_at.is_(None), Case.paused_at.is_(None), Case.estate_id.in_(estates))
    counts = in_scope(
        select(
            func.coalesce(func.sum(case((Case.due_at < moment, 1), else_=0)), 0),
            func.coalesce(func.sum(case((Case.due_at.between(moment, moment + SOON), 1), else_=0)), 0),
            func.coalesce(func.sum(case((Case.process == return_visits.PROCESS.key, 1), else_=0)), 0),
        ).where(running, Case.due_at < max(tomorrow, moment + SOON)),
        actor,
        Case,
    )
    late, soon, visits = session.execute(counts).one()
    promised = (
        select(func.count())
        .select_from(repairs.Repair)
        .where(
            repairs.Repair.closed_at.is_(None),
            repairs.Repair.estate_id.in_(estates),
            repairs.Repair.handled_at.is_(None),
            repairs.Repair.appointed_from >= moment_of(today()),
            repairs.Repair.appointed_from < tomorrow,
        )
    )
    appointments = session.scalar(in_scope(promised, actor, repairs.Repair)) or 0
    return Standing(int(late), int(soon), int(visits), appointments)


@dataclass(frozen=True)
class LateOne:
    """One matter past its time, as home lists it."""

    number: str
    title: Words
    where: str
    words: str
    due_at: datetime | None
    process: str


def latest(session: Session, estate_ids: Collection[int] = (), limit: int = 6) -> list[LateOne]:
    """List the matters that are late longest; one query."""
    estates = estates_shown(session, estate_ids)
    rows = session.execute(
        in_scope(
            select(Case.number, Case.process, Case.place, Case.words, Case.due_at, Building.name)
            .outerjoin(Building, Building.id == Case.building_id)
            .where(is_overdue(now()), Case.estate_id.in_(estates))
            .order_by(Case.due_at, Case.id)
            .limit(limit),
            actor_of(session),
            Case,
        )
    )
    return [
        LateOne(number, process_of(process).title, building or place, words, due_at, process)
        for number, process, place, words, due_at, building in rows
    ]


def open_by_age(session: Session, estate_ids: Collection[int] = ()) -> dict[str, list[int]]:
    """Count open matters by process and age, one number for each of `AGES`; one query."""
    estates, day = estates_shown(session, estate_ids), today()
    from_oldest = list(enumerate(AGES))[:0:-1]
    age = case(
        *((Case.opened_on <= day - timedelta(days=days), place) for place, (days, _label) in from_oldest), else_=0
    )
    rows = session.execute(
        in_scope(
            select(Case.process, age.label("age"), func.count())
            .where(is_open(), Case.estate_id.in_(estates))
            .group_by(Case.process, "age"),
            actor_of(session),
            Case,
        )
    )
    found: dict[str, list[int]] = {}
    for process, place, n in rows:
        found.setdefault(process, [0] * len(AGES))[place] += int(n)
    return found


@dataclass(frozen=True)
class Days:
    """What came and what was closed, day by day."""

    days: list[tuple[date, int, int]]
    """(day, opened, closed), oldest first, today last; what customers bring, all processes together."""
    today: dict[str, tuple[int, int]]
    """Process → opened and closed today."""


def daily(session: Session, estate_ids: Collection[int] = (), days: int = DAYS_SHOWN) -> Days:
    """Count what came and what was closed on each of the last days; one query."""
    estates, last = estates_shown(session, estate_ids), today()
    first = last - timedelta(days=days - 1)
    rows = session.execute(
        select(Counted.day, Counted.process, Counted.measure, func.sum(Counted.n))
        .where(
            Counted.estate_id.in_(estates),
            Counted.building_id == WHOLE_BY_DAY,
            Counted.measure.in_(("opened", "closed")),
            Counted.process.in_(PROCESSES),
            Counted.day.between(first, last),
        )
        .group_by(Counted.day, Counted.process, Counted.measure)
    )
    total: Counter[tuple[date, str]] = Counter()
    present: Counter[tuple[str, str]] = Counter()
    for day, process, measure, n in rows:
        total[day, measure] += int(n) if process not in NOT_BROUGHT else 0
        present[process, measure] += int(n) if day == last else 0
    span = [first + timedelta(days=n) for n in range(days)]
    return Days(
        [(day, total[day, "opened"], total[day, "closed"]) for day in span],
        {process: (present[process, "opened"], present[process, "closed"]) for process in {key for key, _m in present}},
    )


def by_month(
    session: Session, months: list[date], measures: Collection[str], estates: Collection[int]
) -> Counter[tuple[str, str, date]]:
    """Sum measures by (process, measure, first day of month); one query."""
    rows = session.execute(
        select(Counted.process, Counted.measure, Counted.day, func.sum(Counted.n))
        .where(
            Counted.estate_id.in_(estates),
            Counted.building_id == WHOLE_BY_MONTH,
            Counted.measure.in_(measures),
            Counted.process.in_(PROCESSES),
            Counted.day.in_(months),
        )
        .group_by(Counted.process, Counted.measure, Counted.day)
    )
    return Counter({(process, measure, month): int(n) for process, measure, month, n in rows})


@dataclass(frozen=True)
class Months:
    """Shares month by month, oldest first, the running one last."""

    months: list[date]
    objectives: dict[str, list[Share]]
    """Objective → share of each month."""
    on_time: dict[str, list[Share]]
    """Process → handled in time of all handled."""


def months(session: Session, estate_ids: Collection[int] = (), count: int = MONTHS_SHOWN) -> Months:
    """Return the objectives' shares and the share handled in time for the last `count` months; one query."""
    span = months_up_to(today(), count)
    countable = [each for each in DEFINITIONS if each.process]
    measures = {name for each in countable for name in (each.numerator, each.denominator)}
    counted = by_month(session, span, measures | {"handled", "on_time"}, estates_shown(session, estate_ids))
    processes = sorted({process for process, measure, _month in counted if measure == "handled"})
    return Months(
        span,
        {
            each.key: [
                Share(counted[each.process, each.numerator, at], counted[each.process, each.denominator, at])
                for at in span
            ]
            for each in countable
        },
        {
            key: [Share(counted[key, "on_time", at], counted[key, "handled", at]) for at in span]
            for key in processes
            if key not in NOT_BROUGHT
        },
    )


def topics_by_building(
    session: Session, process: str, period: Period, estate_ids: Collection[int] = ()
) -> list[tuple[str, str, int]]:
    """Count what a process's matters are about: (topic, building's name, how many) for whole months; two queries.

    Only pairs that occur; topics as stored, buildings in the order of lists.
    """
    estates = estates_shown(session, estate_ids)
    places = buildings(session, estates)
    rows = session.execute(
        select(Counted.estate_id, Counted.building_id, Counted.detail, func.sum(Counted.n))
        .where(
            Counted.estate_id.in_(estates),
            Counted.building_id.in_({building for _estate, building in places}),
            Counted.measure == "topic",
            Counted.process == process,
            Counted.day.between(period.first, period.last),
            Counted.n != 0,
        )
        .group_by(Counted.estate_id, Counted.building_id, Counted.detail)
    )
    counted = {(estate, building, topic): int(n) for estate, building, topic, n in rows}
    topics = sorted({topic for _estate, _building, topic in counted})
    return [
        (topic, name, counted[estate, building, topic])
        for (estate, building), name in places.items()
        for topic in topics
        if (estate, building, topic) in counted
    ]
