"""Meters read when a unit changes hands 交接抄表: base readings on moving in, closing readings on moving out (I9, O2).

A meter is read once a month for billing. What is read on a day between two months must neither be charged twice nor
to the wrong one, nor get lost:

- Moving out, the closing value becomes the reading of the month that is still open (the day's, or the next one where
  that month is billed). The final bill charges it; what is used afterwards counts from it.
- Moving in, what was used before is not the new holder's. A meter never read begins at the base; one that moved on
  since its last reading begins anew from the base, and what it had moved is kept here as used before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Date, ForeignKey, Select, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.audit import record
from db.base import Base, Choice, Hundredths
from db.cases import Case, case_by_id
from db.clock import now, today
from db.ledger.calculations import in_chinese
from db.ledger.meter_register import change_meter
from db.ledger.meters import Standing, charged_up_to, figure, judged, standings, value_typed
from db.ledger.pricing import next_month
from db.ledger.readings import Row, record_readings
from db.ledger.tables import FeeItem, Meter, Reading
from db.people import Right, User, in_scope, require
from db.refused import Refused
from db.registering import note_change, saved_by
from db.session import actor_of
from db.words import Words, _

NOTHING = Decimal(0)


class Direction(Choice):
    """Which way the unit goes."""

    IN = "in", _("入住底数")
    OUT = "out", _("迁出止数")


class HandoverReading(Base):
    """What a meter showed when its unit changed hands."""

    __tablename__ = "handover_readings"
    __table_args__ = (UniqueConstraint("case_id", "meter_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    meter_id: Mapped[int] = mapped_column(ForeignKey("meters.id"), index=True)
    """The meter that counts from then on; another row of `meters` than before where it began anew."""
    direction: Mapped[Direction]
    read_on: Mapped[date] = mapped_column(Date)
    value: Mapped[Decimal] = mapped_column(Hundredths())
    previous: Mapped[Decimal] = mapped_column(Hundredths())
    """Up to where it had been charged."""
    quantity: Mapped[Decimal] = mapped_column(Hundredths(), default=NOTHING)
    """Used since then, times the multiplier: by who leaves; or before the one who comes, and not his to pay."""
    month: Mapped[date | None] = mapped_column(Date)
    """Moving out: the month whose bill it goes into."""
    read_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    recorded_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


@dataclass(frozen=True)
class Typed:
    """What was typed for a meter."""

    value: Decimal | str | None
    rolled_over: bool = False
    confirmed: bool = False
    """An unusual use was looked at again and is right."""


@dataclass(frozen=True)
class Line:
    """A meter of the unit as the person reading it sees it."""

    meter_id: int
    item: str
    number: str
    charged_up_to: Decimal
    taken: HandoverReading | None
    by: str = ""


# ── entering ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def take(
    session: Session,
    case_id: int,
    values: Mapping[int, Typed],
    direction: Direction,
    *,
    on: date | None = None,
    token: str | None = None,
) -> list[HandoverReading]:
    """Enter what the meters of a matter's unit show as it changes hands: meter id → value. All or none.

    Needs `READ_METERS`. Taken again, the value is corrected, as long as nothing was read or billed since. Raises
    `Refused` with problems by meter id (as text); an unusual use counts as one until it is confirmed.
    """
    require(actor_of(session), Right.READ_METERS)
    case = case_by_id(session, case_id)
    if token is not None and saved_by(session, token) is not None:
        return taken_in(session, case.id)
    day = on or today()
    _refuse(case, values, day)
    meters = _locked(session, case, values)
    good = _typed(values)
    with session.begin_nested():  # so that a refusal half way leaves nothing behind for whoever goes on
        rows = (_close if direction is Direction.OUT else _begin)(session, case, meters, good, day)
    said = {str(each.meter_id): figure(each.value) for each in rows}
    record(session, "handover_read", "handover_readings", rows[0].id, estate_id=case.estate_id, case_id=case.id,
           after={"direction": direction.value, "on": day, **said}, token=token)  # fmt: skip
    return rows


def _refuse(case: Case, values: Mapping[int, Typed], day: date) -> None:
    if case.closed_at is not None:
        raise Refused(_("{number} 已办结，不能再抄交接读数。", number=case.number))
    if not values:
        raise Refused(_("请填写表上的示数。"))
    if day > today():
        raise Refused(_("抄表日期不能晚于今天。"), {"on": _("抄表日期不能晚于今天。")})


def _locked(session: Session, case: Case, values: Collection[int]) -> dict[int, Meter]:
    found = session.scalars(
        select(Meter)
        .where(Meter.id.in_(sorted(values)), Meter.unit_id == case.unit_id, Meter.removed_on.is_(None))
        .order_by(Meter.id).with_for_update()
    ).all()  # fmt: skip
    if len(found) != len(values):
        raise Refused(_("有的表不在这套房屋，或已换表，请刷新后再填。"))
    return {each.id: each for each in found}


def _typed(values: Mapping[int, Typed]) -> dict[int, tuple[Decimal, Typed]]:
    """Read the values as people type them."""
    good: dict[int, tuple[Decimal, Typed]] = {}
    wrong: dict[str, object] = {}
    for key, typed in values.items():
        value = None if typed.value is None else value_typed(typed.value)
        if value is None:
            wrong[str(key)] = _("“{typed}”不是数字，请填例如 135.00。", typed=typed.value or "")
        else:
            good[key] = (value, typed)
    if wrong:
        raise Refused(_("有 {n} 行需要核对，都没有保存。", n=len(wrong)), wrong)
    return good


# ── moving out ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _close(
    session: Session, case: Case, meters: Mapping[int, Meter], good: Mapping[int, tuple[Decimal, Typed]], day: date
) -> list[HandoverReading]:
    """Enter closing values as readings of the months still open, and keep what each of them means here."""
    kept = {each.meter_id: each for each in taken_in(session, case.id)}
    before: dict[int, Standing] = {}
    by_month: dict[date, list[Row]] = {}
    for key, (value, typed) in sorted(good.items()):
        known = kept.get(key)
        month, before[key] = _open_month(session, meters[key], known.month if known and known.month else day)
        current = before[key].current
        row = Row(key, value, typed.rolled_over, confirmed=typed.confirmed, corrects=current.id if current else None,
                  read_on=day, note=in_chinese(_("{number} 迁出止数", number=case.number)))  # fmt: skip
        by_month.setdefault(month, []).append(row)
    rows = []
    for month, some in sorted(by_month.items()):
        record_readings(session, month, some)
        for row in some:
            here = kept.get(row.meter_id) or HandoverReading(case_id=case.id, meter_id=row.meter_id)
            here.previous, here.quantity = before[row.meter_id].previous, _used(session, row.meter_id, month)
            here.month = month
            rows.append(_keep(session, here, Direction.OUT, row.value, day))
    return rows


def _open_month(session: Session, meter: Meter, on: date) -> tuple[date, Standing]:
    """Find the month into which a closing value goes: that of the day, or the next one that is not billed."""
    month, last = on.replace(day=1), next_month(today())
    while month <= last:
        standing = standings(session, [meter.id], month)[0]
        if not standing.billed and (standing.current is not None or standing.later is None):
            return month, standing
        month = next_month(month)
    wrong = _("这块表到 {month} 都已出账，请先作废最近一期的账单，再抄止数。", month=f"{last:%Y-%m}")
    raise Refused(wrong, {str(meter.id): wrong})


def _used(session: Session, meter_id: int, month: date) -> Decimal:
    used = select(Reading.quantity).where(Reading.meter_id == meter_id, Reading.month == month, ~Reading.superseded)
    return session.scalars(used).one()


# ── moving in ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _begin(
    session: Session, case: Case, meters: Mapping[int, Meter], good: Mapping[int, tuple[Decimal, Typed]], day: date
) -> list[HandoverReading]:
    """Let each meter count for the new holder from its base on, and keep what was used before."""
    kept = {each.meter_id: each for each in taken_in(session, case.id)}
    rows, wrong = [], dict[str, object]()
    for key, (value, typed) in sorted(good.items()):
        here = kept.get(key) or HandoverReading(case_id=case.id, meter_id=key)
        try:
            _from_base(session, meters[key], here, (value, typed), day)
        except Refused as refused:
            wrong[str(key)] = next(iter(refused.problems.values()), refused.message)
            continue
        rows.append(_keep(session, here, Direction.IN, value, day))
    if wrong:
        raise Refused(_("有 {n} 行需要核对，都没有保存。", n=len(wrong)), wrong)
    return rows


def _from_base(
    session: Session, meter: Meter, here: HandoverReading, told: tuple[Decimal, Typed], day: date
) -> None:  # fmt: skip
    """Make a meter count from a base: a meter never read gets it, one that moved on begins anew from it."""
    value, typed = told
    latest = standings(session, [meter.id], next_month(today()))[0]
    charged = charged_up_to(latest.current) if latest.current is not None else latest.previous
    if not _is_read(session, meter.id):
        if here not in session:
            here.previous = meter.base
        here.quantity = max(value - here.previous, NOTHING) * meter.multiplier
        change_meter(session, meter.id, {"base": value})
        return
    means = judged(replace(latest, previous=charged, seen=max(charged, latest.seen)), value,
                   rolled_over=typed.rolled_over)  # fmt: skip
    if means.problem is not None:
        raise Refused(means.problem)
    here.previous, here.quantity = charged, means.quantity
    if means.quantity:
        here.meter_id = _anew(session, meter, value, day).id


def _is_read(session: Session, meter_id: int) -> bool:
    return session.scalar(select(Reading.id).where(Reading.meter_id == meter_id).limit(1)) is not None


def _anew(session: Session, old: Meter, base: Decimal, day: date) -> Meter:
    """Let the same meter begin again from a base, so that what it had moved before is on nobody's bill."""
    kept = {"number": old.number, "digits": old.digits, "multiplier": old.multiplier, "base": base}
    new = Meter(
        estate_id=old.estate_id, unit_id=old.unit_id, fee_item_id=old.fee_item_id, installed_on=day, **kept
    )  # fmt: skip
    session.add(new)
    session.flush()
    old.removed_on, old.replaced_by = day, new.id
    note_change(session, old, {"removed_on": None}, {"removed_on": day, "replaced_by": new.id}, act="ended")
    said = {**kept, "installed_on": day, "replaces": old.id}
    ground = in_chinese(_("入住换户，从底数重新计量"))
    record(session, "created", "meters", new.id, estate_id=new.estate_id, after=said, ground=ground)
    return new


def _keep(session: Session, here: HandoverReading, direction: Direction, value: Decimal, day: date) -> HandoverReading:
    here.direction, here.value, here.read_on = direction, value, day
    here.read_by, here.recorded_at = actor_of(session).user_id, now()
    if here not in session:
        session.add(here)
    else:
        here.version += 1
    session.flush()
    return here


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def taken_in(session: Session, case_id: int) -> list[HandoverReading]:
    """List what was read in a matter; the caller has checked that the actor may see it."""
    return list(
        session.scalars(select(HandoverReading).where(HandoverReading.case_id == case_id).order_by(HandoverReading.id))
    )


def lines_of(session: Session, case: Case) -> list[Line]:
    """List the meters of a matter's unit, each with what was read of it here."""
    if case.unit_id is None:
        return []
    taken = {each.meter_id: each for each in taken_in(session, case.id)}
    names = dict(
        session.execute(select(User.id, User.name).where(User.id.in_({each.read_by for each in taken.values()}))).all()
    )
    ids = session.scalars(_active(session, case)).all()
    lines = []
    for each in standings(session, ids, next_month(today())):
        charged = charged_up_to(each.current) if each.current is not None else each.previous
        here = taken.get(each.meter_id)
        lines.append(Line(each.meter_id, each.item, each.number, charged, here, names[here.read_by] if here else ""))
    return lines


def _active(session: Session, case: Case) -> Select[int]:
    return in_scope(
        select(Meter.id).where(Meter.unit_id == case.unit_id, Meter.removed_on.is_(None)), actor_of(session), Meter
    )


def meters_read(session: Session, case: Case) -> Words | None:
    """Gate: every meter of the unit was read for this matter; a unit without meters has nothing to read."""
    if case.unit_id is None:
        return None
    missing = session.execute(
        select(FeeItem.name, Meter.number)
        .join(FeeItem, FeeItem.id == Meter.fee_item_id)
        .where(
            Meter.id.in_(_active(session, case)),
            Meter.id.not_in(select(HandoverReading.meter_id).where(HandoverReading.case_id == case.id)),
        )
        .order_by(Meter.fee_item_id, Meter.id)
    ).all()
    if not missing:
        return None
    return _("还没有抄表：{meters}。", meters=str(_("、")).join(f"{item} {number}".strip() for item, number in missing))


__all__ = ["Direction", "HandoverReading", "Line", "Typed", "lines_of", "meters_read", "take", "taken_in"]
