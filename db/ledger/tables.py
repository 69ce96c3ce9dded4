"""What bills are made by and of: payees, fee items, tariffs, meters and readings, runs and bills."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Choice, Code, Hundredths, Line, Money, Name, Prose, Yuan
from db.fields import ui
from db.ledger.pricing import PartMonth, Rounding, UnitPrice
from db.registry import ParkingKind, ParkingTenure, Relation, UnitUse
from db.words import _

NOTHING = Decimal(0)


STILL_OPEN = "voided_at IS NULL AND amount > paid + waived"
"""A bill of which principal is owed. The column stands on the left: SQLite turns the other way round and would not know
its own index again; with `voided_at` in the index it needs no look at the table."""
LATE_FEE_LEFT = (
    "voided_at IS NULL AND amount <= paid + waived"
    " AND (2 * late_base * late_ppm + 1000000) / 2000000 > late_paid + late_waived"
)
"""A bill whose principal is settled while a late fee is (under a cap: may be) still owed; it grows no more."""


class FeeKind(Choice):
    """What a fee item is; the objective 管理费收缴率 counts MANAGEMENT alone (HB:152)."""

    MANAGEMENT = "management", _("物业管理费")
    RENT = "rent", _("房租")
    PARKING = "parking", _("停车费")
    WATER = "water", _("水费")
    POWER = "power", _("电费")
    HEAT = "heat", _("供暖费")
    GAS = "gas", _("燃气费")
    AIR_CONDITIONING = "air_conditioning", _("加时空调费")
    SERVICE = "service", _("有偿服务费")
    OTHER = "other", _("其他")


COLLECTED = frozenset({FeeKind.WATER, FeeKind.POWER, FeeKind.HEAT, FeeKind.GAS})
"""Collected for a utility: no surcharge may be put on them (物业管理条例 art. 44)."""


class Basis(Choice):
    """How a tariff counts."""

    BY_AREA = "by_area", _("按面积（元/m²·月）")
    FIXED = "fixed", _("定额（元/月）")
    METERED = "metered", _("按表计量")
    RENT = "rent", _("合同租金（元/m²·月）")
    ONCE = "once", _("按次")


class Cycle(Choice):
    """How often it is paid; bills are by month all the same, the cycle groups them on notice and receipt."""

    MONTH = "month", _("月")
    QUARTER = "quarter", _("季")
    HALF_YEAR = "half_year", _("半年")
    YEAR = "year", _("年")


MONTHS_OF: dict[str, int] = {Cycle.MONTH: 1, Cycle.QUARTER: 3, Cycle.HALF_YEAR: 6, Cycle.YEAR: 12}


class Anchor(Choice):
    """From when a cycle is counted."""

    NATURAL = "natural", _("自然周期")
    HAND_OVER = "hand_over", _("自交房日起")


class Payee(Base):
    """Who the money belongs to 收款单位: receipts, closings and the deposit book are kept one for each."""

    __tablename__ = "payees"
    __table_args__ = (UniqueConstraint("estate_id", "name"), UniqueConstraint("mark"))

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), info=ui(_("项目")))
    name: Mapped[Name] = mapped_column(info=ui(_("收款单位"), help=_("收据抬头上的全称"), in_list=True))
    mark: Mapped[str] = mapped_column(
        String(4), info=ui(_("收据字头"), help=_("写在收据号里，各收款单位不同，例如 A"), in_list=True)
    )
    tax_number: Mapped[Code] = mapped_column(default="", info=ui(_("统一社会信用代码"), in_list=True))
    bank: Mapped[Line] = mapped_column(default="", info=ui(_("开户银行"), in_list=True))
    account: Mapped[Code] = mapped_column(default="", info=ui(_("账号"), in_list=True))
    phone: Mapped[Code] = mapped_column(default="", info=ui(_("电话"), in_list=True))
    address: Mapped[Line] = mapped_column(default="", info=ui(_("地址")))
    version: Mapped[int] = mapped_column(default=1)


class FeeItem(Base):
    """What is charged for 收费项目."""

    __tablename__ = "fee_items"
    __table_args__ = (UniqueConstraint("estate_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), info=ui(_("项目")))
    name: Mapped[Name] = mapped_column(info=ui(_("收费项目"), in_list=True))
    kind: Mapped[FeeKind] = mapped_column(info=ui(_("类别"), in_list=True, in_filter=True))
    payee_id: Mapped[int] = mapped_column(ForeignKey("payees.id"), info=ui(_("收款单位"), in_list=True))
    position: Mapped[int] = mapped_column(default=0, info=ui(_("排序")))
    active: Mapped[bool] = mapped_column(default=True, info=ui(_("在用"), in_list=True))
    version: Mapped[int] = mapped_column(default=1)


class Tariff(Base):
    """What a fee item costs whom, from when to when 收费标准; one that has made bills is ended, never changed.

    The most exact one that fits a unit holds: its contract's, its own, its building's and use's, the estate's.
    """

    __tablename__ = "tariffs"

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), index=True, info=ui(_("项目")))
    fee_item_id: Mapped[int] = mapped_column(
        ForeignKey("fee_items.id"), index=True, info=ui(_("收费项目"), in_list=True, in_filter=True)
    )
    name: Mapped[Name] = mapped_column(info=ui(_("标准名称"), help=_("例如 高层住宅物业费"), in_list=True))
    use: Mapped[UnitUse | None] = mapped_column(info=ui(_("房屋用途"), help=_("不填：不分用途"), in_list=True))
    parking_kind: Mapped[ParkingKind | None] = mapped_column(info=ui(_("车位类型"), help=_("停车费用；不填：不分类型")))
    parking_tenure: Mapped[ParkingTenure | None] = mapped_column(
        info=ui(_("车位租售"), help=_("停车费用；不填：租售同价"))
    )
    building_id: Mapped[int | None] = mapped_column(ForeignKey("buildings.id"), info=ui(_("楼栋"), in_list=True))
    unit_id: Mapped[int | None] = mapped_column(
        ForeignKey("units.id"), index=True, info=ui(_("房屋"), help=_("只用于这一户时填写"), in_list=True)
    )
    contract_id: Mapped[int | None] = mapped_column(
        ForeignKey("contracts.id"), index=True, info=ui(_("合同"), help=_("按合同约定时填写"), in_list=True)
    )
    basis: Mapped[Basis] = mapped_column(info=ui(_("计费方式"), in_list=True))
    price: Mapped[Decimal] = mapped_column(UnitPrice(), info=ui(_("单价(元)"), help=_("最多四位小数"), in_list=True))
    steps: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    """Metered by steps: `[[up_to, price], …]`, quantities of one month as text, the last without an end (`null`)."""
    payer: Mapped[Relation] = mapped_column(default=Relation.OWNER, info=ui(_("由谁缴纳"), in_list=True))
    cycle: Mapped[Cycle] = mapped_column(default=Cycle.MONTH, info=ui(_("缴费周期"), in_list=True))
    anchor: Mapped[Anchor] = mapped_column(default=Anchor.NATURAL, info=ui(_("周期起算")))
    part_month: Mapped[PartMonth] = mapped_column(default=PartMonth.BY_DAYS, info=ui(_("不足一月")))
    rounding: Mapped[Rounding] = mapped_column(default=Rounding.CENT, info=ui(_("四舍五入")))
    vacant_percent: Mapped[int] = mapped_column(
        default=100, info=ui(_("空置房收费比例(%)"), help=_("0 为空置不收；按合同约定"))
    )
    valid_from: Mapped[date] = mapped_column(Date, info=ui(_("执行起"), in_list=True))
    valid_to: Mapped[date | None] = mapped_column(Date, info=ui(_("执行止"), in_list=True))
    """Last day; empty while it holds."""
    filing_number: Mapped[Line] = mapped_column(
        default="", info=ui(_("依据"), help=_("备案文号、价格文件或合同条款"), in_list=True)
    )
    late_clause: Mapped[Line] = mapped_column(
        default="", info=ui(_("违约金条款"), help=_("合同第几条；不填则不计违约金"), in_list=True)
    )
    late_ppm: Mapped[int] = mapped_column(
        default=500, info=ui(_("违约金每日"))
    )
    """Millionths of the unpaid principal a day; counts only with a clause (HB:129; 民法典 585)."""
    version: Mapped[int] = mapped_column(default=1)


class Meter(Base):
    """A meter of a unit 表计."""

    __tablename__ = "meters"

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), info=ui(_("项目")))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), index=True, info=ui(_("房屋"), in_list=True))
    fee_item_id: Mapped[int] = mapped_column(
        ForeignKey("fee_items.id"), index=True, info=ui(_("收费项目"), in_list=True, in_filter=True)
    )
    number: Mapped[Code] = mapped_column(default="", info=ui(_("表号"), in_list=True))
    digits: Mapped[int] = mapped_column(default=6, info=ui(_("整数位数"), help=_("走满后归零的位数")))
    multiplier: Mapped[int] = mapped_column(default=1, info=ui(_("倍率")))
    installed_on: Mapped[date | None] = mapped_column(Date, info=ui(_("装表日期"), in_list=True))
    base: Mapped[Decimal] = mapped_column(Hundredths(), default=NOTHING, info=ui(_("底数"), in_list=True))
    """What it showed when it began to count here."""
    removed_on: Mapped[date | None] = mapped_column(Date, info=ui(_("拆表日期"), in_list=True))
    replaced_by: Mapped[int | None] = mapped_column(ForeignKey("meters.id"))
    version: Mapped[int] = mapped_column(default=1)


class ReadingKind(Choice):
    """How a reading came about."""

    READ = "read", _("实抄")
    ESTIMATED = "estimated", _("估抄"), "orange"
    FINAL = "final", _("拆表止数"), "gray"


class Reading(Base):
    """What a meter showed for a month 抄表; corrected by a new row, the one that counts is not `superseded`."""

    __tablename__ = "readings"
    __table_args__ = (
        Index(
            "uq_readings_meter_id_month", "meter_id", "month", unique=True,
            sqlite_where=text("NOT superseded"), postgresql_where=text("NOT superseded"),
        ),
        Index("ix_readings_month", "month", "meter_id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    meter_id: Mapped[int] = mapped_column(ForeignKey("meters.id"))
    month: Mapped[date] = mapped_column(Date)
    """The first day of the month billed by it 账期."""
    read_on: Mapped[date] = mapped_column(Date, info=ui(_("抄表日期"), in_list=True))
    value: Mapped[Decimal] = mapped_column(Hundredths(), info=ui(_("本期示数"), in_list=True))
    previous: Mapped[Decimal] = mapped_column(Hundredths(), info=ui(_("上期示数"), in_list=True))
    rolled_over: Mapped[bool] = mapped_column(default=False, info=ui(_("过零")))
    quantity: Mapped[Decimal] = mapped_column(Hundredths(), info=ui(_("用量"), in_list=True))
    """Consumption × multiplier, in the meter's unit."""
    kind: Mapped[ReadingKind] = mapped_column(default=ReadingKind.READ, info=ui(_("方式"), in_list=True))
    superseded: Mapped[bool] = mapped_column(default=False)
    note: Mapped[Line] = mapped_column(default="", info=ui(_("备注")))
    read_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    recorded_at: Mapped[datetime]


class BillingRun(Base):
    """One publishing of bills 出账: which months, how many, how much."""

    __tablename__ = "billing_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), index=True)
    month: Mapped[date] = mapped_column(Date)
    fee_item_ids: Mapped[list[Any]] = mapped_column(JSON)
    bills: Mapped[int] = mapped_column(default=0)
    amount: Mapped[Yuan] = mapped_column(default=NOTHING)
    run_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    run_at: Mapped[datetime]
    token: Mapped[str | None] = mapped_column(String(64), unique=True)


class Bill(Base):
    """What a unit owes for one fee item and one calendar month 账单; written once.

    Amount, calculation and subject never change (the database refuses); what is settled is kept beside them by
    `db.ledger.postings` alone, and a check holds it within the amount.
    """

    __tablename__ = "bills"
    __table_args__ = (
        Index(
            "uq_bills_unit_id_fee_item_id_month_source", "unit_id", "fee_item_id", "month", "source", unique=True,
            sqlite_where=text("voided_at IS NULL"), postgresql_where=text("voided_at IS NULL"),
        ),
        Index(
            "ix_bills_open", "estate_id", "unit_id", "payee_id", "customer_id", "due_on", "late_day", "late_ppm",
            "late_base", "amount", "waived", "paid", "late_paid", "late_waived", "demanded_on", "part_paid_on",
            "voided_at",
            sqlite_where=text(STILL_OPEN),
            postgresql_where=text(STILL_OPEN),
        ),
        Index(
            "ix_bills_late_left", "estate_id", "unit_id", "payee_id", "customer_id", "due_on", "late_day", "late_ppm",
            "late_base", "amount", "waived", "paid", "late_paid", "late_waived", "demanded_on", "part_paid_on",
            "voided_at",
            sqlite_where=text(LATE_FEE_LEFT), postgresql_where=text(LATE_FEE_LEFT),
        ),
        Index("ix_bills_estate_id_month", "estate_id", "month", "fee_item_id"),
        CheckConstraint("amount > 0", name="bills_amount"),
        CheckConstraint("paid >= 0 AND waived >= 0 AND paid + waived <= amount", name="bills_settled"),
        CheckConstraint("late_paid >= 0 AND late_waived >= 0 AND late_base >= 0", name="bills_late"),
        CheckConstraint("voided_at IS NULL OR (paid = 0 AND late_paid = 0)", name="bills_voided"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"))
    building_id: Mapped[int] = mapped_column(ForeignKey("buildings.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), info=ui(_("房屋"), in_list=True))
    customer_id: Mapped[int | None] = mapped_column(
        ForeignKey("customers.id"), index=True, info=ui(_("应缴客户"), in_list=True)
    )
    """Who owed it when it was made; stays with him when the unit changes hands."""
    fee_item_id: Mapped[int] = mapped_column(
        ForeignKey("fee_items.id"), index=True, info=ui(_("收费项目"), in_list=True, in_filter=True)
    )
    payee_id: Mapped[int] = mapped_column(ForeignKey("payees.id"))
    tariff_id: Mapped[int | None] = mapped_column(ForeignKey("tariffs.id"), index=True)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("billing_runs.id"), index=True)
    month: Mapped[date] = mapped_column(Date, info=ui(_("账期"), in_list=True, in_filter=True))
    """First day of the calendar month."""
    source: Mapped[Code] = mapped_column(default="")
    """Empty for what comes every month; `case:7`, `parking:3` for what stands beside it in the same month."""
    period_from: Mapped[date] = mapped_column(Date, info=ui(_("起"), in_list=True))
    period_to: Mapped[date] = mapped_column(Date, info=ui(_("止"), in_list=True))
    amount: Mapped[Yuan] = mapped_column(info=ui(_("应收(元)"), in_list=True))
    calculation: Mapped[str] = mapped_column(String(400), info=ui(_("计算")))
    due_on: Mapped[date] = mapped_column(Date, info=ui(_("最迟缴纳日"), in_list=True))
    late_day: Mapped[int | None] = mapped_column()
    """Ordinal (`date.toordinal`) of the first day that is charged for being late; none without a clause."""
    late_ppm: Mapped[int] = mapped_column(default=0)
    """Millionths a day, as the tariff said when the bill was made."""
    late_base: Mapped[int] = mapped_column(BigInteger, default=0)
    """Fen × days late of what was paid late: with what is unpaid it makes the late fee (`db.ledger.late_fees`)."""
    waived: Mapped[Yuan] = mapped_column(default=NOTHING, info=ui(_("减免(元)"), in_list=True))
    paid: Mapped[Yuan] = mapped_column(default=NOTHING, info=ui(_("实收(元)"), in_list=True))
    late_paid: Mapped[Yuan] = mapped_column(default=NOTHING)
    late_waived: Mapped[Yuan] = mapped_column(default=NOTHING)
    demanded_on: Mapped[date | None] = mapped_column(Date)
    """Day of the last demand that provably arrived, or of the debtor's last promise (`db.ledger.limitation`) …"""
    part_paid_on: Mapped[date | None] = mapped_column(Date)
    """… and of the last payment that left something open: the three years are counted anew from either."""
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("bills.id"))
    """The voided bill that this one was issued again for."""
    made_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime]
    voided_at: Mapped[datetime | None]
    voided_on: Mapped[date | None] = mapped_column(Date)
    voided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    void_reason: Mapped[Line] = mapped_column(default="")

    @property
    def unpaid(self) -> Decimal:
        """Return what is still owed of the principal, in yuan."""
        return self.amount - self.waived - self.paid


class FeeTotal(Base):
    """What stands on the bills of a month, by building and item: kept in the write's own transaction.

    Always equal to a sum over the bills (`db.ledger.books` checks it); home and the figures read this.
    """

    __tablename__ = "fee_totals"
    __table_args__ = {"sqlite_with_rowid": False}

    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), primary_key=True)
    kind: Mapped[FeeKind] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(Date, primary_key=True)
    building_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fee_item_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    bills: Mapped[int] = mapped_column(BigInteger, default=0)
    amount: Mapped[Yuan] = mapped_column(Money(), default=NOTHING)
    waived: Mapped[Yuan] = mapped_column(Money(), default=NOTHING)
    paid: Mapped[Yuan] = mapped_column(Money(), default=NOTHING)


class Notice(Base):
    """A numbered paper sent to a household about money: payment notice or dunning letter; its copy never changes."""

    __tablename__ = "notices"
    __table_args__ = (UniqueConstraint("number"), Index("ix_notices_unit_id_month", "unit_id", "month"))

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    kind: Mapped[Code]
    """payment · dunning_1 · dunning_2 · dunning_3 · demand …"""
    number: Mapped[Code]
    month: Mapped[date] = mapped_column(Date)
    batch: Mapped[Code] = mapped_column(default="", index=True)
    """What was printed in one go."""
    amount: Mapped[Yuan]
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    made_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime]


class Channel(Choice):
    """How a notice or a word reaches a household; never by a paper on the door that everybody reads."""

    PHONE = "phone", _("电话")
    IN_PERSON = "in_person", _("当面")
    EXPRESS = "express", _("邮寄(EMS)")
    WECHAT = "wechat", _("微信")
    SMS = "sms", _("短信")
    EMAIL = "email", _("电子邮件")
    LETTER_BOX = "letter_box", _("投入信箱")


class Delivery(Base):
    """How a notice reached somebody, or did not 送达."""

    __tablename__ = "deliveries"

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"), index=True)
    channel: Mapped[Channel]
    reached: Mapped[bool]
    delivered_on: Mapped[date] = mapped_column(Date)
    proof: Mapped[Prose] = mapped_column(default="")
    recorded_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    recorded_at: Mapped[datetime]
