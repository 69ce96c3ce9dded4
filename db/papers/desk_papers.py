"""The papers of daily service: 维修单 that the technician takes along (HB:138), 投诉处理单, 住户回访记录表 (HB:156)."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import privacy
from db.cases import Case, CaseHand
from db.clock import local
from db.fields import fields_of
from db.papers.kinds import PaperKind, Said
from db.people import OFFICE, Role, User
from db.privacy import Ground
from db.processes.complaints import Complaint, Finding, TellingWay
from db.processes.repairs import ChargeKind, Repair
from db.processes.return_visits import Manner, ReturnVisit, Satisfaction, Solved, origin_of
from db.registry import Customer, Facility, Firm, Unit
from db.words import Words, _


def place(session: Session, case: Case) -> str:
    """Say where a matter is: unit, facility, place as told."""
    unit = session.get(Unit, case.unit_id) if case.unit_id else None
    facility = session.get(Facility, case.facility_id) if case.facility_id else None
    return " ".join(filter(None, (unit.short if unit else "", facility.name if facility else "", case.place)))


def customer(session: Session, case: Case) -> str:
    """Name the customer of a matter, else who told of it."""
    found = session.get(Customer, case.customer_id) if case.customer_id else None
    return found.name if found else case.contact_name


def _phone(session: Session, case: Case) -> str:
    """The telephone for the technician to call; whose look at it needs a ground gives dispatch as his, in the log."""
    seen = privacy.case_phone(session, case)
    if seen.look_owed:
        privacy.look_at_case(session, case.id)
        session.flush()
        return privacy.case_phone(session, case).shown
    return privacy.reveal_case_phone(session, case.id, Ground.DISPATCH) if seen.may_reveal else seen.shown


def _window(_session: Session, case: Repair) -> str:
    moments = [local(each).strftime("%m-%d %H:%M") for each in (case.appointed_from, case.appointed_to) if each]
    return " – ".join(moments)


def _is_dispatched(_session: Session, case: Repair) -> Words | None:
    return None if case.dispatched_at else _("派单后才能打印维修单。")


def _technicians(session: Session, case: Repair) -> str:
    helpers = select(CaseHand.user_id).where(CaseHand.case_id == case.id)
    people = [case.assigned_to, *session.scalars(helpers)]
    return str(_("、")).join(session.get_one(User, each).name for each in people if each)


def _firm(session: Session, case: Repair) -> str:
    return session.get_one(Firm, case.firm_id).name if case.firm_id else ""


def _user(name: str) -> Said:
    """Name the person of a column."""
    label: Words = fields_of(Complaint)[name].label

    def of(session: Session, case: Case) -> str:
        key = getattr(case, name)
        return session.get_one(User, key).name if key else ""

    return Said(name, label, of)


def _of(
    model: type[Case], name: str, *, wide: bool = False, room: int = 1, label: Words | None = None,
    boxes: type[Finding | TellingWay | ChargeKind | Satisfaction | Manner | Solved] | None = None,
) -> Said:  # fmt: skip
    """Print a column under its own name."""
    return Said(name, label or fields_of(model)[name].label, lambda _session, case: getattr(case, name), wide=wide,
                room=room, boxes=boxes)  # fmt: skip


WORK_ORDER = PaperKind(
    key="work_order",
    title=_("维修单"),
    process="repairs",
    prefix="WX",
    size="a5",
    direct=True,
    needs=(_is_dispatched,),
    seal=False,
    issuers=OFFICE | {Role.WORKS_SUPERVISOR, Role.TECHNICIAN},
    facts=(
        Said("place", _("地点"), place, wide=True),
        Said("customer", _("客户"), customer),
        Said("phone", _("电话"), _phone),
        _of(Repair, "words", label=_("报修内容"), wide=True, room=2),
        _of(Repair, "category"),
        _of(Repair, "urgency"),
        _of(Repair, "charge_kind", boxes=ChargeKind, wide=True),
        _of(Repair, "quoted"),
        Said("window", _("预约时间"), _window),
        Said("technicians", _("维修人员"), _technicians),
        Said("firm", _("外委单位"), _firm),
        _of(Repair, "arrived_at"),
        _of(Repair, "handled_at", label=_("完工时间")),
        _of(Repair, "work", wide=True, room=3),
        _of(Repair, "materials", wide=True, room=2),
        _of(Repair, "charge"),
        _of(Repair, "rating", boxes=Satisfaction, wide=True),
    ),
    signatures=(_("维修人员签字"), _("客户签字")),
)


def _complainant(session: Session, case: Complaint) -> str:
    return str(_("匿名").text) if case.anonymous else customer(session, case)


COMPLAINT = PaperKind(
    key="complaint_form",
    title=_("投诉处理单"),
    process="complaints",
    prefix="CL",
    seal=False,
    issuers=OFFICE | {Role.WORKS_SUPERVISOR},
    facts=(
        _of(Complaint, "number", label=_("投诉单号")),
        _of(Complaint, "opened_at", label=_("受理时间")),
        Said("customer", _("投诉人"), _complainant),
        Said("place", _("房屋或地点"), place),
        _of(Complaint, "source"),
        _of(Complaint, "outside_number"),
        _of(Complaint, "category"),
        _of(Complaint, "gravity"),
        _of(Complaint, "words", label=_("投诉内容"), wide=True, room=4),
        _user("opened_by"),
        _of(Complaint, "department"),
        _of(Complaint, "facts", wide=True, room=4),
        _of(Complaint, "finding", boxes=Finding, wide=True),
        _of(Complaint, "solution", wide=True, room=4),
        _of(Complaint, "promised_on"),
        _of(Complaint, "handled_at"),
        _of(Complaint, "told_by", boxes=TellingWay, wide=True),
        _of(Complaint, "improvement", wide=True, room=2),
        Said("satisfaction", _("客户评价"), lambda _session, _case: None, boxes=Satisfaction, wide=True),
        Said("opinion", _("客户意见"), lambda _session, _case: None, wide=True, room=3),
    ),
    signatures=(_("经办人"), _("客服主管"), _("客户签字")),
)


def _origin(session: Session, case: ReturnVisit) -> str:
    origin = origin_of(session, case)
    return f"{origin.number} {origin.words}" if origin else case.words


def _handler(session: Session, case: ReturnVisit) -> str:
    return session.get_one(User, case.handled_by).name if case.handled_by else ""


VISIT = PaperKind(
    key="visit_record",
    title=_("住户回访记录表"),
    process="return_visits",
    prefix="JL",
    seal=False,
    returns=True,
    facts=(
        Said("customer", _("客户"), customer),
        Said("place", _("房屋"), place),
        Said("visited", _("回访日期"), lambda _session, case: case.visited_at or case.closed_at),
        Said("visitor", _("回访人"), _handler),
        _of(ReturnVisit, "manner", boxes=Manner, wide=True),
        Said("origin", _("回访事项"), _origin, wide=True, room=2),
        _of(ReturnVisit, "solved", boxes=Solved, wide=True),
        _of(ReturnVisit, "satisfaction", boxes=Satisfaction, wide=True),
        _of(ReturnVisit, "opinion", label=_("客户意见和建议"), wide=True, room=6),
        Said("answer", _("处理意见"), lambda _session, _case: None, wide=True, room=4),
    ),
    signatures=(_("客户签字"), _("物业管家"), _("客服主管")),
)


KINDS: tuple[PaperKind, ...] = (WORK_ORDER, COMPLAINT, VISIT)
