"""Clocks on a matter: first answer and done, round the clock or in office hours, paused with a reason."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

import chinese_calendar
from sqlalchemy.orm import Session

from db import settings
from db.base import LINE_LENGTH
from db.clock import local, moment_of
from db.fields import Field
from db.refused import Refused
from db.settings import Setting
from db.words import _

if TYPE_CHECKING:
    from db.cases import Case
    from db.process import Step

ROUND_THE_CLOCK, OFFICE_HOURS = "round", "office"
CLOCK = Setting(
    "house.clock",
    _("办理时限怎样计时"),
    ROUND_THE_CLOCK,
    choices={ROUND_THE_CLOCK: _("全天计时"), OFFICE_HOURS: _("只计办公时间")},
)
OPENS = Setting("house.opens", _("办公开始(点)"), 8, most=23)
CLOSES = Setting("house.closes", _("办公结束(点)"), 18, most=24)


def is_working_day(day: date) -> bool:
    """Claim: the office works on this day by the State Council's calendar; beyond its years, Monday to Friday."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.isoweekday() <= 5


def office_time_after(moment: datetime, hours: float, opens: int = 8, closes: int = 18) -> datetime:
    """Return the moment when `hours` of office time have passed since `moment`."""
    left = timedelta(hours=hours)
    day = local(moment).date()
    while True:
        start, end = moment_of(day, time(opens)), moment_of(day, time.min) + timedelta(hours=closes)
        if is_working_day(day) and moment < end:
            begin = max(moment, start)
            if begin + left <= end:
                return begin + left
            left -= end - begin
        day += timedelta(days=1)


def after(session: Session, case: Case, hours: Setting, moment: datetime) -> datetime:
    """Return when a number of hours (a setting) has passed since `moment`, by the estate's clock rule."""
    amount = settings.value_of(session, hours, case.estate_id)
    if settings.value_of(session, CLOCK, case.estate_id) == ROUND_THE_CLOCK:
        return moment + timedelta(hours=amount)
    opens = settings.value_of(session, OPENS, case.estate_id)
    closes = settings.value_of(session, CLOSES, case.estate_id)
    return office_time_after(moment, amount, opens, closes)


PAUSE_REASON = Field("pause_reason", _("暂停原因"), "text", length=LINE_LENGTH)


def pause(step: Step) -> None:
    """Stop the clock: the case waits for parts, a firm, the customer's day; shown with its reason."""
    if step.case.paused_at is not None:
        raise Refused(_("计时已经暂停。"))
    step.case.paused_at = step.at


def resume(step: Step) -> None:
    """Let the clock go on; the due time moves by as long as it stood. No pause, no change."""
    case = step.case
    if case.paused_at is None:
        return
    if case.due_at is not None:
        case.due_at += max(step.at - case.paused_at, timedelta())
    case.paused_at, case.pause_reason = None, ""


def answered(step: Step) -> None:
    """Note the first answer given to the customer (the 24-hour promise, HB:235)."""
    if step.case.answered_at is None:
        step.case.answered_at = step.at


def handled(step: Step) -> None:
    """Note that the matter is handled 处理完毕: by whom and when; the clock stops."""
    resume(step)
    answered(step)
    case = step.case
    case.handled_at, case.handled_on, case.handled_by = step.at, step.day, step.actor.user_id
    case.visited_at = None


def taken_up_again(step: Step) -> None:
    """Undo handling: the matter was not solved and runs again under the same number."""
    case = step.case
    case.handled_at = case.handled_on = case.handled_by = case.visited_at = None
