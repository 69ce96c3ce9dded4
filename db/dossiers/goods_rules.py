"""What must be known before goods are let out 放行规则: who takes them, whose word is wanted, until when.

The rules speak of relation and contract, never of the kind of estate: a tenant's landlord is told of his removal; a
lease that says so puts what is uncleared before the director; everybody else's arrears hold nothing.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import Choice
from db.clock import day_of, local, moment_of, today
from db.dossiers.clearance import lease_of, owed_and_open
from db.dossiers.goods_tables import Purpose, Taker
from db.ledger.settlement import owner_on
from db.refused import Refused
from db.registry import Customer, CustomerKind, Occupancy, Relation
from db.settings import Setting, value_of
from db.words import Words, _

ALWAYS, REMOVALS, NEVER = "always", "removals", "never"
_WHEN = {REMOVALS: _("搬家迁出时"), ALWAYS: _("每次放行"), NEVER: _("不需要")}
OWNER_TOLD = Setting(
    "goods_passes.owner_told", _("物品放行：租户放行要先告知业主"), REMOVALS,
    _("业主（房东）不同意或联系不上的，由客服主管决定"), choices=_WHEN,
)  # fmt: skip
TRIES = Setting("goods_passes.tries", _("物品放行：联系业主几次未果后由主管决定"), 3, least=1, most=10)
SEVERAL_EXITS = Setting("goods_passes.several_exits", _("物品放行：一张放行条可以分几次出门"), REMOVALS, choices=_WHEN)
GATE_CLOSES = Setting("goods_passes.gate_closes", _("物品放行：没写截止时间的，当天几点截止"), 22, least=1, most=24)
MOST_DAYS = Setting("goods_passes.most_days", _("物品放行：放行条最长有效几天"), 7, least=1, most=60)
AFTER_END_DAYS = Setting(
    "goods_passes.after_end_days", _("物品放行：迁出后几天内仍可凭原客户身份办理"), 30, least=0, most=365
)
LANDLORDS_WORD = frozenset({Relation.TENANT, Relation.OCCUPANT})
"""Those who live in what is another's: what is in the home need not all be theirs."""
_ORDER = list(Relation)


class Wanted(Choice):
    """Whose word is wanted before a pass is issued."""

    NOBODY = "nobody", _("不需要")
    OWNER = "owner", _("业主")
    SUPERVISOR = "supervisor", _("客服主管")


def relation_of(session: Session, unit_id: int, customer_id: int, estate_id: int) -> Relation:
    """Say what a customer is to a unit now, or was until lately; `Refused` where he is nothing to it."""
    since = today() - timedelta(days=value_of(session, AFTER_END_DAYS, estate_id))
    found = session.scalars(
        select(Occupancy.relation).where(
            Occupancy.unit_id == unit_id, Occupancy.customer_id == customer_id,
            Occupancy.ends_on.is_(None) | (Occupancy.ends_on >= since),
            Occupancy.starts_on.is_(None) | (Occupancy.starts_on <= today()),
        )
    ).all()  # fmt: skip
    if not found:
        wrong = _("这位客户没有登记在这套房屋名下。请选择房屋的客户，来人请按“代办人”登记委托。")
        raise Refused(wrong, {"customer_id": wrong})
    return min(found, key=_ORDER.index)


def wanted_word(
    session: Session, unit_id: int, customer_id: int, estate_id: int, purpose: Purpose
) -> tuple[Wanted, int | None]:
    """Say whose word is wanted before these goods go, and which owner is to be told."""
    relation = relation_of(session, unit_id, customer_id, estate_id)
    when = value_of(session, OWNER_TOLD, estate_id)
    if relation not in LANDLORDS_WORD or when == NEVER or (when == REMOVALS and purpose is not Purpose.REMOVAL):
        return Wanted.NOBODY, None
    owner = owner_on(session, unit_id, today())
    if owner is not None and owner != customer_id:
        return Wanted.OWNER, owner
    # A lease kept here has the office's principal for landlord; without one nobody is known who could be asked.
    return (Wanted.NOBODY if lease_of(session, unit_id, customer_id) else Wanted.SUPERVISOR), None


def held_by_lease(session: Session, unit_id: int, customer_id: int | None, purpose: Purpose) -> str:
    """Say what is uncleared and by the lease before the director; empty where nothing is or no lease says so.

    For single things only what is overdue counts: current fees and cards belong to whoever stays.
    """
    lease = lease_of(session, unit_id, customer_id)
    if lease is None or not lease.holds_goods:
        return ""
    standing = owed_and_open(session, unit_id, customer_id)
    if purpose is Purpose.REMOVAL:
        return standing.words()
    return str(_("逾期未缴 {amount} 元", amount=f"{standing.overdue:,.2f}")) if standing.overdue else ""


def taker_named(session: Session, customer_id: int, taker: Taker, name: str, authority: str) -> str:
    """Say who takes the goods by name: the customer himself, or whom he has authorised in writing; else `Refused`."""
    customer = session.get_one(Customer, customer_id)
    if taker is Taker.SELF:
        if customer.kind is CustomerKind.COMPANY:
            wrong = _("单位客户请选“代办人”，并写明盖章的委托书或放行申请的编号、日期。")
            raise Refused(wrong, {"taker": wrong})
        return customer.name
    problems = {}
    if not name.strip():
        problems["taker_name"] = _("请写明代办人姓名。")
    if not authority.strip():
        problems["authority"] = _("请写明委托书的编号或日期；没有书面委托的，请客户本人来办。")
    if problems:
        raise Refused(_("请检查标出的 {n} 处。", n=len(problems)), problems)
    return name.strip()


def window(
    session: Session, estate_id: int, at: datetime, valid_from: datetime | None, valid_to: datetime | None
) -> tuple[datetime, datetime]:
    """Say from when to when a pass holds: from now until the gate closes, unless told; else `Refused`."""
    starts = valid_from or at
    ends = valid_to or _closing(session, estate_id, starts)
    wrong: Words | None = None
    if ends <= starts:
        wrong = _("截止时间要晚于起始时间。")
    elif ends < at:
        wrong = _("截止时间已经过去，请重新填写。")
    elif ends - starts > timedelta(days=(most := value_of(session, MOST_DAYS, estate_id))):
        wrong = _("一张放行条最长有效 {n} 天，请缩短或分开办理。", n=most)
    if wrong is not None:
        raise Refused(wrong, {"valid_to": wrong})
    return starts, ends


def _closing(session: Session, estate_id: int, starts: datetime) -> datetime:
    day = day_of(starts)
    closes = moment_of(day) + timedelta(hours=value_of(session, GATE_CLOSES, estate_id))
    return closes if closes > starts else moment_of(day, time(23, 59, 59))


def goes_several_times(session: Session, estate_id: int, purpose: Purpose) -> bool:
    """Say whether a pass may be used for more than one exit."""
    when = value_of(session, SEVERAL_EXITS, estate_id)
    return bool(when == ALWAYS or (when == REMOVALS and purpose is Purpose.REMOVAL))


def said_window(starts: datetime, ends: datetime) -> str:
    """Write from when to when, the second day only where it is another."""
    first, last = local(starts), local(ends)
    second = f"{last:%H:%M}" if first.date() == last.date() else f"{last:%m-%d %H:%M}"
    return str(_("{first} 至 {last}", first=f"{first:%m-%d %H:%M}", last=second))
