"""A month with two holders 月中换户: cut where one leaves and the next begins, each part billed to who holds it (O2).

The part up to a holder's last day is a bill of its own source, `until:2026-11-14`; the part that reaches the end of
the month is the month's ordinary bill. So the unique index, the runs and "is it billed?" need to know nothing more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db.ledger.choosing import Segment
from db.ledger.places import Item, Month
from db.ledger.pricing import part_of_month
from db.ledger.tables import Bill, Tariff

_UNTIL = "until:"
_DAY = timedelta(days=1)
_FEW = 5_000
"""So many units are asked for by number."""


def source_until(base: str, last: date, month: Month) -> str:
    """Name the source of a bill that ends on `last`: its `base` where it reaches the end of the month."""
    if last >= month.last:
        return base
    return f"{base}/{_UNTIL}{last}" if base else f"{_UNTIL}{last}"


def base_of(source: str) -> str:
    """Say what a part of a month is a part of: nothing for the unit itself, `parking:3` for a space."""
    return "" if source.startswith(_UNTIL) else source.split(f"/{_UNTIL}", maxsplit=1)[0]


@dataclass(frozen=True)
class Billed:
    """A bill of the month that stands."""

    first: date
    last: date
    contract_id: int | None
    part: Fraction
    """Of the month, as its tariff counts it."""


@dataclass(frozen=True)
class Standing:
    """What stands of a month for one unit, or one space."""

    parts: tuple[Billed, ...] = ()
    """Those that end before the month does."""
    rest_from: date | None = None
    """First day of the bill that reaches its end; None where there is none yet."""

    def taken(self) -> defaultdict[int | None, Fraction]:
        """Say how much of the month is charged already, by the contract that it is charged by."""
        found: defaultdict[int | None, Fraction] = defaultdict(Fraction)
        for each in self.parts:
            found[each.contract_id] = min(Fraction(1), found[each.contract_id] + each.part)
        return found

    def open_days(self, first: date, last: date) -> list[tuple[date, date]]:
        """Say which days, from `first` to `last`, no bill covers yet."""
        if self.rest_from is not None:
            last = min(last, self.rest_from - _DAY)
        found, start = [], first
        for each in sorted(self.parts, key=lambda part: part.first):
            if each.first > start:
                found.append((start, each.first - _DAY))
            start = max(start, each.last + _DAY)
        found.append((start, last))
        return [(begin, min(end, last)) for begin, end in found if begin <= min(end, last)]


NOTHING_STANDS = Standing()


def standing(
    session: Session, month: Month, item: Item, unit_ids: Collection[int] = (), *, spaces: bool = False
) -> dict[str, Standing]:
    """Read what stands of a month for units of which a part is billed, for `unit_ids`, or for parking `spaces`.

    By `key_of`. A space is read wherever it is billed: it may go from one unit to another within a month.
    """
    claims = [Bill.source.contains(_UNTIL, autoescape=True)]
    if spaces:
        claims = [Bill.source != ""]
    elif unit_ids:
        claims.append(Bill.unit_id.in_(unit_ids) if len(unit_ids) <= _FEW else Bill.source == "")
    statement = (
        select(Bill.unit_id, Bill.source, Bill.period_from, Bill.period_to, Tariff.contract_id, Tariff.part_month)
        .outerjoin(Tariff, Tariff.id == Bill.tariff_id)
        .where(
            Bill.estate_id == month.estate_id, Bill.month == month.first, Bill.fee_item_id == item.id,
            Bill.voided_at.is_(None), or_(*claims),
        )
        .order_by(Bill.period_from)
    )  # fmt: skip
    if month.unit_ids and not spaces:
        statement = statement.where(Bill.unit_id.in_(month.unit_ids))
    parts: defaultdict[str, list[Billed]] = defaultdict(list)
    rests: dict[str, date] = {}
    wanted = {key_of(each) for each in unit_ids}
    for unit_id, source, first, last, contract_id, rule in session.execute(statement):
        key = key_of(unit_id, base_of(source))
        if _UNTIL in source:
            share = Fraction(*part_of_month(first, last, rule)) if rule is not None else Fraction(0)
            parts[key].append(Billed(first, last, contract_id, share))
        elif spaces or key in wanted or key in parts:
            rests[key] = first
    return {key: Standing(tuple(parts[key]), rests.get(key)) for key in {*parts, *rests}}


def key_of(unit_id: int, base: str = "") -> str:
    """Name a unit's month, or a parking space's: a space may go from one unit to another within a month."""
    return base or f"unit:{unit_id}"


def cut(segments: Iterable[Segment], days: Sequence[tuple[date, date]]) -> tuple[Segment, ...]:
    """Keep of the stretches of tariffs what lies within some days."""
    return tuple(
        (rate, max(start, first), min(end, last))
        for rate, start, end in segments
        for first, last in days
        if max(start, first) <= min(end, last)
    )


def stretches(
    segments: Sequence[Segment], edges: Collection[date], holder: Callable[[str, date], int | None]
) -> list[tuple[int | None, tuple[Segment, ...]]]:
    """Cut a month at `edges`, the first days of a change, and join again what the same customer pays.

    `holder` says who pays on a day, by the relation that the tariff names. Days that nobody is charged for part too.
    """
    found: list[tuple[int | None, list[Segment]]] = []
    for rate, start, end in segments:
        begins = [start, *sorted(day for day in set(edges) if start < day <= end)]
        for first, last in zip(begins, [*(day - _DAY for day in begins[1:]), end], strict=True):
            customer = holder(rate.payer, first)
            before = found[-1][1][-1] if found else None
            if before is None or found[-1][0] != customer or before[2] + _DAY != first:
                found.append((customer, [(rate, first, last)]))
            elif before[0] is rate:
                found[-1][1][-1] = (rate, before[1], last)
            else:
                found[-1][1].append((rate, first, last))
    return [(customer, tuple(some)) for customer, some in found]


__all__ = [
    "NOTHING_STANDS", "Billed", "Standing", "base_of", "cut", "key_of", "source_until", "standing", "stretches",
]  # fmt: skip
