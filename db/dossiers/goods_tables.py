"""The tables of goods passes 物品放行条: the pass, and the lines it names."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Choice, Code, Line, Name, Prose
from db.cases import Case
from db.fields import ui
from db.ledger.tables import Channel
from db.words import _

KEY = "goods_passes"


class Purpose(Choice):
    """What the goods go out for."""

    ITEMS = "items", _("零星物品")
    REMOVAL = "removal", _("搬家迁出"), "orange"


class Taker(Choice):
    """Who takes the goods out; the pass is issued on this."""

    SELF = "self", _("客户本人，已验证件")
    AUTHORISED = "authorised", _("代办人，持委托书")


class State(Choice):
    """Where a goods pass stands."""

    APPLIED = "applied", _("已登记"), "orange"
    WAITING_OWNER = "waiting_owner", _("待业主答复"), "violet"
    TO_SUPERVISOR = "to_supervisor", _("待主管决定"), "violet"
    WAITING_DIRECTOR = "waiting_director", _("待主任决定"), "violet"
    ISSUED = "issued", _("已开具"), "blue"
    DIFFERS = "differs", _("有出入"), "red"
    CHECKED = "checked", _("已核对出门"), "blue"
    DONE = "done", _("已办结"), "green"
    REFUSED = "refused", _("不予放行"), "gray"
    EXPIRED = "expired", _("已过期"), "gray"
    WITHDRAWN = "withdrawn", _("已取消"), "gray"
    VOID = "void", _("已作废"), "gray"


class Answer(Choice):
    """What the owner said to his tenant's removal."""

    AGREES = "agrees", _("同意"), "green"
    REFUSES = "refuses", _("不同意"), "red"
    UNREACHED = "unreached", _("联系不上"), "gray"


class GoodsPass(Case):
    """A goods pass 物品放行条."""

    __tablename__ = "goods_passes"
    __mapper_args__ = {"polymorphic_identity": KEY}

    id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    purpose: Mapped[Purpose] = mapped_column(
        default=Purpose.ITEMS, info=ui(_("放行事由"), in_list=True, in_filter=True)
    )
    taker: Mapped[Taker] = mapped_column(info=ui(_("谁来取"), in_filter=True))
    taker_name: Mapped[Name] = mapped_column(default="", info=ui(_("取物人"), in_list=True))
    authority: Mapped[Line] = mapped_column(default="", info=ui(_("委托凭据"), help=_("委托书编号、日期；原件留存")))
    vehicle: Mapped[Code] = mapped_column(default="", info=ui(_("车牌号")))
    valid_from: Mapped[datetime | None] = mapped_column(info=ui(_("放行起始"), help=_("不填就是现在起"), ahead=True))
    valid_to: Mapped[datetime | None] = mapped_column(
        index=True, info=ui(_("放行截止"), help=_("不填就是当天关门前"), in_list=True, ahead=True)
    )
    several: Mapped[bool] = mapped_column(default=False, info=ui(_("可分次出门")))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), index=True, info=ui(_("要告知的业主")))
    owner_answer: Mapped[Answer | None] = mapped_column(info=ui(_("业主答复")))
    owner_channel: Mapped[Channel | None] = mapped_column(info=ui(_("告知方式")))
    owner_told_at: Mapped[datetime | None] = mapped_column(info=ui(_("告知时间")))
    owner_tries: Mapped[int] = mapped_column(default=0, info=ui(_("联系业主次数")))
    uncleared: Mapped[Prose] = mapped_column(default="", info=ui(_("报主任时未结清")))
    allowed_at: Mapped[datetime | None] = mapped_column(info=ui(_("主管同意时间")))
    issued_at: Mapped[datetime | None] = mapped_column(info=ui(_("开具时间")))
    difference: Mapped[Prose] = mapped_column(default="", info=ui(_("门岗出入")))
    counted: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What the gate counted when it reported a difference: line → number; not yet let out."""
    exits: Mapped[int] = mapped_column(default=0, info=ui(_("出门次数")))
    checked_at: Mapped[datetime | None] = mapped_column(info=ui(_("最近出门")))
    checked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"), info=ui(_("门岗核对人")))


class GoodsLine(Base):
    """One line of a goods pass."""

    __tablename__ = "goods_lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    position: Mapped[int]
    name: Mapped[Name]
    count: Mapped[int]
    measure: Mapped[Code] = mapped_column(default="")
    note: Mapped[Line] = mapped_column(default="")
    out: Mapped[int] = mapped_column(default=0)
    """How many have been counted out at the gate."""
