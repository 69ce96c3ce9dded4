"""Bank collection 委托收款: who has authorised it, what was sent to the bank, what came back (HB:128; F3)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Choice, Code, Line, Name, Yuan
from db.fields import ui
from db.ledger.tables import NOTHING
from db.words import _


class FileKind(Choice):
    """How the bank wants its file."""

    CSV = "csv", _("逗号分隔（CSV）")
    FIXED = "fixed", _("定长文本")


class Encoding(Choice):
    """How the bank writes Chinese; widths of a fixed-width file count its bytes."""

    GBK = "gbk", _("GBK")
    UTF8 = "utf-8", _("UTF-8")


class LineState(Choice):
    """What became of one line of a batch."""

    SENT = "sent", _("已送盘"), "blue"
    PAID = "paid", _("扣款成功"), "green"
    FAILED = "failed", _("扣款失败"), "red"


class BankMandate(Base):
    """A customer's authority to collect from his account 委托收款协议; ended, never deleted."""

    __tablename__ = "bank_mandates"

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), index=True, info=ui(_("项目")))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True, info=ui(_("房屋"), in_list=True))
    payee_id: Mapped[int] = mapped_column(ForeignKey("payees.id"), info=ui(_("收款单位"), in_list=True))
    holder: Mapped[Name] = mapped_column(info=ui(_("账户户名"), in_list=True))
    bank: Mapped[Line] = mapped_column(default="", info=ui(_("开户银行"), in_list=True))
    account: Mapped[Code] = mapped_column(info=ui(_("账号"), in_list=True, personal=True))
    number: Mapped[Code] = mapped_column(default="", info=ui(_("协议编号"), in_list=True))
    starts_on: Mapped[date] = mapped_column(Date, info=ui(_("起"), in_list=True))
    ends_on: Mapped[date | None] = mapped_column(Date, info=ui(_("止"), in_list=True))
    version: Mapped[int] = mapped_column(default=1)


class BankLayout(Base):
    """How a payee's bank wants its file and writes its answer."""

    __tablename__ = "bank_layouts"

    payee_id: Mapped[int] = mapped_column(ForeignKey("payees.id"), primary_key=True)
    kind: Mapped[FileKind] = mapped_column(default=FileKind.CSV)
    encoding: Mapped[Encoding] = mapped_column(default=Encoding.GBK)
    columns: Mapped[str] = mapped_column(String(400), default="")
    """Of the file out, as typed: `序号:6 账号:32 …`; the widths are used by fixed-width files."""
    result_columns: Mapped[str] = mapped_column(String(400), default="")
    success: Mapped[Code] = mapped_column(default="")
    """What the result column says of a line that was collected."""
    version: Mapped[int] = mapped_column(default=1)


class BankBatch(Base):
    """One file sent to the bank."""

    __tablename__ = "bank_batches"
    __table_args__ = (UniqueConstraint("number"), UniqueConstraint("token"))

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), index=True)
    payee_id: Mapped[int] = mapped_column(ForeignKey("payees.id"))
    number: Mapped[Code]
    lines: Mapped[int]
    amount: Mapped[Yuan]
    made_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime]
    token: Mapped[str | None] = mapped_column(String(64))


class BankLine(Base):
    """One household of a batch: so much, from that account, for these bills."""

    __tablename__ = "bank_lines"
    __table_args__ = (UniqueConstraint("batch_id", "sequence"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("bank_batches.id"))
    sequence: Mapped[int]
    mandate_id: Mapped[int] = mapped_column(ForeignKey("bank_mandates.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True)
    holder: Mapped[Name]
    account: Mapped[Code]
    amount: Mapped[Yuan] = mapped_column(default=NOTHING)
    bill_ids: Mapped[list[Any]] = mapped_column(JSON)
    state: Mapped[LineState] = mapped_column(default=LineState.SENT)
    reason: Mapped[Line] = mapped_column(default="")
    """Why the bank did not collect, in its words: 余额不足, 账号错 …"""
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))
    returned_at: Mapped[datetime | None]
