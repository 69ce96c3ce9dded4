"""Months as a cashier types them after 交至: `2026-12`, `202612`, `26-12`, `12`, or `+3` for three months on."""

from __future__ import annotations

import re
import unicodedata
from datetime import date


def plus_months(month: date, n: int) -> date:
    """Return the first day of the month `n` months later."""
    year, zero_based = divmod(month.year * 12 + month.month - 1 + n, 12)
    return date(year, zero_based + 1, 1)


def month_typed(typed: str, begin: date, here: date) -> date | None:
    """Read a month; returns its first day, None for what is none.

    A bare number is the first such month from `begin` on, the first month not yet paid. `+n` means n months from
    then on, those before `here` (this month) not counted.
    """
    text = unicodedata.normalize("NFKC", typed).strip()
    groups = re.findall(r"\d+", text)
    if not groups or len(groups) > 2:
        return None
    numbers = [int(each) for each in groups]
    if text.startswith("+"):
        start = max(begin, here).replace(day=1)
        return plus_months(start, numbers[0] - 1) if len(groups) == 1 and 0 < numbers[0] <= 120 else None
    if len(groups) == 1 and len(groups[0]) == 6:
        numbers = [numbers[0] // 100, numbers[0] % 100]
    elif len(groups) == 1:
        return next_such(numbers[0], begin) if len(groups[0]) <= 2 and 1 <= numbers[0] <= 12 else None
    year, month = numbers
    year += 2000 if year < 100 else 0
    return date(year, month, 1) if 2000 <= year <= 2100 and 1 <= month <= 12 else None


def next_such(number: int, begin: date) -> date:
    """Return the first month of this number that is not before `begin`."""
    return date(begin.year + (number < begin.month), number, 1)


__all__ = ["month_typed", "next_such", "plus_months"]
