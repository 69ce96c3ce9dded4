"""What is kept of income and expenditure: sources, figures, the owners' accounts, publications and where they hang."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.accounts.heads import Basis, Book, Head, Item
from db.base import Base, Choice, Line, Name, Prose, Yuan
from db.fields import ui
from db.words import _


class SourceKind(Choice):
    """How finance (计划财务部) handed figures over."""

    VOUCHER = "voucher", _("凭证")
    WORKBOOK = "workbook", _("工作簿")


class AccountSource(Base):
    """Where figures come from 数据来源: finance's voucher or workbook, who typed or took it in, and when."""

    __tablename__ = "account_sources"
    __table_args__ = (UniqueConstraint("estate_id", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"))
    kind: Mapped[SourceKind]
    title: Mapped[Line] = mapped_column(info=ui(_("凭证号或文件"), help=_("计划财务部的凭证号、报表编号")))
    sha256: Mapped[str | None] = mapped_column(String(64))
    """Of a workbook's bytes: the same file twice changes nothing."""
    entered_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    entered_at: Mapped[datetime]
    token: Mapped[str | None] = mapped_column(String(64), unique=True)


class AccountEntry(Base):
    """One figure of one head and month, or a correction of it; append-only, a month's figure is their sum."""

    __tablename__ = "account_entries"
    __table_args__ = (Index("ix_account_entries_estate_id_month", "estate_id", "month", "basis", "head"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"))
    basis: Mapped[Basis] = mapped_column(info=ui(_("实际或预算")))
    month: Mapped[date] = mapped_column(Date, info=ui(_("月份")))
    """Its first day."""
    head: Mapped[Head] = mapped_column(info=ui(_("科目")))
    amount: Mapped[Yuan] = mapped_column(info=ui(_("金额(元)")))
    """What it adds; a correction may be negative."""
    source_id: Mapped[int] = mapped_column(ForeignKey("account_sources.id"), index=True)
    reason: Mapped[Line] = mapped_column(default="", info=ui(_("更正原因")))
    """Empty for the first figure."""


class OwnersEntry(Base):
    """A movement of common income or of the maintenance fund; append-only, corrected by a new row."""

    __tablename__ = "owners_entries"
    __table_args__ = (Index("ix_owners_entries_estate_id_book", "estate_id", "book", "day", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"))
    book: Mapped[Book]
    day: Mapped[date] = mapped_column(Date, info=ui(_("日期")))
    item: Mapped[Item] = mapped_column(info=ui(_("项目")))
    amount: Mapped[Yuan] = mapped_column(info=ui(_("金额(元)")))
    """With its sign: what goes out is negative."""
    purpose: Mapped[Line] = mapped_column(
        default="", info=ui(_("摘要"), help=_("来源、用途、工程项目；不写姓名和房号"))
    )
    decision: Mapped[Line] = mapped_column(
        default="", info=ui(_("业主决定"), help=_("会议名称、日期、决议编号，例如 2026年第1次业主大会决议"))
    )
    voucher: Mapped[Line] = mapped_column(info=ui(_("凭证号"), help=_("计划财务部的凭证号")))
    reason: Mapped[Line] = mapped_column(default="", info=ui(_("更正原因")))
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("owners_entries.id"))
    paired_id: Mapped[int | None] = mapped_column(ForeignKey("owners_entries.id"))
    """The row of common income that this row of the fund came out of."""
    entered_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    entered_at: Mapped[datetime]
    token: Mapped[str | None] = mapped_column(String(64), unique=True)


class ServiceLine(Base):
    """A line of the service information 服务信息: what is done, how well, who answers for it, where to ring."""

    __tablename__ = "service_lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    item: Mapped[Line] = mapped_column(info=ui(_("服务事项")))
    standard: Mapped[Line] = mapped_column(default="", info=ui(_("内容与标准")))
    responsible: Mapped[Name] = mapped_column(info=ui(_("负责人")))
    service_point_id: Mapped[int | None] = mapped_column(ForeignKey("service_points.id"), info=ui(_("物业处")))
    ended_at: Mapped[datetime | None]
    """Since when it is no longer listed."""


class State(Choice):
    """Where a publication stands."""

    PREPARING = "preparing", _("编制中"), "orange"
    ASKED = "asked", _("审批中"), "violet"
    APPROVED = "approved", _("待公示"), "blue"
    POSTED = "posted", _("公示中"), "green"
    TAKEN_DOWN = "taken_down", _("已撤下"), "gray"


class Span(Choice):
    """How long a time a publication is about."""

    MONTH = "month", _("月度")
    QUARTER = "quarter", _("季度")
    YEAR = "year", _("年度")


class Publication(Base):
    """The publication of an estate's income and expenditure for a month, quarter or year 收支公示."""

    __tablename__ = "publications"
    __table_args__ = (UniqueConstraint("estate_id", "span", "first_on", "edition"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"))
    span: Mapped[Span] = mapped_column(info=ui(_("周期")))
    first_on: Mapped[date] = mapped_column(Date, info=ui(_("起")))
    last_on: Mapped[date] = mapped_column(Date, info=ui(_("止")))
    edition: Mapped[int] = mapped_column(default=1, info=ui(_("版次")))
    """2 and more: made anew after the one before was posted."""
    state: Mapped[State] = mapped_column(default=State.PREPARING)
    remark: Mapped[Prose] = mapped_column(
        default="", info=ui(_("情况说明"), help=_("写给客户看：本期增减的原因；不写姓名和房号"))
    )
    prepared_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    prepared_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class PublicationSnapshot(Base):
    """What a publication said when it was handed in for approval; append-only, the last one is what is posted."""

    __tablename__ = "publication_snapshots"

    id: Mapped[int] = mapped_column(primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.id"), index=True)
    body: Mapped[str] = mapped_column(Text)
    """The four sheets as JSON, keys sorted, amounts as text."""
    sha256: Mapped[str] = mapped_column(String(64))
    """Of the body in UTF-8."""
    made_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime]


class Posting(Base):
    """One place where a publication hangs, from when to when."""

    __tablename__ = "publication_postings"
    __table_args__ = (UniqueConstraint("publication_id", "place"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.id"))
    place: Mapped[Line]
    from_on: Mapped[date] = mapped_column(Date)
    until_on: Mapped[date] = mapped_column(Date)
    """The last day it is to hang."""
    posted_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    posted_at: Mapped[datetime]
    taken_down_on: Mapped[date | None] = mapped_column(Date)
    taken_down_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class PublicationCase(Base):
    """An owner's question about a publication, carried to its answer as an inquiry."""

    __tablename__ = "publication_cases"

    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.id"), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True, index=True)
