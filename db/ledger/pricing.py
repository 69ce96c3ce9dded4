"""What an amount is: quantity × price × part of a month, rounded once at the end by the tariff's stated rule (F1, F2).

The one rounding rule, `rounded`, is written with whole numbers and `+ - * //` alone, so the same lines work on Python
numbers and on the columns of a select.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Dialect
from sqlalchemy.types import TypeDecorator

from db.base import Choice
from db.words import _

PRICE_SCALE = 10_000
"""Prices have up to four decimals (0.5469 元/kWh); stored in ten-thousandths of a yuan."""


class UnitPrice(TypeDecorator[Decimal]):
    """A price in yuan with up to four decimals, stored in ten-thousandths."""

    impl = BigInteger
    cache_ok = True
    kind = "price"
    """What its fields are, to forms and lists."""

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Turn yuan into ten-thousandths exactly; more decimals are a programming mistake."""
        if value is None:
            return None
        scaled = Decimal(value) * PRICE_SCALE
        if scaled != scaled.to_integral_value():
            message = f"{value} has more than four decimal places"
            raise ValueError(message)
        return int(scaled)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        """Give the price back with at least two decimals: 2.80, 0.5469."""
        return None if value is None else shown_price(value)


def shown_price(ten_thousandths: int) -> Decimal:
    """Turn a stored price into yuan with two decimals, or as many more as it has."""
    price = Decimal(ten_thousandths) / PRICE_SCALE
    return price.quantize(Decimal("0.01")) if ten_thousandths % 100 == 0 else price.normalize()


class Rounding(Choice):
    """To what an amount is rounded, half up; stated on the tariff (FIELD pain 1)."""

    CENT = "cent", _("到分")
    DIME = "dime", _("到角")
    YUAN = "yuan", _("到元")


STEPS: dict[str, int] = {Rounding.CENT: 1, Rounding.DIME: 10, Rounding.YUAN: 100}
"""Each rounding rule's step in fen."""


class PartMonth(Choice):
    """How a month that is not whole is charged; stated on the tariff."""

    BY_DAYS = "by_days", _("按当月实际天数折算")
    THIRTIETHS = "thirtieths", _("每月按 30 天折算")
    WHOLE = "whole", _("不足一月按整月")
    HALVES = "halves", _("不足半月按半月、超过半月按整月")


def rounded(numerator: Any, denominator: int, step: int) -> Any:
    """Round `numerator / denominator` fen (not negative) half up to a multiple of `step` fen.

    Takes and returns whole numbers, or column expressions of them: no other line of the house rounds money.
    """
    return (2 * numerator + denominator * step) // (2 * denominator * step) * step


def part_of_month(first: date, last: date, rule: str) -> tuple[int, int]:
    """Say what part of their calendar month the days `first` to `last`, both counted, are charged as: (n, of).

    A whole month is (1, 1) under every rule.
    """
    length = days_in_month(first)
    days = (last - first).days + 1
    if days >= length or rule == PartMonth.WHOLE:
        return 1, 1
    if rule == PartMonth.THIRTIETHS:
        return (1, 1) if days >= 30 else (days, 30)
    if rule == PartMonth.HALVES:
        return (1, 2) if 2 * days <= length else (1, 1)
    return days, length


def days_in_month(day: date) -> int:
    """Count the days of the calendar month that holds `day`."""
    return (next_month(day) - day.replace(day=1)).days


def next_month(day: date) -> date:
    """Return the first day of the month after the one that holds `day`."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


__all__ = [
    "PRICE_SCALE", "STEPS", "PartMonth", "Rounding", "UnitPrice", "days_in_month", "next_month", "part_of_month",
    "rounded", "shown_price",
]  # fmt: skip
