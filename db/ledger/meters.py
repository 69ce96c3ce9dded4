"""How meters stand when a month is read: last readings, usual use, what is missing, what is out of line (F2)."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from itertools import takewhile
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from db.clock import today
from db.ledger.pricing import next_month
from db.ledger.tables import Bill, FeeItem, Meter, Reading, ReadingKind
from db.people import User, in_scope
from db.registry import Unit
from db.session import actor_of
from db.words import Words, _

LOOKED_BACK = 6
"""Months that a reading is compared with."""
FEWEST = 3
"""Months that must have been read before anything is called out of line or estimated."""
_HUNDREDTH = Decimal("0.01")
_BEYOND = Decimal(10) ** 12
_POINTS = str.maketrans("*#\u3002", "...")


def figure(value: Decimal) -> str:
    """Write what a meter shows, or what was used, as it stands on the bill: with two decimals."""
    return f"{value:.2f}"


def value_typed(typed: object) -> Decimal | None:
    """Read a value as people type it, on a telephone's keys with `*` or `#` for the point; None for what is none.

    What a spreadsheet's arithmetic adds after six places is no digit of a meter.
    """
    text = f"{round(typed, 6):f}" if isinstance(typed, float) else unicodedata.normalize("NFKC", str(typed))
    plain = text.translate(_POINTS).replace(",", "").strip()
    try:
        value = Decimal(plain)
    except InvalidOperation:
        return None
    if not value.is_finite() or abs(value) >= _BEYOND:
        return None
    return value.quantize(_HUNDREDTH) if value == value.quantize(_HUNDREDTH) else value


@dataclass(frozen=True)
class Current:
    """The reading that counts for the month looked at."""

    id: int
    value: Decimal
    previous: Decimal
    quantity: Decimal
    kind: ReadingKind
    rolled_over: bool
    read_on: date
    note: str
    by: str


@dataclass(frozen=True)
class Standing:
    """A meter as its reader finds it before a month is read; quantities are consumption × multiplier."""

    meter_id: int
    estate_id: int
    unit_id: int
    unit: str
    building_id: int
    fee_item_id: int
    item: str
    number: str
    digits: int
    multiplier: int
    previous: Decimal
    """What it is charged up to: the last value, or more after an estimate that was too high."""
    seen: Decimal
    """The last value that somebody really read; below it no value can be true unless the meter rolled over."""
    part: Decimal
    """Already counted in this month on the meter that this one replaced."""
    used: tuple[Decimal, ...]
    """What was used in the last months that were read, the last first, at most six."""
    current: Current | None
    later: date | None
    """A later month of this meter that is already read."""
    billed: bool
    """Whether the bill that this month's reading goes into stands."""

    @property
    def last(self) -> Decimal | None:
        """What was used in the last month read."""
        return self.used[0] if self.used else None

    @property
    def mean(self) -> Decimal | None:
        """The mean of the last six months read; none without any."""
        if not self.used:
            return None
        return (sum(self.used, Decimal(0)) / len(self.used)).quantize(_HUNDREDTH, ROUND_HALF_UP)

    @property
    def warning(self) -> Words | None:
        """What is unusual about what was read, if it was."""
        return None if self.current is None else odd(self, self.part + self.current.quantity)

    @property
    def shown(self) -> str:
        """How the meter is called in a sentence: its unit, and its number where it has one."""
        return f"{self.unit} {self.number}".strip()


@dataclass(frozen=True)
class Judged:
    """What a typed value means."""

    quantity: Decimal
    problem: Words | None = None
    """Why it cannot be right, and what to do; then nothing is stored."""
    warning: Words | None = None
    """Why it may be wrong: the clerk looks again and confirms."""


def judged(found: Standing, value: Decimal, *, rolled_over: bool = False) -> Judged:
    """Say what a value of a meter means: what was used, what is impossible, what is out of line."""
    end = Decimal(10) ** found.digits
    nothing = Decimal(0)
    if not nothing <= value < end:
        return Judged(
            nothing, _("示数应在 0 到 {most} 之间（表盘整数 {digits} 位）。", most=end - 1, digits=found.digits)
        )
    if value != value.quantize(_HUNDREDTH):
        return Judged(nothing, _("示数最多两位小数。"))
    if rolled_over:
        if value >= found.previous:
            return Judged(
                nothing, _("本期示数不小于上期 {previous}，没有过零，请去掉“过零”。", previous=figure(found.previous))
            )
        used = end - found.previous + value
    elif value < found.seen:
        return Judged(nothing, _(
            "本期示数小于上期 {previous}。请核对表号和示数；表走满归零的请勾“过零”，换了表的请办“换表”。",
            previous=figure(found.seen),
        ))  # fmt: skip
    else:  # below an estimate that was too high nothing is charged: the rest is set off against the next months
        used = max(value - found.previous, nothing)
    quantity = used * found.multiplier
    return Judged(quantity, warning=odd(found, found.part + quantity))


def odd(found: Standing, used: Decimal) -> Words | None:
    """Say what is unusual about a month's use, against the mean of the last six."""
    mean = found.mean
    if mean is None or len(found.used) < FEWEST:
        return None
    told = {"used": figure(used), "n": len(found.used), "mean": figure(mean)}
    if mean == 0:
        return _("前几期都没有用量，本期 {used}。", used=figure(used)) if used else None
    if used == 0:
        return _("本期没有用量，前 {n} 期平均 {mean}。", n=len(found.used), mean=figure(mean))
    if used > 2 * mean:
        return _("本期 {used}，超过前 {n} 期平均 {mean} 的两倍。", **told)
    if 2 * used < mean:
        return _("本期 {used}，不到前 {n} 期平均 {mean} 的一半。", **told)
    return None


# ── reading the database ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Round:
    """Which meters are read in one go."""

    month: date
    """First day of the month billed."""
    estate_ids: Collection[int]
    fee_item_id: int | None = None
    building_id: int | None = None

    @property
    def claim(self) -> ColumnElement[bool]:
        """Claim: a meter is to be read in this round. Needs `Unit` joined for a building."""
        claims = [Meter.estate_id.in_(sorted(self.estate_ids)), Meter.removed_on.is_(None), self.installed]
        if self.fee_item_id is not None:
            claims.append(Meter.fee_item_id == self.fee_item_id)
        if self.building_id is not None:
            claims.append(Unit.building_id == self.building_id)
        return and_(*claims)

    @property
    def installed(self) -> ColumnElement[bool]:
        """Claim: the meter was there before the month ended."""
        return or_(Meter.installed_on.is_(None), Meter.installed_on < next_month(self.month))


def standings(session: Session, asked: Round | Collection[int], month: date | None = None) -> list[Standing]:
    """Say how meters stand before `month` is read: those of a round, or those named, of the actor's estates.

    In the order of the rooms. Four queries, however many meters.
    """
    if isinstance(asked, Round):
        claim, on = asked.claim, asked.month
    else:
        claim, on = Meter.id.in_(sorted(asked)), month or today()
    on = on.replace(day=1)
    statement = (
        select(Meter, Unit.short, Unit.building_id, FeeItem.name)
        .join(Unit, Unit.id == Meter.unit_id)
        .join(FeeItem, FeeItem.id == Meter.fee_item_id)
        .where(claim)
        .order_by(Unit.building_id, Unit.floor, Unit.id, Meter.fee_item_id, Meter.id)
    )
    rows = session.execute(in_scope(statement, actor_of(session), Meter)).all()
    ids = in_scope(select(Meter.id).join(Unit, Unit.id == Meter.unit_id).where(claim), actor_of(session), Meter)
    past, current = _readings(session, ids, on)
    later = _later(session, ids, on)
    billed = _billed(session, ids, on)
    return [
        _standing(
            row, past[row.Meter.id], current[row.Meter.id], later=later.get(row.Meter.id),
            billed=(row.Meter.unit_id, row.Meter.fee_item_id) in billed,
        )
        for row in rows
    ]  # fmt: skip


Past = dict[int, list[Any]]


def _readings(session: Session, ids: Select[int], on: date) -> tuple[Past, Past]:
    """Fetch the last readings before the month, and those of the month, by the meter that counts now.

    A meter that was replaced in the last months lends its readings to the one in its place.
    """
    place = func.row_number().over(partition_by=Reading.meter_id, order_by=Reading.month.desc())
    ranked = (
        select(
            Reading.id, Reading.meter_id, Meter.replaced_by, Reading.month, Reading.value, Reading.previous,
            Reading.quantity, Reading.kind, Reading.rolled_over, Reading.read_on, Reading.note,
            User.name.label("by"), place.label("place"),
        )
        .join(Meter, Meter.id == Reading.meter_id)
        .join(User, User.id == Reading.read_by)
        .where(~Reading.superseded, Reading.month <= on, or_(Meter.id.in_(ids), Meter.replaced_by.in_(ids)))
        .subquery()
    )  # fmt: skip
    past: Past = defaultdict(list)
    current: Past = defaultdict(list)
    for row in session.execute(
        select(ranked).where(ranked.c.place <= LOOKED_BACK + 1).order_by(ranked.c.month.desc(), ranked.c.id.desc())
    ):
        for owner in filter(None, (row.meter_id, row.replaced_by)):
            (current if row.month == on else past)[owner].append(row)
    return past, current


def _later(session: Session, ids: Select[int], on: date) -> dict[int, date]:
    statement = (
        select(Reading.meter_id, func.min(Reading.month))
        .where(~Reading.superseded, Reading.month > on, Reading.meter_id.in_(ids))
        .group_by(Reading.meter_id)
    )
    return {meter_id: month for meter_id, month in session.execute(statement)}  # noqa: C416 - rows are not pairs to mypy


def _billed(session: Session, ids: Select[int], on: date) -> set[tuple[int, int]]:
    """Name the units and items whose bill of the month stands."""
    same = and_(Meter.unit_id == Bill.unit_id, Meter.fee_item_id == Bill.fee_item_id)
    estates = sorted(actor_of(session).estates)
    statement = select(Bill.unit_id, Bill.fee_item_id).where(
        Bill.month == on, Bill.voided_at.is_(None), Bill.source == "",
        exists().where(same, Meter.id.in_(ids)),
    )  # fmt: skip
    if estates:
        statement = statement.where(Bill.estate_id.in_(estates))
    return {(unit_id, item_id) for unit_id, item_id in session.execute(statement)}


def _standing(row: Any, past: list[Any], current: list[Any], *, later: date | None, billed: bool) -> Standing:
    meter: Meter = row.Meter
    own = [each for each in past if each.meter_id == meter.id]
    guessed = list(takewhile(lambda each: each.kind is ReadingKind.ESTIMATED, own))
    really = own[len(guessed)].value if len(guessed) < len(own) else meter.base
    if any(each.rolled_over for each in guessed):
        really = Decimal(0)
    months: dict[date, Decimal] = defaultdict(Decimal)
    for each in past:
        months[each.month] += each.quantity
    now = next((each for each in current if each.meter_id == meter.id), None)
    return Standing(
        meter_id=meter.id, estate_id=meter.estate_id, unit_id=meter.unit_id, unit=row.short,
        building_id=row.building_id, fee_item_id=meter.fee_item_id, item=row.name, number=meter.number,
        digits=meter.digits, multiplier=meter.multiplier,
        previous=charged_up_to(own[0]) if own else meter.base, seen=really,
        part=sum((each.quantity for each in current if each.meter_id != meter.id), Decimal(0)),
        used=tuple(months[key] for key in sorted(months, reverse=True)[:LOOKED_BACK]),
        current=None if now is None else Current(
            now.id, now.value, now.previous, now.quantity, now.kind, now.rolled_over, now.read_on, now.note, now.by
        ),
        later=later, billed=billed,
    )  # fmt: skip


def charged_up_to(reading: Any) -> Decimal:
    """Say up to which value a meter is charged after a reading: after one below an estimate, still the estimate."""
    too_high = reading.value < reading.previous and not reading.rolled_over
    return reading.previous if too_high else reading.value  # type: ignore[no-any-return]
