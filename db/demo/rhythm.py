"""When customers come: so many a month, more in some months, on some weekdays, at some hours."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from db.clock import moment_of

SEASON = (1.0, 0.7, 0.9, 0.95, 1.0, 1.1, 1.35, 1.3, 1.0, 0.9, 1.45, 1.15)
"""January to December against the mean: the new year is quiet, rain and heating are not."""
WEEKDAYS = {"homes": (19, 15, 14, 13, 14, 14, 11), "park": (24, 20, 19, 18, 17, 1, 1)}
"""Monday to Sunday, in a hundred."""
HOURS = {8: 9, 9: 13, 10: 12, 11: 8, 12: 4, 13: 3, 14: 8, 15: 9, 16: 9, 17: 9, 18: 6, 19: 4, 20: 2, 21: 2,
         22: 1, 2: 0.5, 5: 0.5}  # fmt: skip
OFFICE_HOURS = {hour: share for hour, share in HOURS.items() if 8 <= hour < 19}
"""A park is empty at night."""


@dataclass(frozen=True)
class Rate:
    """How many of a kind come to one estate in a mean month."""

    kind: str
    ground: str
    a_month: float


RATES = (
    Rate("complaints", "homes", 17), Rate("complaints", "park", 5),
    # Repairs come at an eighteenth of what 1,200 homes and 62 companies report, those for money at a twelfth (objective
    # 4 needs some to show), inquiries at a sixtieth.
    Rate("home_repairs", "homes", 7.5), Rate("paid_services", "homes", 5.5), Rate("public_repairs", "homes", 6),
    Rate("home_repairs", "park", 3), Rate("public_repairs", "park", 1.7),
    Rate("inquiries", "homes", 8.5), Rate("inquiries", "park", 2.5),
)  # fmt: skip


def moments(random: Random, rate: Rate, first: date, last: date, part: float = 1.0) -> list[datetime]:
    """Say when each of a kind comes between two days, in order; `part` thins them."""
    found: list[datetime] = []
    month = first.replace(day=1)
    while month <= last:
        days = monthrange(month.year, month.month)[1]
        wanted = rate.a_month * part * SEASON[month.month - 1]
        spread = _days(random, rate.ground, month, days, round(wanted))
        found += [moment_of(day, _time(random, rate.ground)) for day in spread if first <= day <= last]
        month += timedelta(days=days)
    return sorted(found)


def _days(random: Random, ground: str, month: date, days: int, number: int) -> list[date]:
    calendar = [month + timedelta(days=n) for n in range(days)]
    weights = [WEEKDAYS[ground][day.weekday()] for day in calendar]
    return random.choices(calendar, weights, k=number)


def _time(random: Random, ground: str) -> time:
    hours = OFFICE_HOURS if ground == "park" else HOURS
    hour = random.choices(list(hours), list(hours.values()))[0]
    return time(hour, random.randrange(60), random.randrange(60))
