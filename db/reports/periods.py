"""Spans of days that figures are counted over, named as the office names them."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from db.words import Words, _


@dataclass(frozen=True)
class Period:
    """From the first day to the last, both counted, by the estate's calendar."""

    first: date
    last: date

    @property
    def label(self) -> Words:
        """Name it: a month, a quarter or a year where it is exactly one, else from day to day."""
        first, last = self.first, self.last
        if self == month_of(first):
            return _("{year}年{month}月", year=first.year, month=first.month)
        if self == quarter_of(first):
            return _("{year}年第{quarter}季度", year=first.year, quarter=(first.month + 2) // 3)
        if self == year_of(first):
            return _("{year}年", year=first.year)
        return _("{first} 至 {last}", first=first.isoformat(), last=last.isoformat())


def month_of(day: date) -> Period:
    """Return the calendar month that holds `day`."""
    return Period(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))


def month_before(day: date) -> Period:
    """Return the calendar month before the one that holds `day`."""
    return month_of(day.replace(day=1) - timedelta(days=1))


def quarter_of(day: date) -> Period:
    """Return the quarter that holds `day`."""
    start = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return Period(start, month_of(date(day.year, start.month + 2, 1)).last)


def year_of(day: date) -> Period:
    """Return the calendar year that holds `day`; what lies ahead counts nothing yet."""
    return Period(date(day.year, 1, 1), date(day.year, 12, 31))


def same_last_year(period: Period) -> Period:
    """Return the same days one year earlier; 29 February becomes 28."""

    def earlier(day: date) -> date:
        return day.replace(year=day.year - 1, day=min(day.day, monthrange(day.year - 1, day.month)[1]))

    first, last = earlier(period.first), earlier(period.last)
    ends_month = period.last == month_of(period.last).last
    return Period(first, month_of(last).last if ends_month else last)


def months_up_to(day: date, count: int) -> list[date]:
    """List the first days of the last `count` months, oldest first, the one that holds `day` last."""
    months = [day.replace(day=1)]
    while len(months) < count:
        months.append(month_before(months[-1]).first)
    return months[::-1]


NAMED: dict[str, tuple[Words, Callable[[date], Period]]] = {
    "month": (_("本月"), month_of),
    "last_month": (_("上月"), month_before),
    "quarter": (_("本季"), quarter_of),
    "year": (_("本年"), year_of),
}
"""Periods offered with one press: how each is called and how it follows from today."""
