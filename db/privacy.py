"""Personal data kept confidential (R4): who sees a phone, what each look leaves behind, what is passed on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db.audit import Audit, record
from db.base import Choice
from db.cases import Case, CaseHand, case_by_id, hidden_from
from db.checking import clean_text
from db.clock import now
from db.masking import mask_phone
from db.people import Actor, Right, require
from db.process import permitted
from db.refused import Refused
from db.registering import locked
from db.registry import Customer, CustomerPhone
from db.session import actor_of
from db.words import Words, _

LOOK_LASTS = timedelta(hours=1)
"""One entry of the audit stands for all looks of a person at a customer within so long."""
LOOKED, REVEALED, DISCLOSED = "looked", "revealed", "disclosed"
ON_CARD = "card"
_REFUSED = _("您不能查看这位客户的电话。维修人员只能在自己未完工的单上查看。")


class Ground(Choice):
    """Why somebody needs a number that is not simply in sight: one of four, picked with one click."""

    RETURN_VISIT = "return_visit", _("回访")
    DISPATCH = "dispatch", _("派单联系")
    DUNNING = "dunning", _("催缴")
    EMERGENCY = "emergency", _("紧急")


def said_ground(stored: str) -> str:
    """Say a logged ground in the reader's language: one of the four, the card, or a matter's number as it is."""
    if stored == ON_CARD:
        return str(_("客户卡"))
    return str(Ground(stored).label) if stored in {each.value for each in Ground} else stored


@dataclass(frozen=True)
class CasePhone:
    """The telephone of a matter as this person may see it now."""

    shown: str
    """In full, masked, or "" where there is none or nothing may be seen."""
    is_open: bool = False
    look_owed: bool = False
    """In full once the look is logged: call `look_at_case` in a writing session, then ask again."""
    may_reveal: bool = False
    """Can be had by `reveal_case_phone` with a ground."""


def looked_at(session: Session, actor: Actor, customer_ids: Iterable[int], case_id: int | None = None) -> set[int]:
    """Say which of the customers the actor has a logged look at that still stands, on the card or on a case."""
    ids = list(customer_ids)
    if not ids:
        return set()
    return set(
        session.scalars(
            select(Audit.record_id).where(
                Audit.table_name == "customers",
                Audit.record_id.in_(ids),
                Audit.act == LOOKED,
                Audit.actor_id == actor.user_id,
                Audit.at > now() - LOOK_LASTS,
                Audit.case_id.is_(None) if case_id is None else Audit.case_id == case_id,
            )
        )
    )


def look(session: Session, customer_ids: Iterable[int]) -> None:
    """Log that the actor sees these customers' phones on the card; at most one entry an hour for each."""
    actor = actor_of(session)
    require(actor, Right.SEE_PHONE)
    ids = sorted(set(customer_ids))
    for customer_id in ids:  # in key order, so that two people looking at the same unit never wait for each other
        locked(session, Customer, customer_id)
    done = looked_at(session, actor, ids)
    for customer_id in ids:
        if customer_id not in done:
            _log(session, LOOKED, customer_id, ON_CARD)


def reveal_phone(session: Session, customer_id: int, ground: Ground | str, case_id: int | None = None) -> list[str]:
    """Hand out a customer's phones, first to be called first, and log it with its ground.

    Needs the right, or a technician's own open order of this customer (`case_id`). Raises `Refused`.
    """
    actor = actor_of(session)
    case = case_by_id(session, case_id) if case_id is not None else None
    own = case is not None and case.customer_id == customer_id and _is_own_open_order(session, actor, case)
    if (case is not None and hidden_from(case, actor.user_id)) or not (actor.may(Right.REVEAL_PHONE) or own):
        raise Refused(_REFUSED)
    customer: Customer = locked(session, Customer, customer_id)
    _log(session, REVEALED, customer.id, _ground(ground).value, case_id=case_id, what="phone")
    return _numbers(session, customer_id)


def reveal_id(session: Session, customer_id: int, ground: Ground | str) -> str:
    """Hand out a customer's identity number ("" if none is kept), and log it with its ground."""
    require(actor_of(session), Right.REVEAL_ID)
    customer: Customer = locked(session, Customer, customer_id)
    _log(session, REVEALED, customer.id, _ground(ground).value, what="id_number")
    return customer.id_number or ""


def record_disclosure(session: Session, customer_id: int, to_whom: str, ground: str) -> None:
    """Log that a customer's data were given to a third party, with the ground that allows it (HB:34, PIPL 23)."""
    require(actor_of(session), Right.EDIT_REGISTRY)
    to_whom, ground = " ".join(clean_text(to_whom).split())[:60], " ".join(clean_text(ground).split())[:200]
    problems: dict[str, Words] = {}
    if not to_whom:
        problems["to_whom"] = _("请填写提供给谁。")
    if not ground:
        problems["ground"] = _("请填写依据，例如客户本人同意、法院调取函。")
    if problems:
        raise Refused(_("向第三方提供客户信息必须登记对象和依据。"), problems)
    customer: Customer = locked(session, Customer, customer_id)
    record(session, DISCLOSED, "customers", customer.id, estate_id=customer.estate_id, ground=ground,
           after={"to_whom": to_whom})  # fmt: skip


def case_phone(session: Session, case: Case) -> CasePhone:
    """Say what the actor sees of a matter's telephone: its own, else the customer's first.

    In full on one's own open matter for desk, steward and supervisor, and for a technician on his own open order, once
    the look is logged; masked elsewhere and after closing; nothing for whom the matter is about.
    """
    actor = actor_of(session)
    number = _number_of(session, case)
    if not number or hidden_from(case, actor.user_id):
        return CasePhone("")
    if not _is_in_sight(session, actor, case):
        return CasePhone(mask_phone(number), may_reveal=actor.may(Right.REVEAL_PHONE))
    if not _has_looked(session, actor, case):
        return CasePhone(mask_phone(number), look_owed=True)
    return CasePhone(number, is_open=True)


def look_at_case(session: Session, case_id: int) -> None:
    """Log that the actor sees a matter's telephone, with the matter as its ground; at most one entry an hour."""
    actor = actor_of(session)
    case = case_by_id(session, case_id)
    if hidden_from(case, actor.user_id) or not _is_in_sight(session, actor, case):
        raise Refused(_REFUSED)
    if not _has_looked(session, actor, case):
        _log(session, LOOKED, case.customer_id, case.number, case_id=case.id)


def reveal_case_phone(session: Session, case_id: int, ground: Ground | str) -> str:
    """Hand out the telephone of a matter that is not in sight, and log it with its ground."""
    actor = actor_of(session)
    case = case_by_id(session, case_id)
    if hidden_from(case, actor.user_id) or not actor.may(Right.REVEAL_PHONE):
        raise Refused(_REFUSED)
    _log(session, REVEALED, case.customer_id, _ground(ground).value, case_id=case.id, what="phone")
    return _number_of(session, case)


def _ground(ground: Ground | str) -> Ground:
    try:
        return Ground(ground)
    except ValueError:
        raise Refused(_("请选择查看原因。"), {"ground": _("请选择查看原因。")}) from None


def _is_in_sight(session: Session, actor: Actor, case: Case) -> bool:
    """Claim: the actor sees this matter's telephone without giving a ground."""
    if case.closed_at is not None:
        return False
    if actor.may(Right.SEE_PHONE):
        return case.opened_by == actor.user_id or _is_own(session, actor, case) or _is_to_call(actor, case)
    return _is_own_open_order(session, actor, case)


def _is_own_open_order(session: Session, actor: Actor, case: Case) -> bool:
    return case.closed_at is None and _is_own(session, actor, case)


def _is_own(session: Session, actor: Actor, case: Case) -> bool:
    return case.assigned_to == actor.user_id or session.get(CaseHand, (case.id, actor.user_id)) is not None


def _is_to_call(actor: Actor, case: Case) -> bool:
    """Claim: the matter is a return visit that the actor may make: its next step is the call itself."""
    return case.process == "return_visits" and any(action.main for action in permitted(actor, case))


def _has_looked(session: Session, actor: Actor, case: Case) -> bool:
    entry = select(Audit.id).where(
        or_(
            (Audit.table_name == "customers") & (Audit.record_id == (case.customer_id or 0)),
            (Audit.table_name == "cases") & (Audit.record_id == case.id),
        ),
        Audit.act == LOOKED,
        Audit.actor_id == actor.user_id,
        Audit.case_id == case.id,
        Audit.at > now() - LOOK_LASTS,
    )
    return session.scalar(entry.limit(1)) is not None


def _number_of(session: Session, case: Case) -> str:
    if case.contact_phone or case.customer_id is None:
        return case.contact_phone or ""
    return next(iter(_numbers(session, case.customer_id)), "")


def _numbers(session: Session, customer_id: int) -> list[str]:
    return list(
        session.scalars(
            select(CustomerPhone.number)
            .where(CustomerPhone.customer_id == customer_id)
            .order_by(CustomerPhone.position, CustomerPhone.id)
        )
    )


def _log(
    session: Session,
    act: str,
    customer_id: int | None,
    ground: str,
    *,
    case_id: int | None = None,
    what: str = "phone",
) -> None:
    """Write the entry under the customer, so that his card shows who looked; under the matter where he is unknown."""
    if customer_id is None:
        table, record_id, estate_id = "cases", case_id, session.get_one(Case, case_id).estate_id
    else:
        table, record_id = "customers", customer_id
        estate_id = session.get_one(Customer, customer_id).estate_id
    record(session, act, table, record_id, estate_id=estate_id, ground=ground, case_id=case_id, after={"what": what})
