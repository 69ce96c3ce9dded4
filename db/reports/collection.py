"""The collection table 收缴率表: month, year to date, old arrears and last year, building by building (F7)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from db.ledger.tables import NOTHING, FeeKind
from db.reports import fees
from db.reports.fees import Line, Recovery, Wish
from db.reports.objectives import buildings
from db.reports.periods import Period, month_of, same_last_year
from db.reports.shares import Share, estates_shown


@dataclass(frozen=True)
class Row:
    """One building, or the whole."""

    name: str
    units: int
    """Billed in the month."""
    month: Line
    year: Line
    """Year to date."""
    old: Recovery
    """Arrears of earlier years: at the year's start, and recovered since."""
    last_year: Share
    """Year to date a year before, as it stood then."""
    rank: int = 0
    """By the year's rate, 1 is the best; 0 for the whole."""


def table(
    session: Session,
    month: date,
    estate_ids: Collection[int] = (),
    *,
    kinds: Collection[FeeKind] = (FeeKind.MANAGEMENT,),
    payee_ids: Collection[int] = (),
    as_of: date | None = None,
) -> list[Row]:
    """Make the table for a month, buildings in the order of lists and the whole last.

    `as_of` counts what was received up to that day. Six queries, however many buildings. Raises `Refused` without
    `SEE_FIGURES`.
    """
    estates = estates_shown(session, estate_ids)
    wish = Wish(month_of(month), estates, tuple(kinds), (), tuple(payee_ids))
    year = replace(wish, period=Period(date(month.year, 1, 1), wish.period.last))
    then = replace(wish, period=same_last_year(year.period))
    months = _by_key(fees.billed(session, wish, "building", as_of))
    years = _by_key(fees.billed(session, year, "building", as_of))
    before = _by_key(fees.billed(session, then, "building", then.period.last))
    old = fees.recovery(session, year, "building")
    units = fees.by_units(session, wish, "building")
    none = Line(None, 0, NOTHING, NOTHING)
    nothing = Recovery(NOTHING, NOTHING)
    rows = [
        Row(name, units.get(key, Share(0, 0)).denominator, months.get(key, none), years.get(key, none),
            old.get(key, nothing), before.get(key, none).share)
        for (_estate, key), name in buildings(session, estates).items()
        if key in years or key in months or (key in old and old[key].at_start)
    ]  # fmt: skip
    best = sorted({_rate(each) for each in rows}, reverse=True)
    ranked = [replace(each, rank=best.index(_rate(each)) + 1) for each in rows]
    return [*ranked, whole(rows)] if rows else []


def _by_key(lines: Collection[Line]) -> dict[Any, Line]:
    return {each.key: each for each in lines}


def _rate(row: Row) -> Decimal:
    """Say the exact rate that rows are ranked by; nothing receivable ranks last."""
    share = row.year.share
    return Decimal(share.numerator) / share.denominator if share.denominator else Decimal(-1)


def whole(rows: Collection[Row]) -> Row:
    """Add rows up; buildings add up to the estate."""

    def line(lines: list[Line]) -> Line:
        return Line(
            None, sum(each.bills for each in lines), sum((each.receivable for each in lines), NOTHING),
            sum((each.received for each in lines), NOTHING),
        )  # fmt: skip

    return Row(
        "", sum(each.units for each in rows), line([each.month for each in rows]), line([each.year for each in rows]),
        Recovery(
            sum((each.old.at_start for each in rows), NOTHING), sum((each.old.recovered for each in rows), NOTHING)
        ),
        Share(
            sum(each.last_year.numerator for each in rows), sum(each.last_year.denominator for each in rows)
        ),
    )  # fmt: skip
