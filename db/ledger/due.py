"""When a bill is due, and from which day it is late: the 1st to the 10th, cycles in advance (F2, F4; HB:128-129)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from db.clock import today
from db.ledger.choosing import Rate
from db.ledger.late_fees import GRACE_DAYS
from db.ledger.pricing import next_month
from db.ledger.tables import MONTHS_OF, Anchor, Basis
from db.settings import Setting, value_of
from db.words import _

WINDOW_FROM = Setting("ledger.window_from", _("缴费期从每月几日起"), 1, least=1, most=28)
WINDOW_TO = Setting(
    "ledger.window_to", _("缴费期到每月几日止"), 10, _("最迟缴纳日；第二天起算违约金"), least=1, most=28
)
MONTHS_AHEAD = Setting(
    "ledger.months_ahead", _("最多可预收几个月"), 12, _("“交至某月”和提前出账不超过这个数；有的城市不许超过一年"),
    least=0, most=60,
)  # fmt: skip


class Due(NamedTuple):
    """When a bill is due; late from which day (`date.toordinal`) at how many millionths, if at all."""

    on: date
    late_day: int | None
    late_ppm: int


class Dues:
    """The days due of an estate's bills of a month."""

    def __init__(self, session: Session, estate_id: int, month: date) -> None:
        """Read what the estate has decided."""
        self.month, self.made_on = month, today()
        self.day: int = value_of(session, WINDOW_TO, estate_id)
        self.grace: int = value_of(session, GRACE_DAYS, estate_id)

    def of(self, rate: Rate, period_from: date, handed_in: int) -> Due:
        """Say when a bill is due that begins on `period_from`, of a unit handed over in a month of the year (0: any).

        A cycle of several months is paid in advance: due in its first month, unless the bill is made later than
        that. What is metered is not known before it is read: due in the window after the bill is made. What
        begins within a month is not due before it begins.
        """
        on = self._cycle_begins(rate, handed_in).replace(day=self.day)
        if on < self.made_on and on < self.month:
            on = self.month.replace(day=self.day)
        if rate.basis == Basis.METERED and on < self.made_on:
            on = self._window_after(self.made_on)
        if on < period_from and period_from > self.month:
            on = self._window_after(period_from)
        late = on.toordinal() + 1 + self.grace if rate.late_ppm else None
        return Due(on, late, rate.late_ppm)

    def once(self, on: date) -> Due:
        """Say when a one-off charge of a day is due: in the next window, never with a late fee of its own."""
        return Due(self._window_after(on), None, 0)

    def _window_after(self, day: date) -> date:
        return (day if day.day <= self.day else next_month(day)).replace(day=self.day)

    def _cycle_begins(self, rate: Rate, handed_in: int) -> date:
        """Return the first month of the paying cycle that holds the month."""
        length = MONTHS_OF[rate.cycle]
        start = handed_in - 1 if rate.anchor == Anchor.HAND_OVER and handed_in else 0
        back = (self.month.month - 1 - start) % length
        month = self.month
        for _n in range(back):
            month = (month - timedelta(days=1)).replace(day=1)
        return month


__all__ = ["MONTHS_AHEAD", "WINDOW_FROM", "WINDOW_TO", "Due", "Dues"]
