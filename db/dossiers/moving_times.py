"""When somebody may move 搬迁时间: outside office hours in a park (HB:331), outside quiet hours at home.

One move a building at a time, both ways: moves in and moves out share the lift. `reserve` keeps a time for a matter,
`release` gives it back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base
from db.cases import Case
from db.clock import day_of, local, moment_of, now
from db.deadlines import CLOSES, OPENS, is_working_day
from db.refused import Refused
from db.registry import Building, Estate, EstateKind, Unit
from db.settings import Setting, value_of
from db.words import Words, _

BY_KIND, OFFICE, QUIET, ANY = "kind", "office", "quiet", "any"
RULE = Setting(
    "moving.rule",
    _("搬迁：什么时间不能搬"),
    BY_KIND,
    _("手册 331 行：园区迁入只能在非办公时间；住宅避开休息时间"),
    choices={
        BY_KIND: _("园区避开办公时间，住宅避开休息时间"),
        OFFICE: _("避开办公时间"),
        QUIET: _("避开休息时间"),
        ANY: _("不限"),
    },
)
NOON_FROM = Setting("moving.noon_from", _("搬迁：午休从几点"), 12, most=24)
NOON_TO = Setting("moving.noon_to", _("搬迁：午休到几点"), 14, _("与开始相同表示没有午休"), most=24)
NIGHT_FROM = Setting("moving.night_from", _("搬迁：夜间休息从几点"), 21, most=24)
NIGHT_TO = Setting("moving.night_to", _("搬迁：夜间休息到次日几点"), 8, most=24)
MOST_HOURS = Setting("moving.most_hours", _("搬迁：一次最长几小时"), 24, least=1, most=72)

_USUAL_RULE = {EstateKind.PARK: OFFICE, EstateKind.HOMES: QUIET}
USUAL_LENGTH = timedelta(hours=2)
SENSIBLE_FROM, SENSIBLE_TO = 8, 22
"""Hours between which a free time is proposed; who wishes to move at night may still ask for it."""
LOOKS_AHEAD = timedelta(days=60)
PROPOSED = 3

Window = tuple[datetime, datetime]


class MovingTime(Base):
    """A time kept for one move."""

    __tablename__ = "moving_times"
    __table_args__ = (Index("ix_moving_times_building_id_starts_at", "building_id", "starts_at"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    building_id: Mapped[int] = mapped_column(ForeignKey("buildings.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]


@dataclass(frozen=True)
class _Rule:
    """When an estate allows no moves."""

    sentence: Words
    windows: Callable[[date], list[Window]]
    """What is forbidden of a day."""

    def forbids(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Say whether any part of a time is forbidden."""
        return any(
            starts_at < last and first < ends_at
            for day in _days(day_of(starts_at), day_of(ends_at))
            for first, last in self.windows(day)
        )


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)


def _hours(day: date, first: int, last: int) -> list[Window]:
    begin = moment_of(day, time.min)
    return [(begin + timedelta(hours=first), begin + timedelta(hours=last))] if first < last else []


def _rule(session: Session, estate_id: int) -> _Rule:
    """Read what an estate has decided."""
    chosen = value_of(session, RULE, estate_id)
    if chosen == BY_KIND:
        chosen = _USUAL_RULE[session.get_one(Estate, estate_id).kind]
    return _RULES[chosen](session, estate_id)


def _office_rule(session: Session, estate_id: int) -> _Rule:
    opens, closes = (value_of(session, each, estate_id) for each in (OPENS, CLOSES))
    return _Rule(
        _("办公时间（工作日 {opens}–{closes}）内不能搬迁。", opens=_said(opens), closes=_said(closes)),
        lambda day: _hours(day, opens, closes) if is_working_day(day) else [],
    )


def _quiet_rule(session: Session, estate_id: int) -> _Rule:
    noon, afternoon, night, morning = (
        value_of(session, each, estate_id) for each in (NOON_FROM, NOON_TO, NIGHT_FROM, NIGHT_TO)
    )
    said = [f"{_said(first)}–{_said(last)}" for first, last in ((noon, afternoon), (night, morning)) if first != last]
    return _Rule(
        _("休息时间（{hours}）内不能搬迁。", hours=str(_("、")).join(said)),
        lambda day: _hours(day, noon, afternoon) + _hours(day, 0, morning) + _hours(day, night, 24),
    )


def _no_rule(_session: Session, _estate_id: int) -> _Rule:
    return _Rule(_("搬迁时间不限。"), lambda _day: [])


_RULES: dict[str, Callable[[Session, int], _Rule]] = {OFFICE: _office_rule, QUIET: _quiet_rule, ANY: _no_rule}


def _said(hour: int) -> str:
    return f"{hour:02}:00"


def rule_said(session: Session, estate_id: int) -> str:
    """Say when an estate allows no moves, in a sentence."""
    return str(_rule(session, estate_id).sentence)


# ── may it be then? ──────────────────────────────────────────────────────────────────────────────────────────────────


def check(
    session: Session,
    building_id: int,
    starts_at: datetime,
    ends_at: datetime,
    case_id: int | None,
    *,
    since: datetime | None = None,
) -> None:
    """Refuse a time at which nobody may move in or out of a building, with the reason and the next free times.

    `case_id` is the matter that asks: what is kept for itself is not in its way. `since` is when it was agreed, if
    not now. Problems are named `move_from` and `move_to`.
    """
    estate_id = session.get_one(Building, building_id).estate_id
    length = ends_at - starts_at
    if length <= timedelta():
        raise Refused(_("搬迁的结束时间要晚于开始时间。"), {"move_to": _("要晚于开始时间。")})
    if starts_at < (since or now()):
        raise Refused(_("搬迁时间已经过去，请约以后的时间。"), {"move_from": _("已经过去。")})
    most = value_of(session, MOST_HOURS, estate_id)
    if length > timedelta(hours=most):
        wrong = _("一次搬迁最长 {most} 小时，请分次预约或改短。", most=most)
        raise Refused(wrong, {"move_to": wrong})
    rule = _rule(session, estate_id)
    if rule.forbids(starts_at, ends_at):
        _refuse(session, building_id, rule.sentence, (starts_at, ends_at), case_id)
    if (other := _taken_by(session, building_id, starts_at, ends_at, case_id)) is not None:
        number, unit = other
        sentence = _("这段时间本楼已约了 {unit} 搬迁（{number}）。", unit=unit, number=number)
        _refuse(session, building_id, sentence, (starts_at, ends_at), case_id)


def _refuse(session: Session, building_id: int, why: Words, wished: Window, case_id: int | None) -> None:
    """Refuse a time, with the next free ones of its length."""
    day, length = day_of(wished[0]), wished[1] - wished[0]
    free = free_times(session, building_id, day, PROPOSED, length=length, case_id=case_id)
    free = free or free_times(session, building_id, day, PROPOSED, case_id=case_id)
    said = str(_("、")).join(said_window(each) for each in free)
    sentence = _("{why}最近可约：{times}。", why=why, times=said) if free else why
    raise Refused(sentence, {"move_from": sentence})


def said_window(window: Window) -> str:
    """Write a time as `11-24 18:00–20:00`."""
    first, last = map(local, window)
    if last.date() != first.date():
        return f"{first:%m-%d %H:%M} – {last:%m-%d %H:%M}"
    return f"{first:%m-%d %H:%M}–{last:%H:%M}"


def _taken_by(
    session: Session, building_id: int, starts_at: datetime, ends_at: datetime, case_id: int | None
) -> tuple[str, str] | None:
    """Name the matter (number, unit) for which a part of a time is kept."""
    row = session.execute(
        select(Case.number, Unit.short)
        .select_from(MovingTime)
        .join(Case, Case.id == MovingTime.case_id)
        .join(Unit, Unit.id == Case.unit_id)
        .where(*_overlapping(building_id, starts_at, ends_at, case_id))
        .order_by(MovingTime.starts_at)
        .limit(1)
    ).first()
    return None if row is None else (row.number, row.short)


def _overlapping(
    building_id: int, starts_at: datetime, ends_at: datetime, case_id: int | None
) -> tuple[ColumnElement[bool], ...]:
    return (
        MovingTime.building_id == building_id, MovingTime.starts_at < ends_at, MovingTime.ends_at > starts_at,
        MovingTime.case_id != (case_id or 0),
    )  # fmt: skip


def free_times(
    session: Session,
    building_id: int,
    day: date,
    count: int = PROPOSED,
    *,
    length: timedelta = USUAL_LENGTH,
    case_id: int | None = None,
) -> list[Window]:
    """List the next free times of a length from a day on (never before now), on whole hours, in the daytime."""
    estate_id = session.get_one(Building, building_id).estate_id
    rule = _rule(session, estate_id)
    begin = max(moment_of(day), now())
    end = begin + LOOKS_AHEAD
    taken = session.execute(
        select(MovingTime.starts_at, MovingTime.ends_at).where(*_overlapping(building_id, begin, end, case_id))
    ).all()
    found: list[Window] = []
    for each in _days(day_of(begin), day_of(end)):
        start, closing = (moment_of(each) + timedelta(hours=hour) for hour in (SENSIBLE_FROM, SENSIBLE_TO))
        while start + length <= closing and len(found) < count:
            until = start + length
            if start >= begin and not rule.forbids(start, until) and not _is_taken(taken, start, until):
                found.append((start, until))
                start = until
            else:
                start += timedelta(hours=1)
    return found


def _is_taken(taken: Sequence[Any], starts_at: datetime, ends_at: datetime) -> bool:
    return any(first < ends_at and starts_at < last for first, last in taken)


# ── kept for a matter ────────────────────────────────────────────────────────────────────────────────────────────────


def reserve(
    session: Session, case: Case, starts_at: datetime, ends_at: datetime, since: datetime | None = None
) -> None:
    """Keep a time for a matter's move, in the place of what it had; raises `Refused` as `check` does.

    Called from the step of the matter that books it. Two who ask at once for one building wait for each other.
    """
    if case.building_id is None:
        raise Refused(_("这张单没有登记房屋，不能约搬迁时间。"), {"move_from": _("没有登记房屋。")})
    session.execute(select(Building.id).where(Building.id == case.building_id).with_for_update())
    check(session, case.building_id, starts_at, ends_at, case.id, since=since)
    release(session, case.id)
    session.add(MovingTime(case_id=case.id, building_id=case.building_id, starts_at=starts_at, ends_at=ends_at))
    session.flush()


def release(session: Session, case_id: int) -> None:
    """Give back the time kept for a matter, if there is any."""
    row = session.get(MovingTime, case_id)
    if row is not None:
        session.delete(row)
        session.flush()


__all__ = [
    "MovingTime", "check", "free_times", "release", "reserve", "rule_said", "said_window",
]  # fmt: skip
