"""What everything here stands on: whose estate it is, one writer at a time, the months of a span."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.accounts.tables import Span
from db.checking import MOST, decimal_typed
from db.people import Right, require
from db.refused import Refused
from db.registry import Estate
from db.reports.periods import Period, month_of, quarter_of, year_of
from db.session import actor_of
from db.words import Words, _

ZERO = Decimal(0)
CENT = Decimal("0.01")
_OF = {Span.MONTH: month_of, Span.QUARTER: quarter_of, Span.YEAR: year_of}


def seen_estate(session: Session, estate_id: int) -> Estate:
    """Return an estate whose money the session's actor may see; raises `Refused`."""
    actor = actor_of(session)
    require(actor, Right.SEE_MONEY)
    found = session.get(Estate, estate_id)
    if found is None or estate_id not in actor.estates:
        raise Refused(_("您不负责这个项目。"))
    return found


def require_keeper(session: Session, estate_id: int) -> None:
    """Refuse unless the session's actor may keep the estate's accounts."""
    actor = actor_of(session)
    require(actor, Right.KEEP_ACCOUNTS)
    if estate_id not in actor.estates:
        raise Refused(_("您不负责这个项目。"))


def kept_estate(session: Session, estate_id: int) -> Estate:
    """Return an estate whose accounts the actor may keep; until the end of the write nobody else writes in them."""
    require_keeper(session, estate_id)
    # Not the key: units and cases may go on referring to it meanwhile.
    return session.scalars(select(Estate).where(Estate.id == estate_id).with_for_update(key_share=True)).one()


def period_of(span: Span, day: date) -> Period:
    """Return the month, quarter or year that holds `day`."""
    return _OF[span](day)


def months_of(period: Period) -> list[date]:
    """List the first days of a period's months."""
    months = [period.first.replace(day=1)]
    while (following := month_of(months[-1]).last + timedelta(days=1)) <= period.last:
        months.append(following)
    return months


def yuan_typed(typed: object) -> tuple[Decimal | None, Words | None]:
    """Read an amount in yuan as people type it, with its sign; or say what is wrong. Nothing typed is neither."""
    if not str(typed).strip():
        return None, None
    number = decimal_typed(typed)
    if number is None:
        return None, _("“{typed}”不是金额，请写成 12800.50 这样的数字。", typed=typed)
    if abs(number) > MOST:
        return None, _("“{typed}”太大，请检查单位是不是元。", typed=typed)
    if number != number.quantize(CENT):
        return None, _("“{typed}”超过两位小数，请按分填写。", typed=typed)
    return number.quantize(CENT), None
