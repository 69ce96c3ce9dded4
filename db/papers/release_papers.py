"""The paper that lets goods out 物品放行条 (HB:337): what, who takes it, until when; never an amount."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from db.dossiers import goods
from db.dossiers.goods_rules import said_window
from db.dossiers.goods_tables import KEY, GoodsPass, Purpose, State, Taker
from db.fields import fields_of
from db.ledger.calculations import in_chinese
from db.papers.kinds import Head, Listed, PaperKind, Said
from db.people import OFFICE
from db.processes.goods_passes import PAPER
from db.registry import Customer, Unit
from db.words import Words, _


def _is_let(_session: Session, case: GoodsPass) -> Words | None:
    """Gate: the pass holds; its paper is not written before, nor after it was called back."""
    if case.state in {State.ISSUED, State.CHECKED, State.DIFFERS}:
        return None
    return _("现在是“{state}”，要先“开具放行条”。", state=State(case.state).label)


def _unit(session: Session, case: GoodsPass) -> str:
    return session.get_one(Unit, case.unit_id).short


def _customer(session: Session, case: GoodsPass) -> str:
    return session.get_one(Customer, case.customer_id).name


def _taker(_session: Session, case: GoodsPass) -> str:
    return in_chinese(_("{name}（{how}）", name=case.taker_name, how=in_chinese(case.taker.label)))


def _window(_session: Session, case: GoodsPass) -> str:
    return said_window(case.valid_from, case.valid_to) if case.valid_from and case.valid_to else ""


def _exits(_session: Session, case: GoodsPass) -> Words:
    return _("可分次出门，每次核对") if case.several else _("一次有效")


def _of(name: str, label: Words | None = None) -> Said:
    field = fields_of(GoodsPass)[name]
    boxes = {"purpose": Purpose, "taker": Taker}.get(name)
    return Said(name, label or field.label, lambda _session, case: getattr(case, name), boxes=boxes)


def _rows(session: Session, case: GoodsPass) -> Sequence[Sequence[object]]:
    return [
        (str(place), each.name, each.amount(each.count), each.note, "")
        for place, each in enumerate(goods.lines_of(session, case.id), start=1)
    ]


KINDS = (
    PaperKind(
        key=PAPER,
        title=_("物品放行条"),
        process=KEY,
        prefix="FXT",
        size="a5",
        needs=(_is_let,),
        issuers=OFFICE,
        facts=(
            Said("case", _("放行单号"), lambda _session, case: case.number),
            Said("unit", _("房屋"), _unit),
            Said("customer", _("客户"), _customer),
            _of("purpose"),
            Said("taker", _("取物人"), _taker, wide=True, boxes=Taker),
            _of("authority"),
            _of("vehicle"),
            Said("window", _("放行时间"), _window, wide=True),
            Said("exits", _("出门次数"), _exits),
        ),
        tables=(
            Listed(
                (
                    Head(_("序号"), align="center"), Head(_("物品"), 3), Head(_("数量"), 1, "right"),
                    Head(_("说明"), 2), Head(_("门岗核对"), 1, "center"),
                ),
                _rows,
                blank=10,
            ),
        ),
        signatures=(_("取物人"), _("客服管理员"), _("秩序维护员")),
    ),
)  # fmt: skip
