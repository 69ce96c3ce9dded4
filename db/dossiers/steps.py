"""What the steps of a renovation do alike: a span of days that makes sense, what the story says of a step."""

from __future__ import annotations

from datetime import date, timedelta

from db.process import Step
from db.refused import Refused
from db.words import Words, _

LONGEST = timedelta(days=366 * 2)
"""No works are planned for longer; a year mistyped is caught by it."""


def spanning(first: date | None, last: date | None, name: str, *, what: Words) -> None:
    """Refuse a span that ends before it begins, or is longer than two years; `name` is the field of its end."""
    if first is None or last is None:
        return
    if last < first:
        wrong = _("{what}的结束日期不能早于开始日期 {day}。", what=what, day=first)
        raise Refused(wrong, {name: wrong})
    if last - first > LONGEST:
        wrong = _("{what}不能超过两年，请检查年份。", what=what)
        raise Refused(wrong, {name: wrong})


def noted(step: Step, said: Words) -> None:
    """Let the matter's story say what a step wrote down beside it, before the remark."""
    step.note = str(_("；")).join(each for each in (str(said), step.note) if each)
