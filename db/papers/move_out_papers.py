"""The papers of moving out: 退租迁出申请表 (HB:335), 迁出确认书 (HB:336), 迁出结算单, 保证金退还、抵扣确认单."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from db.clock import local
from db.dossiers import move_out_money
from db.fields import fields_of
from db.ledger import deposits, settlement
from db.ledger.calculations import in_chinese
from db.ledger.money_tables import PaymentKind
from db.ledger.settlement import Statement
from db.ledger.tables import NOTHING
from db.papers.kinds import Head, Listed, PaperKind, Said
from db.people import OFFICE, Role
from db.processes.move_outs import MoveOut, Reason, State, ends_of
from db.registry import Building, Contract, Customer, Unit
from db.words import Words, _

PROCESS = "move_outs"
_MONEY = OFFICE | {Role.CASHIER, Role.FINANCE}
_CONFIRMED = frozenset({State.CONFIRMED, State.SETTLED, State.DONE})
_SETTLED = frozenset({State.SETTLED, State.DONE})


# ── what they say ────────────────────────────────────────────────────────────────────────────────────────────────────


def _unit(session: Session, case: MoveOut) -> str:
    unit = session.get_one(Unit, case.unit_id)
    return f"{session.get_one(Building, unit.building_id).name} {unit.short}"


def _customer(session: Session, case: MoveOut) -> str:
    return session.get_one(Customer, case.customer_id).name


def _contract(session: Session, case: MoveOut) -> str:
    return session.get_one(Contract, case.contract_id).number if case.contract_id else ""


def _window(_session: Session, case: MoveOut) -> str:
    if case.move_from is None or case.move_to is None:
        return ""
    first, last = local(case.move_from), local(case.move_to)
    until = f"{last:%H:%M}" if last.date() == first.date() else f"{last:%Y-%m-%d %H:%M}"
    return in_chinese(_("{first} 至 {last}", first=f"{first:%Y-%m-%d %H:%M}", last=until))


def _goods_rows(_session: Session, case: MoveOut) -> Sequence[Sequence[object]]:
    lines = [each.strip() for each in case.goods.splitlines() if each.strip()]
    return [(place, each, "") for place, each in enumerate(lines, start=1)]


def _service_rows(session: Session, case: MoveOut) -> Sequence[Sequence[object]]:
    return [(in_chinese(service.label), day, "") for service, day in ends_of(session, case.id).items()]


def _of(name: str, label: Words | None = None, *, wide: bool = False, boxes: type[Reason] | None = None) -> Said:
    field = fields_of(MoveOut)[name]
    return Said(name, label or field.label, lambda _session, case: getattr(case, name), wide=wide, boxes=boxes)


# ── money ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _statement(session: Session, case: MoveOut) -> Statement:
    return settlement.settle_unit(session, case.unit_id or 0, case.customer_id, case.cut_off or case.wished_on)


def _net(session: Session, case: MoveOut) -> Decimal:
    return sum((each.net for each in _statement(session, case).parts), NOTHING)


def _verdict(session: Session, case: MoveOut) -> str:
    net = _net(session, case)
    words = _("客户应补缴 {amount} 元", amount=f"{net:,.2f}") if net >= 0 else _(
        "应退还客户 {amount} 元", amount=f"{-net:,.2f}"
    )
    return in_chinese(words)


def _due(session: Session, case: MoveOut) -> Decimal:
    return _statement(session, case).due


def _to_return(session: Session, case: MoveOut) -> Decimal:
    return _due(session, case) - _net(session, case)


def _statement_rows(session: Session, case: MoveOut) -> Sequence[Sequence[object]]:
    """List by payee what is owed and what goes back, and what remains of both."""
    rows: list[tuple[object, ...]] = []
    for part in _statement(session, case).parts:
        name = part.payee
        rows += [(name, each.item, _span(each), _yuan(each.unpaid), _yuan(each.late_fee), "") for each in part.owed]
        rows += [(name, each.item, _span(each), "", "", _yuan(each.paid)) for each in part.ahead if each.paid]
        if part.balance:
            rows.append((name, in_chinese(_("预存")), "", "", "", _yuan(part.balance)))
        rows += [(name, kind, "", "", "", _yuan(held)) for _id, kind, held in part.deposits]
        words = _("小计：应补缴") if part.net >= 0 else _("小计：应退还")
        net = _yuan(abs(part.net))
        rows.append((name, in_chinese(words), "", net if part.net >= 0 else "", "", "" if part.net >= 0 else net))
    return rows


def _span(line: settlement.Line) -> str:
    return in_chinese(_("{first} 至 {last}", first=line.period_from.isoformat(), last=line.period_to.isoformat()))


def _yuan(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def _deposit_rows(session: Session, case: MoveOut) -> Sequence[Sequence[object]]:
    """List each deposit: what came in, was deducted, set off, paid back, and what is held still."""
    rows = []
    for each in move_out_money.deposit_rows(session, case):
        line, _deposit, moves = deposits.statement_of(session, each.id)
        sums = {kind: sum((move.amount for move in moves if move.kind is kind), NOTHING) for kind in PaymentKind}
        taken = sum((move.amount for move in moves if move.amount > 0), NOTHING)
        rows.append(
            (in_chinese(each.kind.label), line.payee, line.number, _yuan(taken), _yuan(-sums[PaymentKind.DEDUCTION]),
             _yuan(-sums[PaymentKind.OFFSET]), _yuan(-sums[PaymentKind.REFUND]), _yuan(each.held))
        )  # fmt: skip
    return rows


# ── when they may be issued ──────────────────────────────────────────────────────────────────────────────────────────


def _is_confirmed(_session: Session, case: MoveOut) -> Words | None:
    return None if case.state in _CONFIRMED else _("还没有确认迁出，请先“确认迁出”。")


def _is_settled(_session: Session, case: MoveOut) -> Words | None:
    return None if case.state in _SETTLED else _("还没有出最终账单，请收费员或财务先“出最终账单”。")


def _has_deposits(session: Session, case: MoveOut) -> Words | None:
    return None if move_out_money.deposit_rows(session, case) else _("这位客户在这套房屋没有押金。")


NUMBER = Said("case", _("手续单号"), lambda _session, case: case.number)
UNIT = Said("unit", _("房屋"), _unit)
CUSTOMER = Said("customer", _("客户"), _customer)
CONTRACT = Said("contract", _("租赁合同"), _contract)
WINDOW = Said("window", _("迁出时间"), _window, wide=True)
ADDRESS = _of("forwarding_address", wide=True)
CUT_OFF = _of("cut_off", _("截止交费日期"))
_RIGHT: Any = {"align": "right"}

KINDS: tuple[PaperKind, ...] = (
    PaperKind(
        key="move_out_application",
        title=_("退租迁出申请表"),
        process=PROCESS,
        prefix="QCS",
        facts=(
            NUMBER, UNIT, CUSTOMER, CONTRACT, _of("reason", boxes=Reason), _of("wished_on"),
            _of("agent_name"), _of("agent_phone"), ADDRESS,
        ),
        tables=(
            Listed((Head(_("序号"), align="center"), Head(_("迁出物品"), 4), Head(_("备注"), 2)), _goods_rows,
                   heading=_("迁出物品清单"), blank=8),
        ),
        signatures=(_("申请人（签字、盖章）"), _("受理人")),
        returns=True,
    ),
    PaperKind(
        key="move_out_confirmation",
        title=_("迁出确认书"),
        process=PROCESS,
        prefix="QCQ",
        needs=(_is_confirmed,),
        facts=(
            NUMBER, UNIT, CUSTOMER, CONTRACT, WINDOW, _of("route", wide=True), CUT_OFF, _of("agent_name"),
        ),
        tables=(
            Listed((Head(_("服务项目"), 3), Head(_("取消日期"), 2), Head(_("办理"), 2)), _service_rows,
                   heading=_("各类服务功能的取消日期"), blank=8),
        ),
        signatures=(_("客户签收"), _("经办人")),
        returns=True,
    ),
    PaperKind(
        key="move_out_statement",
        title=_("迁出结算单"),
        process=PROCESS,
        prefix="QCJ",
        issuers=_MONEY,
        needs=(_is_settled,),
        facts=(
            NUMBER, UNIT, CUSTOMER, CUT_OFF, Said("due", _("应缴合计（元）"), _due),
            Said("back", _("应退合计（元）"), _to_return), Said("net", _("两抵后"), _verdict, wide=True), ADDRESS,
        ),
        tables=(
            Listed(
                (Head(_("收款单位"), 2), Head(_("项目"), 2), Head(_("期间"), 3), Head(_("应缴"), **_RIGHT),
                 Head(_("违约金"), **_RIGHT), Head(_("应退"), **_RIGHT)),
                _statement_rows,
            ),
        ),
        signatures=(_("客户"), _("收费员"), _("经办人")),
        returns=True,
    ),
    PaperKind(
        key="deposit_settlement",
        title=_("保证金退还、抵扣确认单"),
        process=PROCESS,
        prefix="QCB",
        issuers=_MONEY,
        needs=(_is_settled, _has_deposits),
        facts=(NUMBER, UNIT, CUSTOMER, CONTRACT, _of("refund_account", _("退款账户"), wide=True)),
        tables=(
            Listed(
                (Head(_("押金种类"), 2), Head(_("收款单位"), 2), Head(_("收据号"), 3), Head(_("原收"), **_RIGHT),
                 Head(_("扣款"), **_RIGHT), Head(_("抵扣"), **_RIGHT), Head(_("已退"), **_RIGHT),
                 Head(_("现存"), **_RIGHT)),
                _deposit_rows, blank=4,
            ),
        ),
        signatures=(_("客户"), _("收费员"), _("财务")),
        returns=True,
    ),
)  # fmt: skip
