"""The papers of moving in: fee sheet, 入伙通知书 (HB:313), what is signed (HB:317-319), owner's promise, the move."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from db.checklists import ItemKind, items_of
from db.clock import local
from db.dossiers import entry_money, moving_times
from db.dossiers.move_in_templates import HAND_OVER
from db.ledger.calculations import in_chinese
from db.papers.kinds import Head, Listed, PaperKind, Said
from db.people import OFFICE, Role
from db.process import Gate
from db.registry import Building, Contract, Customer, Unit
from db.words import Words, _

PROCESS = "move_ins"
_CASHIERS = OFFICE | {Role.CASHIER, Role.FINANCE}


# ── what they say ────────────────────────────────────────────────────────────────────────────────────────────────────


def _unit(session: Session, case: Any) -> str:
    unit = session.get_one(Unit, case.unit_id)
    return f"{session.get_one(Building, unit.building_id).name} {unit.short}"


def _area(session: Session, case: Any) -> object:
    return session.get_one(Unit, case.unit_id).area


def _customer(session: Session, case: Any) -> str:
    return session.get_one(Customer, case.customer_id).name


def _contract(session: Session, case: Any) -> str:
    return session.get_one(Contract, case.contract_id).number if case.contract_id else ""


def _lease(session: Session, case: Any) -> str:
    if case.contract_id is None:
        return ""
    contract = session.get_one(Contract, case.contract_id)
    return in_chinese(_("{first} 至 {last}", first=contract.starts_on.isoformat(), last=contract.ends_on.isoformat()))


def _agent(_session: Session, case: Any) -> str:
    return str(case.agent_name)


def _starts_on(_session: Session, case: Any) -> date | None:
    starts_on: date | None = case.starts_on
    return starts_on


def _appointed(_session: Session, case: Any) -> object:
    return case.appointed_at


def _window(_session: Session, case: Any) -> str:
    if case.move_from is None or case.move_to is None:
        return ""
    first, last = local(case.move_from), local(case.move_to)
    until = f"{last:%H:%M}" if last.date() == first.date() else f"{last:%Y-%m-%d %H:%M}"
    return in_chinese(_("{first} 至 {last}", first=f"{first:%Y-%m-%d %H:%M}", last=until))


def _rule(session: Session, case: Any) -> str:
    return moving_times.rule_said(session, case.estate_id)


def _fee_rows(session: Session, case: Any) -> Sequence[Sequence[object]]:
    rows = entry_money.sheet(session, case)
    return [(place, *each) for place, each in enumerate(rows, start=1)]


def _to_bring(session: Session, case: Any) -> Sequence[Sequence[object]]:
    """List the papers that the customer is to bring, as his own checklist asks for them."""
    asked = [each for each in items_of(session, case.id) if each.kind is ItemKind.PAPER and each.before == HAND_OVER]
    return [(place, each.label, each.ask) for place, each in enumerate(asked, start=1)]


def _to_sign(session: Session, case: Any) -> str:
    """Name what is signed on the spot."""
    asked = [each.label for each in items_of(session, case.id) if each.kind is ItemKind.SIGNED]
    return in_chinese(_("、")).join(asked)


# ── when they may be issued ──────────────────────────────────────────────────────────────────────────────────────────


def _asks_for(key: str) -> Gate:
    """Make the gate of a paper: the matter's checklist has a line of this key, so that it is of its kind."""

    def gate(session: Session, case: Any) -> Words | None:
        if any(each.key == key for each in items_of(session, case.id)):
            return None
        return _("这类手续不用这张单据。")

    return gate


def _is_appointed(_session: Session, case: Any) -> Words | None:
    return None if case.appointed_at is not None else _("还没有约定收楼时间，请先“约定收楼时间”。")


def _is_booked(_session: Session, case: Any) -> Words | None:
    return None if case.move_from is not None else _("还没有约定搬迁时间。")


UNIT = Said("unit", _("房屋"), _unit)
CUSTOMER = Said("customer", _("客户"), _customer)
CONTRACT = Said("contract", _("租赁合同"), _contract)
LEASE = Said("lease", _("租赁期限"), _lease)
AGENT = Said("agent", _("被委托人"), _agent)
NUMBER = Said("case", _("手续单号"), lambda _session, case: case.number)
STARTS_ON = Said("starts_on", _("入住日期"), _starts_on)

KINDS: tuple[PaperKind, ...] = (
    PaperKind(
        key="entry_fee_sheet",
        title=_("入驻费用明细单"),
        process=PROCESS,
        prefix="RZF",
        issuers=_CASHIERS,
        fits=_asks_for("fees"),
        facts=(
            NUMBER, UNIT, CUSTOMER, CONTRACT, LEASE,
            Said("area", _("建筑面积(m²)"), _area),
            Said("period", _("首期费用期间"), entry_money.period_of, wide=True),
        ),
        tables=(
            Listed(
                (
                    Head(_("序号"), align="center"), Head(_("费用"), 2), Head(_("计算"), 5),
                    Head(_("金额(元)"), 2, "right"), Head(_("收款单位"), 3),
                ),
                _fee_rows,
                blank=4,
            ),
        ),
        total=entry_money.total_of,
        signatures=(_("收费员"), _("客户")),
    ),
    PaperKind(
        key="move_in_notice",
        title=_("入伙通知书"),
        process=PROCESS,
        prefix="RHT",
        fits=_asks_for("notice"),
        needs=(entry_money.fees_paid, _is_appointed),
        facts=(
            CUSTOMER, UNIT, CONTRACT, STARTS_ON,
            Said("appointed", _("收楼时间"), _appointed, wide=True),
            Said("to_sign", _("现场签署"), _to_sign, wide=True, hidden=True),
        ),
        tables=(
            Listed(
                (Head(_("序号"), align="center"), Head(_("请携带的资料"), 2), Head(_("要求"), 3)),
                _to_bring,
                heading=_("请准备以下资料"),
                blank=3,
            ),
        ),
        signatures=(_("经办人"), _("客户签收")),
    ),
    PaperKind(
        key="handbook_confirmation",
        title=_("客户服务手册确认书"),
        process=PROCESS,
        prefix="SCQ",
        fits=_asks_for("handbook"),
        returns=True,
        facts=(CUSTOMER, UNIT, CONTRACT, AGENT),
        signatures=(_("客户（盖章）"), _("被委托人签字")),
        seal=False,
    ),
    PaperKind(
        key="safety_undertaking",
        title=_("治安、防火安全责任书"),
        process=PROCESS,
        prefix="FHZ",
        fits=_asks_for("safety"),
        returns=True,
        facts=(
            CUSTOMER, UNIT, LEASE, AGENT,
            Said("guardian", _("治安防火责任人"), lambda _session, _case: None),
            Said("guardian_phone", _("责任人电话"), lambda _session, _case: None),
        ),
        signatures=(_("物业服务企业"), _("客户（盖章）"), _("治安防火责任人")),
    ),
    PaperKind(
        key="owner_undertaking",
        title=_("遵守临时管理规约承诺书"),
        process=PROCESS,
        prefix="YZC",
        fits=_asks_for("undertaking"),
        returns=True,
        facts=(CUSTOMER, UNIT, STARTS_ON),
        signatures=(_("承诺人（业主）"),),
        seal=False,
    ),
    PaperKind(
        key="moving_arrangement",
        title=_("搬迁安排单"),
        process=PROCESS,
        prefix="BQD",
        size="a5",
        needs=(_is_booked,),
        facts=(
            NUMBER, UNIT, CUSTOMER,
            Said("agent", _("现场负责人"), _agent),
            Said("window", _("搬迁时间"), _window, wide=True),
            Said("rule", _("搬迁时间规定"), _rule, wide=True),
        ),
        signatures=(_("客户"), _("客服管理员"), _("秩序维护员")),
    ),
)  # fmt: skip
