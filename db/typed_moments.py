"""Times as a clerk types or says them: 14:20, 1420, 昨天 9点半, 11-22 14.20, 明天下午3点, 周六 9:00."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from db.clock import local, moment_of, now

_SAID: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
_DAYS: dict[str, int] = _SAID["days"]
_WEEKDAYS: dict[str, int] = _SAID["weekdays"]
_QUARTERS: dict[str, int] = _SAID["quarters"]
_HALVES: dict[str, int] = _SAID["halves"]


def _any_of(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_YEAR, _MONTH, _OF_MONTH = (_SAID["date_marks"][name] for name in ("year", "month", "day"))
_DAY = re.compile(f"({_any_of(_DAYS)})")
_WEEKDAY = re.compile(
    f"({_any_of([_SAID['last'], *_SAID['this'], _SAID['next']])})?"
    f"(?:{_any_of(_SAID['weekday_prefixes'])})({_any_of(_WEEKDAYS)})"
)
_FULL_DATE = re.compile(rf"(\d{{4}})\s*[-/.{_YEAR}]\s*(\d{{1,2}})\s*[-/.{_MONTH}]\s*(\d{{1,2}}){_OF_MONTH}?")
_EIGHT_DIGITS = re.compile(r"^(\d{4})(\d{2})(\d{2})(?=\s|$)")
_SHORT_DATE = re.compile(rf"(\d{{1,2}})\s*[-/{_MONTH}]\s*(\d{{1,2}}){_OF_MONTH}?")
_POINT_DATE = re.compile(r"^(\d{1,2})\.(\d{1,2})(?=\s+\d)")
_FOUR_DIGITS = re.compile(r"^(\d{2})(\d{2})(?=\s+\d)")
_HALF = re.compile(f"({_any_of(_HALVES)})")
_CLOCK = re.compile(
    rf"^(\d{{1,2}})(?:\s*[:.{_SAID['hour_marks']}]\s*({_any_of(_QUARTERS)}|\d{{1,2}})?"
    rf"\s*{_SAID['minute_mark']}?(?::\d{{2}})?)?$"
)
_DIGITS = re.compile(r"^(\d{1,2})(\d{2})$")


def moment_typed(typed: str, *, ahead: bool = False) -> datetime | None:
    """Read a time by the estate's clock; `None` when it cannot be understood or names no hour.

    Without a day it is today. A weekday or a date without a year is the nearest one, `ahead` of now for appointments,
    else behind.
    """
    text = " ".join(unicodedata.normalize("NFKC", typed).replace("T", " ").split())
    day, rest = _day_in(text, ahead=ahead)
    at = _time_in(rest)
    return None if at is None or day is None else moment_of(day, at)


def shown_moment(moment: datetime) -> str:
    """Write a moment the way it can be typed again: `11-22 14:20`, with the year where it is not this one."""
    here = local(moment)
    return here.strftime("%m-%d %H:%M" if here.year == local(now()).year else "%Y-%m-%d %H:%M")


def _day_in(text: str, *, ahead: bool) -> tuple[date | None, str]:
    """Find the day; returns it (`None` for an impossible one) and what is left of the text."""
    today = local(now()).date()
    if found := _DAY.search(text):
        return today + timedelta(days=_DAYS[found[1]]), _without(text, found)
    if found := _WEEKDAY.search(text):
        return _weekday(today, found[1] or "", _WEEKDAYS[found[2]], ahead=ahead), _without(text, found)
    if found := _FULL_DATE.search(text) or _EIGHT_DIGITS.search(text):
        return _date(int(found[1]), int(found[2]), int(found[3])), _without(text, found)
    if found := _SHORT_DATE.search(text) or _POINT_DATE.search(text) or _FOUR_DIGITS.search(text):
        return _nearest(today, int(found[1]), int(found[2]), ahead=ahead), _without(text, found)
    return today, text


def _without(text: str, found: re.Match[str]) -> str:
    return (text[: found.start()] + " " + text[found.end() :]).strip(" ,")


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _weekday(today: date, which: str, weekday: int, *, ahead: bool) -> date:
    monday = today - timedelta(days=today.weekday())
    if which:
        return monday + timedelta(days=weekday + {_SAID["last"]: -7, _SAID["next"]: 7}.get(which, 0))
    away = (weekday - today.weekday()) % 7
    return today + timedelta(days=away if ahead or away == 0 else away - 7)


def _nearest(today: date, month: int, day: int, *, ahead: bool) -> date | None:
    """Take the likeliest year: in December an appointment is for next January; in January a slip is from December."""
    lean = timedelta(days=60 if ahead else -60)
    years = [_date(today.year + step, month, day) for step in (-1, 0, 1)]
    return min((each for each in years if each), key=lambda each: abs(each - today - lean), default=None)


def _time_in(text: str) -> time | None:
    half = _HALF.search(text)
    rest = _without(text, half) if half else text
    if found := _CLOCK.match(rest):
        hour, part = int(found[1]), found[2] or "0"
        minute = _QUARTERS[part] if part in _QUARTERS else int(part)
    elif found := _DIGITS.match(rest):
        hour, minute = int(found[1]), int(found[2])
    else:
        return None
    if half and hour < _HALVES[half[1]]:
        hour += 12
    return time(hour, minute) if hour < 24 and minute < 60 else None
