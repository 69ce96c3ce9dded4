"""Readings 抄表: entered once for each meter and month, corrected by a new row, never changed (F2; HB:128, 310-311)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.audit import Audit, record
from db.clock import now, today
from db.ledger.meters import FEWEST, Standing, figure, judged, standings
from db.ledger.pricing import next_month
from db.ledger.tables import Meter, Reading, ReadingKind
from db.people import Right, require
from db.refused import Refused
from db.session import actor_of
from db.words import Words, _

Quantities = dict[tuple[int, int], tuple[Decimal, list[str]]]
"""(unit, fee item) → what was used, and a text for each meter: `上期 120.00 本期 135.00 用量 15.00`."""


def quantities(
    session: Session, estate_id: int, month: date, *, fee_item_ids: Collection[int] = (), unit_ids: Collection[int] = ()
) -> Quantities:
    """Say what every unit used in a month, for the billing run; a unit without a reading is not in it.

    One query. `fee_item_ids` and `unit_ids` narrow it. The texts are Chinese whoever reads: they stand on the bill.
    """
    statement = (
        select(
            Meter.unit_id, Meter.fee_item_id, Meter.number, Meter.multiplier, Reading.previous, Reading.value,
            Reading.quantity, Reading.kind, Reading.rolled_over,
        )
        .join(Meter, Meter.id == Reading.meter_id)
        .where(Reading.month == month.replace(day=1), ~Reading.superseded, Meter.estate_id == estate_id)
        .order_by(Meter.unit_id, Meter.fee_item_id, Meter.removed_on.is_(None), Meter.id)
    )  # fmt: skip
    if fee_item_ids:
        statement = statement.where(Meter.fee_item_id.in_(fee_item_ids))
    if unit_ids:
        statement = statement.where(Meter.unit_id.in_(unit_ids))
    lines: dict[tuple[int, int], list[tuple[str, Decimal, str]]] = defaultdict(list)
    for row in session.execute(statement):
        text = said(
            row.previous, row.value, row.quantity, row.kind, multiplier=row.multiplier, rolled_over=row.rolled_over
        )
        lines[row.unit_id, row.fee_item_id].append((row.number, row.quantity, text))
    return {
        key: (
            sum((quantity for _number, quantity, _text in each), Decimal(0)),
            [f"{number} {text}".strip() if len(each) > 1 else text for number, _quantity, text in each],
        )
        for key, each in lines.items()
    }


def said(
    previous: Decimal, value: Decimal, quantity: Decimal, kind: ReadingKind, *, multiplier: int = 1,
    rolled_over: bool = False,
) -> str:  # fmt: skip
    """Say in Chinese what a reading was counted from."""
    text = _in_chinese(_("上期 {previous} 本期 {value}", previous=figure(previous), value=figure(value)))
    if rolled_over:
        text += _in_chinese(_("（过零）"))
    elif value < previous:
        text += _in_chinese(_("（前期估抄多计 {more}，以后抵扣）", more=figure(previous - value)))
    if kind is ReadingKind.ESTIMATED:
        text += _in_chinese(_("（估抄）"))
    if multiplier != 1:
        text += _in_chinese(_(" 倍率 {multiplier}", multiplier=multiplier))
    return text + _in_chinese(_(" 用量 {quantity}", quantity=figure(quantity)))


def _in_chinese(words: Words) -> str:
    return words.text.format(**{name: str(value) for name, value in words.blanks.items()})


# ── entering ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Row:
    """A value typed for a meter."""

    meter_id: int
    value: Decimal
    rolled_over: bool = False
    confirmed: bool = False
    """The clerk saw the warning and says it is right."""
    corrects: int | None = None
    """The reading of the month that he saw and means to correct."""
    kind: ReadingKind = ReadingKind.READ
    read_on: date | None = None
    """Today, when it is not said."""
    note: str = ""


@dataclass(frozen=True)
class Verdict:
    """What became, or would become, of a typed value."""

    meter_id: int
    shown: str
    quantity: Decimal = Decimal(0)
    problem: str = ""
    warning: str = ""
    """Said as long as it is not confirmed; it holds the row back like a problem."""
    unchanged: bool = False

    @property
    def is_good(self) -> bool:
        """Claim: the row goes in."""
        return not (self.problem or self.warning)


@dataclass(frozen=True)
class Recorded:
    """What one press entered."""

    recorded: int = 0
    corrected: int = 0
    unchanged: int = 0
    held_back: tuple[Verdict, ...] = field(default=(), compare=False)
    """Rows that stayed out, with the reason."""


def check_readings(session: Session, month: date, rows: Iterable[Row]) -> list[Verdict]:
    """Say what would become of each row, in their order; nothing is stored."""
    rows = list(rows)
    found = {each.meter_id: each for each in standings(session, [row.meter_id for row in rows], month)}
    return [_verdict(found.get(row.meter_id), month.replace(day=1), row) for row in rows]


def record_readings(
    session: Session, month: date, rows: Iterable[Row], token: str | None = None, *, keep_good: bool = False
) -> Recorded:
    """Enter what was read for a month: all rows or none, unless `keep_good` lets the good ones in.

    `Refused.problems` names what is wrong by meter id (as text). A warning that nobody confirmed counts as a problem.
    The same value again changes nothing; the second press of a form (`token`) returns what the first one did.
    """
    require(actor_of(session), Right.READ_METERS)
    if (done := _done(session, token)) is not None:
        return done
    rows, on = list(rows), month.replace(day=1)
    found = _locked(session, [row.meter_id for row in rows], on)
    verdicts = [_verdict(found.get(row.meter_id), on, row) for row in rows]
    if len({row.meter_id for row in rows}) != len(rows):
        raise Refused(_("同一块表在这一批里有两个读数，请只留一个。"))
    bad = tuple(each for each in verdicts if not each.is_good)
    if bad and not keep_good:
        problems = {str(each.meter_id): each.problem or each.warning for each in bad}
        raise Refused(_("有 {n} 行需要核对，都没有保存。", n=len(bad)), problems)
    good = [(row, each) for row, each in zip(rows, verdicts, strict=True) if each.is_good and not each.unchanged]
    corrected = 0
    for row, verdict in good:
        corrected += _put(session, found[row.meter_id], on, row, verdict.quantity)
    result = Recorded(len(good) - corrected, corrected, sum(each.unchanged for each in verdicts), bad)
    if good:
        session.flush()
        told = {"month": on, "recorded": result.recorded, "corrected": corrected, "unchanged": result.unchanged}
        estate_id = found[good[0][0].meter_id].estate_id
        record(session, "recorded", "readings", None, estate_id=estate_id, after=told, token=token)
    return result


def _done(session: Session, token: str | None) -> Recorded | None:
    after = session.scalar(select(Audit.after).where(Audit.token == token)) if token else None
    return None if after is None else Recorded(after["recorded"], after["corrected"], after["unchanged"])


def _locked(session: Session, meter_ids: Collection[int], on: date) -> dict[int, Standing]:
    """Lock meters in the order of their keys, and say how they stand."""
    session.scalars(select(Meter.id).where(Meter.id.in_(meter_ids)).order_by(Meter.id).with_for_update()).all()
    return {each.meter_id: each for each in standings(session, meter_ids, on)}


def _verdict(found: Standing | None, on: date, row: Row) -> Verdict:
    if found is None:
        return Verdict(row.meter_id, "", problem=str(_("没有找到这块表，可能不在您负责的项目内。")))
    current = found.current
    same = current is not None and (current.value, current.rolled_over, current.kind) == (
        row.value, row.rolled_over, row.kind
    )  # fmt: skip
    if current is not None and same:
        return Verdict(row.meter_id, found.shown, current.quantity, unchanged=True)
    means = judged(found, row.value, rolled_over=row.rolled_over)
    problem = _misplaced(found, on, row) or means.problem
    warning = means.warning if row.kind is ReadingKind.READ and not row.confirmed else None
    return Verdict(row.meter_id, found.shown, means.quantity, str(problem or ""), "" if problem else str(warning or ""))


def _misplaced(found: Standing, on: date, row: Row) -> Words | None:  # noqa: PLR0911 - one sentence a reason
    """Say why nothing can be entered for this meter and month at all."""
    if found.billed:
        return _("{month} 的{item}账单已出，读数不能再改。请先作废这一户的账单，再更正读数、重新出账。",
                 month=f"{on:%Y-%m}", item=found.item)  # fmt: skip
    if on > next_month(today()):
        return _("{month} 还没有到，最早可以提前一个月抄表。", month=f"{on:%Y-%m}")
    if (row.read_on or today()) > today():
        return _("抄表日期不能晚于今天。")
    if found.current is not None and found.current.id != row.corrects:
        return _("{month} 已由{who}抄过，示数 {value}。要更正请刷新后在这一行改。",
                 month=f"{on:%Y-%m}", who=found.current.by, value=figure(found.current.value))  # fmt: skip
    if found.current is None and row.corrects is not None:
        return _("要更正的读数已不在，请刷新后再看。")
    if found.current is None and found.later is not None:
        return _("{later} 已抄表，不能补抄更早的月份；那段用量已算在 {later} 里。", later=f"{found.later:%Y-%m}")
    return None


def _put(session: Session, found: Standing, on: date, row: Row, quantity: Decimal) -> int:
    """Store a good row; returns 1 for a correction. The month after a corrected one is counted anew."""
    reading = Reading(
        meter_id=found.meter_id, month=on, read_on=row.read_on or today(), value=row.value, previous=found.previous,
        rolled_over=row.rolled_over, quantity=quantity, kind=row.kind, superseded=False, note=row.note.strip(),
        read_by=actor_of(session).user_id, recorded_at=now(),
    )  # fmt: skip
    if found.current is None:
        session.add(reading)
        return 0
    _supersede(session, found.estate_id, found.current.id, reading)
    if found.later is not None:
        _count_anew(session, found, found.later)
    return 1


def _supersede(session: Session, estate_id: int, old_id: int, new: Reading) -> None:
    old = session.get_one(Reading, old_id)
    old.superseded = True
    session.flush()
    session.add(new)
    session.flush()
    told = ("value", "previous", "quantity", "rolled_over", "kind")
    record(session, "corrected", "readings", new.id, estate_id=estate_id, ground=new.note,
           before={"id": old.id} | {name: getattr(old, name) for name in told},
           after={name: getattr(new, name) for name in told})  # fmt: skip


def _count_anew(session: Session, found: Standing, later: date) -> None:
    """Count the next month read from the corrected value."""
    following = standings(session, [found.meter_id], later)[0]
    current = following.current
    if current is None:
        return
    if following.billed:
        raise Refused(_(
            "{unit} {month} 的账单已按原读数出账。请先作废 {month} 的账单，再更正这个读数。",
            unit=found.shown, month=f"{later:%Y-%m}",
        ))  # fmt: skip
    means = judged(following, current.value, rolled_over=current.rolled_over)
    if means.problem:
        raise Refused(_(
            "{unit} 更正后，{month} 的示数 {value} 就不对了。请先更正 {month} 的读数。",
            unit=found.shown, month=f"{later:%Y-%m}", value=figure(current.value),
        ))  # fmt: skip
    new = Reading(
        meter_id=found.meter_id, month=later, read_on=current.read_on, value=current.value,
        previous=following.previous, rolled_over=current.rolled_over, quantity=means.quantity, kind=current.kind,
        superseded=False, note=str(_("上期更正后重算")), read_by=actor_of(session).user_id, recorded_at=now(),
    )  # fmt: skip
    _supersede(session, found.estate_id, current.id, new)


def correct_reading(
    session: Session, reading_id: int, value: Decimal | None, reason: str, *, rolled_over: bool = False
) -> int:
    """Put a new reading in the place of a wrong one, with the reason; the old row stays. Returns the new one's id.

    Refused while the bill made from it stands: that is voided first.
    """
    require(actor_of(session), Right.READ_METERS)
    old = session.get(Reading, reading_id)
    if old is None or old.superseded:
        raise Refused(_("这个读数已被更正过，请刷新后再看。"))
    if not reason.strip():
        raise Refused(_("请写明更正原因。"), {"reason": _("请写明更正原因。")})
    if value is None:
        raise Refused(_("请填写数字，例如 128.50。"), {"value": _("请填写数字，例如 128.50。")})
    kind = ReadingKind.READ if old.kind is ReadingKind.ESTIMATED else old.kind
    row = Row(old.meter_id, value, rolled_over, confirmed=True, corrects=old.id, kind=kind, read_on=old.read_on,
              note=reason)  # fmt: skip
    try:
        record_readings(session, old.month, [row])
    except Refused as refused:
        sentence = refused.problems.get(str(old.meter_id), refused.message)
        raise Refused(sentence, {"value": sentence}) from refused
    statement = select(Reading.id).where(
        Reading.meter_id == old.meter_id, Reading.month == old.month, ~Reading.superseded
    )
    return session.scalars(statement).one()


def estimated(found: Standing) -> Row | None:
    """Make the row that estimates a meter from the mean of its last six months; None with too little to go by."""
    if found.mean is None or len(found.used) < FEWEST:
        return None
    used = (found.mean / found.multiplier).quantize(Decimal("0.01"), ROUND_HALF_UP)
    end = Decimal(10) ** found.digits
    value = (found.previous + used) % end
    return Row(found.meter_id, value, rolled_over=value < found.previous, kind=ReadingKind.ESTIMATED,
               corrects=found.current.id if found.current else None)  # fmt: skip


def estimate(
    session: Session, month: date, meter_ids: Collection[int], reason: str, token: str | None = None
) -> Recorded:
    """Estimate what could not be read, from the mean of the last six months; the next real reading settles it.

    A meter that is read already is left alone. Refused for one with less than three months to go by.
    """
    require(actor_of(session), Right.READ_METERS)
    if not reason.strip():
        why = _("请写明为什么不能实抄，例如 家中无人。")
        raise Refused(why, {"reason": why})
    rows: list[Row] = []
    problems: dict[str, object] = {}
    for each in standings(session, meter_ids, month):
        if each.current is not None:
            continue
        row = estimated(each)
        if row is None:
            problems[str(each.meter_id)] = _(
                "{meter} 抄过不到 {n} 个月，不能估抄，请实抄。", meter=each.shown, n=FEWEST
            )
        else:
            rows.append(replace(row, note=reason))
    if problems:
        raise Refused(_("有 {n} 块表不能估抄，都没有保存。", n=len(problems)), problems)
    return record_readings(session, month, rows, token)


__all__ = [
    "Quantities", "Recorded", "Row", "Verdict", "check_readings", "correct_reading",
    "estimate", "estimated", "quantities", "record_readings", "said",
]  # fmt: skip
