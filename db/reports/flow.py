"""How work flows: what came and went, what is open and how old, what was done in time, what complaints are about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, Date, Integer, bindparam, case, func, select
from sqlalchemy.orm import Session

from db.base import UtcDateTime
from db.cases import Case, is_open
from db.clock import moment_of, now, today
from db.counters import WHOLE_BY_DAY, WHOLE_BY_MONTH, Counted
from db.ledger.tables import FeeKind
from db.people import in_scope
from db.process import process_of
from db.processes import PROCESSES, repairs, return_visits
from db.registry import Building
from db.reports import fees
from db.reports.objectives import DEFINITIONS, buildings
from db.reports.periods import Period, month_of, months_up_to
from db.reports.shares import Share, estates_shown
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


# Home asks all this every half minute of everybody who looks on. Composing a statement takes longer than the database
# needs to answer it, so each is composed once and asked with values.
_ESTATES: BindParameter[Any] = bindparam("estates", expanding=True)
_HERE = Case.estate_id.in_(_ESTATES)


def _at(name: str) -> BindParameter[datetime]:
    return bindparam(name, type_=UtcDateTime())


_PRESSING = select(
    func.coalesce(func.sum(case((Case.due_at < _at("now"), 1), else_=0)), 0),
    func.coalesce(func.sum(case((Case.due_at.between(_at("now"), _at("soon")), 1), else_=0)), 0),
    func.coalesce(func.sum(case((Case.process == return_visits.PROCESS.key, 1), else_=0)), 0),
).where(is_open(), Case.handled_at.is_(None), Case.paused_at.is_(None), _HERE, Case.due_at < _at("until"))
_of_repair = repairs.Repair.__table__.c
_PROMISED = (
    select(func.count())
    .select_from(Case)
    .join(repairs.Repair.__table__, _of_repair.id == Case.id)
    .where(
        is_open(), Case.handled_at.is_(None), _HERE,
        _of_repair.appointed_from >= _at("today"), _of_repair.appointed_from < _at("tomorrow"),
    )
)  # fmt: skip


def standing(session: Session, estate_ids: Collection[int] = ()) -> Standing:
    """Count what presses, from the index of open matters; two queries."""
    estates, actor, moment = estates_shown(session, estate_ids), actor_of(session), now()
    tomorrow, soon = moment_of(today() + timedelta(days=1)), moment + SOON
    asked = {"estates": estates, "now": moment, "soon": soon, "until": max(tomorrow, soon)}
    late, nearly, visits = session.execute(in_scope(_PRESSING, actor, Case), asked).one()
    promised = {"estates": estates, "today": moment_of(today()), "tomorrow": tomorrow}
    appointments = session.scalar(in_scope(_PROMISED, actor, Case), promised) or 0
    return Standing(int(late), int(nearly), int(visits), appointments)


@dataclass(frozen=True)
class LateOne:
    """One matter past its time, as home lists it."""

    number: str
    title: Words
    where: str
    words: str
    due_at: datetime | None
    process: str


_LATEST = (
    select(Case.number, Case.process, Case.place, Case.words, Case.due_at, Building.name)
    .outerjoin(Building, Building.id == Case.building_id)
    .where(is_open(), Case.handled_at.is_(None), Case.paused_at.is_(None), Case.due_at < _at("now"), _HERE)
    .order_by(Case.due_at, Case.id)
    .limit(bindparam("most", type_=Integer()))
)


def latest(session: Session, estate_ids: Collection[int] = (), limit: int = 6) -> list[LateOne]:
    """List the matters that are late longest; one query."""
    estates = estates_shown(session, estate_ids)
    asked = {"estates": estates, "now": now(), "most": limit}
    rows = session.execute(in_scope(_LATEST, actor_of(session), Case), asked)
    return [
        LateOne(number, process_of(process).title, building or place, words, due_at, process)
        for number, process, place, words, due_at, building in rows
    ]


_AGE = case(
    *((Case.opened_on <= bindparam(f"from_{place}", type_=Date()), place) for place in reversed(range(1, len(AGES)))),
    else_=0,
)
_BY_AGE = select(Case.process, _AGE.label("age"), func.count()).where(is_open(), _HERE).group_by(Case.process, "age")


def open_by_age(session: Session, estate_ids: Collection[int] = ()) -> dict[str, list[int]]:
    """Count open matters by process and age, one number for each of `AGES`; one query."""
    estates, day = estates_shown(session, estate_ids), today()
    asked = {f"from_{place}": day - timedelta(days=days) for place, (days, _label) in enumerate(AGES)}
    rows = session.execute(in_scope(_BY_AGE, actor_of(session), Case), {"estates": estates} | asked)
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


_counted = Counted.__table__.c
_DAILY = (
    select(_counted.day, _counted.process, _counted.measure, func.sum(_counted.n))
    .where(
        _counted.estate_id.in_(_ESTATES),
        _counted.building_id == WHOLE_BY_DAY,
        _counted.measure.in_(("opened", "closed")),
        _counted.process.in_(bindparam("processes", expanding=True)),
        _counted.day.between(bindparam("first"), bindparam("last")),
    )
    .group_by(_counted.day, _counted.process, _counted.measure)
)


def daily(session: Session, estate_ids: Collection[int] = (), days: int = DAYS_SHOWN) -> Days:
    """Count what came and what was closed on each of the last days; one query."""
    estates, last = estates_shown(session, estate_ids), today()
    first = last - timedelta(days=days - 1)
    rows = session.execute(_DAILY, {"estates": estates, "processes": list(PROCESSES), "first": first, "last": last})
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


_MONTHLY = (
    select(_counted.process, _counted.measure, _counted.day, func.sum(_counted.n))
    .where(
        _counted.estate_id.in_(_ESTATES),
        _counted.building_id == WHOLE_BY_MONTH,
        _counted.measure.in_(bindparam("measures", expanding=True)),
        _counted.process.in_(bindparam("processes", expanding=True)),
        _counted.day.in_(bindparam("months", expanding=True)),
    )
    .group_by(_counted.process, _counted.measure, _counted.day)
)


def by_month(
    session: Session, months: list[date], measures: Collection[str], estates: Collection[int]
) -> Counter[tuple[str, str, date]]:
    """Sum measures by (process, measure, first day of month); one query."""
    asked = {"estates": estates, "measures": sorted(measures), "processes": list(PROCESSES), "months": months}
    rows = session.execute(_MONTHLY, asked)
    return Counter({(process, measure, month): int(n) for process, measure, month, n in rows})


@dataclass(frozen=True)
class Months:
    """Shares month by month, oldest first, the running one last."""

    months: list[date]
    objectives: dict[str, list[Share]]
    """Objective → share of each month."""
    on_time: dict[str, list[Share]]
    """Process → handled in time of all handled."""


def _by_month_of_money(
    session: Session, fee: FeeKind, span: list[date], estate_ids: Collection[int]
) -> list[Share]:
    lines = fees.billed(session, fees.Wish(Period(span[0], month_of(span[-1]).last), estate_ids, (fee,)), "month")
    shares = {each.key: each.share for each in lines}
    return [shares.get(at, Share(0, 0)) for at in span]


def months(session: Session, estate_ids: Collection[int] = (), count: int = MONTHS_SHOWN) -> Months:
    """Return the objectives' shares and the share handled in time for the last `count` months; two queries."""
    span = months_up_to(today(), count)
    countable = [each for each in DEFINITIONS if each.process]
    measures = {name for each in countable for name in (each.numerator, each.denominator)}
    counted = by_month(session, span, measures | {"handled", "on_time"}, estates_shown(session, estate_ids))
    processes = sorted({process for process, measure, _month in counted if measure == "handled"})
    money = {
        each.key: _by_month_of_money(session, each.fee, span, estate_ids)
        for each in DEFINITIONS
        if each.fee is not None
    }
    return Months(
        span,
        money | {
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


_TOPICS = (
    select(_counted.estate_id, _counted.building_id, _counted.detail, func.sum(_counted.n))
    .where(
        _counted.estate_id.in_(_ESTATES),
        _counted.building_id.in_(bindparam("places", expanding=True)),
        _counted.measure == "topic",
        _counted.process == bindparam("process"),
        _counted.day.between(bindparam("first"), bindparam("last")),
        _counted.n != 0,
    )
    .group_by(_counted.estate_id, _counted.building_id, _counted.detail)
)


def topics_by_building(
    session: Session, process: str, period: Period, estate_ids: Collection[int] = ()
) -> list[tuple[str, str, int]]:
    """Count what a process's matters are about: (topic, building's name, how many) for whole months; two queries.

    Only pairs that occur; topics as stored, buildings in the order of lists.
    """
    estates = estates_shown(session, estate_ids)
    places = buildings(session, estates)
    where = sorted({building for _estate, building in places})
    asked = {"estates": estates, "places": where, "process": process, "first": period.first, "last": period.last}
    rows = session.execute(_TOPICS, asked)
    order = {place: at for at, place in enumerate(places)}
    found = [((estate, building), topic, int(n)) for estate, building, topic, n in rows if (estate, building) in order]
    return [(topic, places[place], n) for place, topic, n in sorted(found, key=lambda each: (order[each[0]], each[1]))]
