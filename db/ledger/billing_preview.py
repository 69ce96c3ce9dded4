"""A billing run tried out, nothing written: what it would make, what differs from last month and why, who gets none."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, func, select, type_coerce
from sqlalchemy.orm import Session

from db.base import Choice
from db.ledger.billing import month_of, refuse_stranger, wanted_items
from db.ledger.counting import Charge, Counting, Item, Left, Month, Why
from db.ledger.parting import base_of
from db.ledger.pricing import next_month
from db.ledger.tables import NOTHING, Bill
from db.people import Right, require
from db.registry import Building
from db.session import actor_of
from db.words import _

_AREA = re.compile(r"([\d.]+) m²")
_PERCENT = re.compile(r"× (\d+)%")


class Reason(Choice):
    """Why a unit's amount is not last month's."""

    NEW_UNIT = "new_unit", _("上期没有账单"), "blue"
    GONE = "gone", _("本期不出账"), "orange"
    NEW_TARIFF = "new_tariff", _("收费标准变动"), "violet"
    PART_MONTH = "part_month", _("不足一月"), "gray"
    AREA = "area", _("面积变动"), "orange"
    VACANT = "vacant", _("空置状态变动"), "gray"
    USAGE = "usage", _("用量变动"), "green"
    OTHER = "other", _("其他"), "red"


@dataclass(frozen=True)
class Line:
    """What one fee item, or one building, gets."""

    id: int
    name: str
    bills: int
    amount: Decimal


@dataclass(frozen=True)
class Difference:
    """A unit whose amount for an item is not last month's."""

    unit_id: int
    unit: str
    item: str
    before: Decimal
    now: Decimal
    reason: Reason
    said: str
    """The new calculation, or why there is none."""


@dataclass(frozen=True)
class Without:
    """A unit, or parking space, that gets no bill for an item, and why."""

    unit_id: int | None
    unit: str
    item: str
    why: Why


@dataclass(frozen=True)
class Preview:
    """What a run would make; lists are whole, in the order of buildings and rooms, for the page to show in parts."""

    estate_id: int
    month: date
    fee_item_ids: tuple[int, ...]
    bills: int
    amount: Decimal
    billed: int
    """How many are made already, and stay."""
    billed_amount: Decimal
    last_bills: int
    """Last month's bills of these items, for comparison."""
    last_amount: Decimal
    items: tuple[Line, ...]
    buildings: tuple[Line, ...]
    differences: tuple[Difference, ...]
    without: tuple[Without, ...]
    """Those already billed are counted above, not listed here."""

    def reasons(self) -> list[tuple[Why, int]]:
        """Count those without a bill by why, the most frequent first."""
        return _tally(each.why for each in self.without)

    def changes(self) -> list[tuple[Reason, int]]:
        """Count the differences by reason, the most frequent first."""
        return _tally(each.reason for each in self.differences)


def _tally(found: Iterable[Any]) -> list[tuple[Any, int]]:
    counts: dict[Any, int] = {}
    for each in found:
        counts[each] = counts.get(each, 0) + 1
    return sorted(counts.items(), key=lambda pair: -pair[1])


@dataclass(frozen=True)
class _Past:
    """Last month's bill."""

    unit_id: int
    fen: int
    tariff_id: int | None
    whole: bool
    calculation: str


def preview(session: Session, estate_id: int, month: date, fee_item_ids: Collection[int]) -> Preview:
    """Count a run without writing; needs `BILL`. Raises `Refused` as `publish` would, but for a closed month."""
    actor = actor_of(session)
    require(actor, Right.BILL)
    refuse_stranger(actor, estate_id)
    when, items = month_of(session, estate_id, month), wanted_items(session, estate_id, fee_item_ids)
    before = Month(estate_id, (when.first - timedelta(days=1)).replace(day=1))
    counting = Counting(session, when)
    by_item: list[Line] = []
    by_building: dict[int, list[int]] = {}
    differences: list[Difference] = []
    last_bills = last_fen = 0
    for item in items:
        begun = len(counting.left)
        charges = list(counting.charges(item))
        past = _past(session, before, item)
        last_bills, last_fen = last_bills + len(past), last_fen + sum(each.fen for each in past.values())
        by_item.append(Line(item.id, item.name, len(charges), _yuan(sum(each.fen for each in charges))))
        for each in charges:
            row = by_building.setdefault(each.place.building_id, [0, 0])
            row[0] += 1
            row[1] += each.fen
        differences += _differences(charges, counting.left[begun:], past, item)
    billed, billed_fen = _billed(session, when, items)
    return Preview(
        estate_id, when.first, tuple(each.id for each in items), sum(each.bills for each in by_item),
        sum((each.amount for each in by_item), NOTHING), billed, _yuan(billed_fen), last_bills, _yuan(last_fen),
        tuple(by_item), _buildings(session, estate_id, by_building), tuple(differences),
        tuple(_without(counting.left)),
    )  # fmt: skip


def _yuan(fen: int) -> Decimal:
    return Decimal(fen) / 100


def _without(left: Sequence[Left]) -> list[Without]:
    return [
        Without(each.place.id if each.place else None, each.said or (each.place.short if each.place else ""),
                each.item.name, each.why)
        for each in left
        if each.why is not Why.BILLED
    ]  # fmt: skip


def _buildings(session: Session, estate_id: int, sums: dict[int, list[int]]) -> tuple[Line, ...]:
    rows = session.execute(
        select(Building.id, Building.name)
        .where(Building.estate_id == estate_id)
        .order_by(Building.position, Building.code)
    )
    return tuple(Line(key, name, sums[key][0], _yuan(sums[key][1])) for key, name in rows if key in sums)


def _billed(session: Session, when: Month, items: Sequence[Item]) -> tuple[int, int]:
    row = session.execute(
        select(func.count(), func.coalesce(func.sum(type_coerce(Bill.amount, BigInteger)), 0)).where(
            Bill.estate_id == when.estate_id, Bill.month == when.first, Bill.voided_at.is_(None), _comes_monthly(),
            Bill.fee_item_id.in_([each.id for each in items]),
        )
    ).one()  # fmt: skip
    return int(row[0]), int(row[1])


def _comes_monthly() -> Any:
    """Claim: a bill is of the run, not of a single act."""
    return (Bill.source == "") | Bill.source.startswith("parking:") | Bill.source.startswith("until:")


def _past(session: Session, before: Month, item: Item) -> dict[tuple[int, str], _Past]:
    """Read an item's bills of the month before: (unit, source) → bill."""
    rows = session.execute(
        select(Bill.unit_id, Bill.source, type_coerce(Bill.amount, BigInteger), Bill.tariff_id, Bill.period_from,
               Bill.period_to, Bill.calculation)
        .where(Bill.estate_id == before.estate_id, Bill.month == before.first, Bill.fee_item_id == item.id,
               Bill.voided_at.is_(None), _comes_monthly())
    )  # fmt: skip
    return {
        (unit_id, source): _Past(unit_id, fen, tariff_id, first == before.first and last == before.last, text)
        for unit_id, source, fen, tariff_id, first, last, text in rows
    }


def _differences(
    charges: Sequence[Charge], left: Sequence[Left], past: dict[tuple[int, str], _Past], item: Item
) -> list[Difference]:
    """List the units whose amount is another than last month's; those billed already are past changing."""
    found = []
    seen = {(each.place.id, base_of(each.source)) for each in charges}
    for each in charges:
        was = past.get((each.place.id, base_of(each.source)))
        if was is None or was.fen != each.fen:
            before = _yuan(was.fen) if was else NOTHING
            found.append(
                Difference(each.place.id, each.place.short, item.name, before, _yuan(each.fen), _reason(each, was),
                           each.calculation)
            )  # fmt: skip
    for gone in left:
        if gone.place is not None and not gone.said and gone.why is not Why.BILLED:
            key = (gone.place.id, "")
            if key in past and key not in seen:
                found.append(
                    Difference(gone.place.id, gone.place.short, item.name, _yuan(past[key].fen), NOTHING, Reason.GONE,
                               str(gone.why.label))
                )  # fmt: skip
    return found


def _reason(charge: Charge, was: _Past | None) -> Reason:
    if was is None:
        return Reason.NEW_UNIT
    plan, text = charge.way.plan, charge.calculation
    said: tuple[tuple[bool, Reason], ...] = (
        (was.tariff_id != plan.rate.id or len(plan.segments) > 1, Reason.NEW_TARIFF),
        (not (plan.whole and was.whole), Reason.PART_MONTH),
        (_PERCENT.findall(text) != _PERCENT.findall(was.calculation), Reason.VACANT),
        (plan.is_metered, Reason.USAGE),
        (_AREA.findall(text) != _AREA.findall(was.calculation), Reason.AREA),
    )
    return next((reason for holds, reason in said if holds), Reason.OTHER)


def runs_months(today: date, months_ahead: int) -> list[date]:
    """List the months offered for a run: from a year back to as far ahead as allowed, the newest first."""
    month = date(today.year - 1, today.month, 1)
    found = []
    for _n in range(13 + months_ahead):
        found.append(month)
        month = next_month(month)
    return found[::-1]


__all__ = ["Difference", "Line", "Preview", "Reason", "Without", "preview", "runs_months"]
