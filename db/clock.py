"""What time it is for the office: moments in UTC, dates by the estate's clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")

_pretended: ContextVar[datetime | None] = ContextVar("pretended", default=None)


def now() -> datetime:
    """Return the present moment in UTC; the only place that asks the machine's clock."""
    return _pretended.get() or datetime.now(UTC)


@contextmanager
def pretending(moment: datetime) -> Iterator[None]:
    """Let the office live through another moment: the demonstration's history and tests of the clock."""
    token = _pretended.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _pretended.reset(token)


def local(moment: datetime) -> datetime:
    """Show a moment by the estate's clock."""
    return moment.astimezone(ZONE)


def day_of(moment: datetime) -> date:
    """Say on which calendar day of the estate a moment falls."""
    return local(moment).date()


def today() -> date:
    """Return the estate's calendar day."""
    return day_of(now())


def moment_of(day: date, at: time = time.min) -> datetime:
    """Return the UTC moment of a wall-clock time at the estate."""
    return datetime.combine(day, at, tzinfo=ZONE).astimezone(UTC)
