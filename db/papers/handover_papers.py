"""The papers of handing over: 单元验收单 (HB:320-321), 退房验收单, 领用单 of keys, 客户名牌申请表 (HB:322)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.cases import Case
from db.checklists import items_of
from db.dossiers import cards, handover_readings, inspection_views, inspections, plates
from db.dossiers.card_tables import Holding
from db.dossiers.inspection_views import SeenPoint, View
from db.dossiers.inspections import InspectionKind, PointResult
from db.ledger.calculations import in_chinese
from db.papers.kinds import Head, Listed, PaperKind, Said
from db.people import in_scope
from db.process import Gate
from db.refused import Refused
from db.registry import Building, Contract, Customer, CustomerPhone, Estate, EstateKind, Unit
from db.session import actor_of
from db.words import Words, _

MOVE_IN, MOVE_OUT, CARDS = "move_ins", "move_outs", "cards"
_IN, _OUT = InspectionKind.IN, InspectionKind.OUT


# ── who and where ────────────────────────────────────────────────────────────────────────────────────────────────────


def _unit(session: Session, row: Any) -> str:
    unit = session.get_one(Unit, row.unit_id)
    return f"{session.get_one(Building, unit.building_id).name} {unit.short}"


def _area(session: Session, row: Any) -> object:
    return session.get_one(Unit, row.unit_id).area


def _customer(session: Session, row: Any) -> str:
    return "" if row.customer_id is None else session.get_one(Customer, row.customer_id).name


def _phone(session: Session, row: Any) -> str:
    number = select(CustomerPhone.number).where(CustomerPhone.customer_id == row.customer_id)
    return session.scalar(number.order_by(CustomerPhone.position, CustomerPhone.id).limit(1)) or ""


def _contract(session: Session, case: Any) -> str:
    contract_id = getattr(case, "contract_id", None)
    return session.get_one(Contract, contract_id).number if contract_id is not None else ""


UNIT = Said("unit", _("房屋"), _unit)
AREA = Said("area", _("建筑面积(m²)"), _area)
CUSTOMER = Said("customer", _("客户"), _customer)
PHONE = Said("customer_phone", _("联系电话"), _phone)
NUMBER = Said("case", _("手续单号"), lambda _session, case: case.number)


# ── inspections ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _view(session: Session, case: Case, kind: InspectionKind) -> View:
    found = inspection_views.view(session, case.id, kind)
    if found is None:
        raise Refused(_("还没有验房，请和客户逐项验收并签字。"))
    return found


def _seen(kind: InspectionKind, what: Callable[[View], object]) -> Callable[[Session, Any], object]:
    return lambda session, case: what(_view(session, case, kind))


def _note(point: SeenPoint) -> str:
    """Say what is wrong, how many photographs show it, and which repair it became."""
    parts = [point.note]
    if point.photos:
        parts.append(in_chinese(_("照片 {n} 张", n=len(point.photos))))
    if point.repair is not None:
        parts.append(in_chinese(_("报修单 {number}", number=point.repair.number)))
    return in_chinese(_("；")).join(filter(None, parts))


def _result(point: SeenPoint) -> object:
    return point.result.label if point.result is not None else ""


def _entry_rows(session: Session, case: Any) -> Sequence[Sequence[object]]:
    points = _view(session, case, _IN).points
    return [(place, each.place, each.label, _result(each), _note(each)) for place, each in enumerate(points, 1)]


def _exit_rows(session: Session, case: Any) -> Sequence[Sequence[object]]:
    points = _view(session, case, _OUT).points
    return [
        (place, each.place, each.label, each.was_said, _result(each), _note(each))
        for place, each in enumerate(points, 1)
    ]


def _worse_rows(session: Session, case: Any) -> Sequence[Sequence[object]]:
    worse = [each for each in _view(session, case, _OUT).points if each.worse]
    return [(place, f"{each.place} {each.label}", each.was_said, each.note, "") for place, each in enumerate(worse, 1)]


def _meter_rows(session: Session, case: Any) -> Sequence[Sequence[object]]:
    return [
        (each.item, each.number, each.taken.value, each.taken.read_on)
        for each in handover_readings.lines_of(session, case)
        if each.taken is not None
    ]


def _printed(estate: EstateKind) -> Callable[[], Sequence[Sequence[object]]]:
    """Make the rows of the blank form: the house's own points of such an estate."""
    template = next(each for each in inspections.TEMPLATES if estate in each.estates)
    return lambda: [(place, each.ask, each.label, "", "") for place, each in enumerate(template.lines, 1)]


def _fits(estate: EstateKind, other: Words) -> Gate:
    def gate(session: Session, case: Case) -> Words | None:
        return None if session.get_one(Estate, case.estate_id).kind is estate else other

    return gate


def _inspected(kind: InspectionKind) -> Gate:
    """Make the gate of a sheet: every point has its result."""

    def gate(session: Session, case: Case) -> Words | None:
        found = inspection_views.view(session, case.id, kind)
        if found is None:
            return _("还没有验房，请和客户逐项验收并签字。")
        missing = found.number(None)
        return _("验收单还有 {n} 项没有结果。", n=missing) if missing else None

    return gate


def _inspection_facts(kind: InspectionKind) -> tuple[Said, ...]:
    def at(view: View) -> datetime:
        return view.at

    return (
        NUMBER, UNIT, AREA, CUSTOMER, Said("at", _("验收时间"), _seen(kind, at)),
        Said("by", _("陪同验收"), _seen(kind, lambda view: view.by)),
        Said("points", _("验收项数"), _seen(kind, lambda view: str(len(view.points)))),
        Said("defects", _("缺陷处数"), _seen(kind, lambda view: str(view.number(PointResult.DEFECT)))),
        Said("photos", _("现场照片(张)"), _seen(kind, lambda view: str(sum(len(each.photos) for each in view.points)))),
        Said("signed_by", _("签字确认"), _seen(kind, lambda view: view.signed_by), hidden=True),
    )  # fmt: skip


_METERS = Listed(
    (Head(_("表计"), 2), Head(_("表号"), 2), Head(_("示数"), 2, "right"), Head(_("抄表日期"), 2)), _meter_rows,
    heading=_("水电表示数"), blank=4,
)  # fmt: skip


def _entry_sheet(key: str, title: Words, prefix: str, estate: EstateKind, other: Words) -> PaperKind:
    return PaperKind(
        key=key, title=title, process=MOVE_IN, prefix=prefix, fits=_fits(estate, other),
        needs=(_inspected(_IN),),
        facts=_inspection_facts(_IN),
        tables=(
            Listed(
                (Head(_("序号"), align="center"), Head(_("部位"), 2), Head(_("项目"), 3), Head(_("结果"), 1.4),
                 Head(_("缺陷说明"), 5)),
                _entry_rows, printed=_printed(estate),
            ),
            _METERS,
        ),
        signatures=(_("客户签字确认"), _("陪同验收人")), returns=True,
    )  # fmt: skip


# ── keys, cards, plates ──────────────────────────────────────────────────────────────────────────────────────────────


def _handed_rows(session: Session, case: Any) -> Sequence[Sequence[object]]:
    return [
        (place, row.kind.label, row.number, row.count, row.holder, row.issued_at)
        for place, (row, _by) in enumerate(cards.handed_in(session, case.id), 1)
    ]


def _handed(session: Session, case: Case) -> Words | None:
    return None if cards.handed_in(session, case.id) else _("还没有发放钥匙或门禁卡。")


def _one_row(_session: Session, row: Holding) -> Sequence[Sequence[object]]:
    return [(1, row.kind.label, row.number, row.count, row.holder, row.issued_at)]


def _is_out(_session: Session, row: Any) -> Words | None:
    return _("{what} 已经交回。", what=row.shown) if row.returned_at is not None else None


def _holding(session: Session, holding_id: int) -> Holding:
    row = session.scalar(in_scope(select(Holding).where(Holding.id == holding_id), actor_of(session), Holding))
    if row is None:
        raise Refused(_("没有找到这条登记，可能不在您负责的项目内。"))
    return row


def _asks_for_plates(session: Session, case: Case) -> Words | None:
    """Say whether a matter is of the sort that has plates: its checklist asks for them."""
    asked = any(each.key == "plates" for each in items_of(session, case.id))
    return None if asked else _("这类手续不做名牌。")


def _plate_rows(session: Session, case: Any) -> Sequence[Sequence[object]]:
    return [
        (place, each.kind.label, each.text, each.text_en, each.price if each.price is not None else "")
        for place, each in enumerate(_standing(session, case), 1)
    ]


def _standing(session: Session, case: Any) -> list[plates.Plate]:
    return [each for each in plates.plates_of(session, case) if each.taken_down_on is None]


def _applied_on(session: Session, case: Any) -> date | None:
    return min((each.applied_on for each in _standing(session, case)), default=None)


def _plate_total(session: Session, case: Any) -> Any:
    priced = [each.price for each in _standing(session, case) if each.price is not None]
    return sum(priced[1:], priced[0]) if priced else None


def _plates_printed() -> Sequence[Sequence[object]]:
    return [(place, each.label, "", "", "") for place, each in enumerate(plates.PlateKind, 1)]


_KEYS = (
    Head(_("序号"), align="center"), Head(_("物品"), 2), Head(_("卡号、编号"), 3), Head(_("数量"), align="right"),
    Head(_("持有人"), 2), Head(_("发放时间"), 3),
)  # fmt: skip

KINDS: tuple[PaperKind, ...] = (
    _entry_sheet("inspection_sheet", _("单元验收单"), "DYS", EstateKind.PARK, _("住宅用《房屋验收单》。")),
    _entry_sheet("home_inspection_sheet", _("房屋验收单"), "FYS", EstateKind.HOMES, _("园区用《单元验收单》。")),
    PaperKind(
        key="exit_inspection_sheet",
        title=_("退房验收单"),
        process=MOVE_OUT,
        prefix="TYS",
        needs=(_inspected(_OUT),),
        facts=(
            *_inspection_facts(_OUT),
            Said("taken_on", _("入住验收签字日期"), _seen(_OUT, lambda view: view.taken_on)),
        ),
        tables=(
            Listed(
                (Head(_("序号"), align="center"), Head(_("部位"), 2), Head(_("项目"), 3), Head(_("入住时"), 3),
                 Head(_("退房时"), 1.4), Head(_("说明"), 4)),
                _exit_rows, blank=24,
            ),
            Listed(
                (Head(_("序号"), align="center"), Head(_("部位项目"), 3), Head(_("入住时"), 2), Head(_("现状"), 4),
                 Head(_("双方商定的扣款（元）"), 3)),
                _worse_rows, heading=_("入住时完好、退房时有缺陷的项目"), blank=6,
            ),
            _METERS,
        ),
        signatures=(_("客户签字确认"), _("陪同验收人")),
        returns=True,
    ),
    PaperKind(
        key="key_receipt",
        title=_("钥匙、门禁卡领用单"),
        process=MOVE_IN,
        prefix="LYD",
        needs=(_handed,),
        facts=(NUMBER, UNIT, CUSTOMER, PHONE),
        tables=(Listed(_KEYS, _handed_rows, blank=8),),
        signatures=(_("领用人"), _("发放人")),
        returns=True,
    ),
    PaperKind(
        key="card_receipt",
        title=_("门禁卡、钥匙领用单（单件）"),
        process=CARDS,
        prefix="LYK",
        needs=(_is_out,),
        facts=(UNIT, CUSTOMER, PHONE),
        tables=(Listed(_KEYS, _one_row, blank=2),),
        signatures=(_("领用人"), _("发放人")),
        returns=True,
        size="a5",
        subject="holdings",
        find=_holding,
    ),
    PaperKind(
        key="plate_application",
        title=_("客户名牌申请表"),
        process=MOVE_IN,
        prefix="MPS",
        fits=_asks_for_plates,
        needs=(plates.plates_applied,),
        facts=(
            NUMBER, UNIT, CUSTOMER, PHONE, Said("contract", _("租赁合同"), _contract),
            Said("applied_on", _("申请日期"), _applied_on),
        ),
        tables=(
            Listed(
                (Head(_("序号"), align="center"), Head(_("名牌"), 2), Head(_("中文名称"), 4), Head(_("英文名称"), 4),
                 Head(_("制作费（元）"), 2, "right")),
                _plate_rows, printed=_plates_printed,
            ),
        ),
        signatures=(_("申请单位（盖章）"), _("受理人")),
        total=_plate_total,
        returns=True,
    ),
)  # fmt: skip
