"""The work order 维修单 as it is printed: what the technician takes along and the customer signs (HB:138, M2, M4)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import privacy
from db.audit import record
from db.cases import CaseHand, case_by_number
from db.clock import local
from db.fields import fields_of
from db.people import User
from db.privacy import Ground
from db.processes.repairs import Repair
from db.processes.return_visits import Satisfaction
from db.refused import Refused
from db.registry import Customer, Estate, Facility, Firm, Unit
from db.words import Words, _


@dataclass(frozen=True)
class Order:
    """A work order: the estate it belongs to, its number, what is known, what is to be filled in by hand."""

    estate: str
    number: str
    known: tuple[tuple[str, str], ...]
    blanks: tuple[str, ...]
    ratings: tuple[str, ...]


BLANKS = (
    _("到场时间"), _("完工时间"), _("维修内容"), _("用料"), _("收费(元)"), _("维修人员签字"), _("客户签字"), _("日期"),
)  # fmt: skip
"""What is written by hand on the spot."""


def work_order(session: Session, number: str) -> Order:
    """Prepare the order of a repair for printing; each printing is in the log, since it carries a telephone.

    Needs a writing session. Raises `Refused` for another process or a repair out of the actor's scope.
    """
    case = case_by_number(session, number)
    if not isinstance(case, Repair):
        raise Refused(_("{number} 不是报修单，没有维修单可打印。", number=case.number))
    known = {name: getattr(case, name) for name in ("words", "category", "urgency", "charge_kind", "quoted")}
    lines: list[tuple[Words, str]] = [
        (_("地点"), _place(session, case)),
        (_("客户"), _name(session, Customer, case.customer_id) or case.contact_name),
        (_("电话"), _phone(session, case)),
        *((fields_of(Repair)[name].label, _said(value)) for name, value in known.items()),
        (_("预约时间"), _window(case)),
        (_("维修人员"), _technicians(session, case)),
        (_("外委单位"), _name(session, Firm, case.firm_id)),
    ]
    record(session, "printed", "cases", case.id, estate_id=case.estate_id, ground=case.number, case_id=case.id)
    return Order(
        estate=session.get_one(Estate, case.estate_id).name,
        number=case.number,
        known=tuple((str(label), text) for label, text in lines if text),
        blanks=tuple(str(blank) for blank in BLANKS),
        ratings=tuple(str(each.label) for each in Satisfaction),
    )


def _place(session: Session, case: Repair) -> str:
    unit = session.get(Unit, case.unit_id) if case.unit_id else None
    return " ".join(filter(None, (unit.short if unit else "", _name(session, Facility, case.facility_id), case.place)))


def _name(session: Session, model: type[Customer | Firm | Facility], key: int | None) -> str:
    return (session.scalar(select(model.name).where(model.id == key)) if key else None) or ""


def _phone(session: Session, case: Repair) -> str:
    """The telephone for the technician to call; whose look at it needs a ground gives dispatch as his, in the log."""
    seen = privacy.case_phone(session, case)
    if seen.look_owed:
        privacy.look_at_case(session, case.id)
        session.flush()
        return privacy.case_phone(session, case).shown
    return privacy.reveal_case_phone(session, case.id, Ground.DISPATCH) if seen.may_reveal else seen.shown


def _said(value: object) -> str:
    return str(getattr(value, "label", value)) if value is not None else ""


def _window(case: Repair) -> str:
    moments = [local(each).strftime("%m-%d %H:%M") for each in (case.appointed_from, case.appointed_to) if each]
    return " – ".join(moments)


def _technicians(session: Session, case: Repair) -> str:
    helpers = select(CaseHand.user_id).where(CaseHand.case_id == case.id)
    people = [case.assigned_to, *session.scalars(helpers)]
    return str(_("、")).join(session.get_one(User, each).name for each in people if each)
