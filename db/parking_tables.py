"""The tables of parking permits 停车证."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Choice, Code, Line
from db.fields import ui
from db.words import _


class PermitKind(Choice):
    """For whom a permit is."""

    OWNER = "owner", _("业主"), "blue"
    TENANT = "tenant", _("租户"), "violet"
    TEMPORARY = "temporary", _("临时"), "gray"


class ParkingPermit(Base):
    """A parking permit; ended, never deleted."""

    __tablename__ = "parking_permits"
    __table_args__ = (Index("ix_parking_permits_estate_id_ends_on", "estate_id", "ends_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[Code] = mapped_column(unique=True, info=ui(_("停车证号"), in_list=True))
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"))
    unit_id: Mapped[int] = mapped_column(
        ForeignKey("units.id"), index=True, info=ui(_("房屋"), help=_("输入房号、姓名、电话或车牌查找"), in_list=True)
    )
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True, info=ui(_("客户"), in_list=True))
    space_id: Mapped[int] = mapped_column(ForeignKey("parking_spaces.id"), index=True, info=ui(_("车位"), in_list=True))
    kind: Mapped[PermitKind] = mapped_column(info=ui(_("证类"), in_list=True, in_filter=True))
    starts_on: Mapped[date] = mapped_column(Date, info=ui(_("起"), in_list=True))
    ends_on: Mapped[date] = mapped_column(Date, info=ui(_("止"), in_list=True))
    """Last day."""
    consent: Mapped[Line] = mapped_column(
        default="", info=ui(_("车位业主的书面同意"), help=_("车位是别人的才填：谁、何时、凭据"))
    )
    note: Mapped[Line] = mapped_column(default="", info=ui(_("备注")))
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[Line] = mapped_column(default="", info=ui(_("结束原因")))
    term_before: Mapped[date | None] = mapped_column(Date)
    """Its last day before it was ended early."""
    version: Mapped[int] = mapped_column(default=1)


class PermitPlate(Base):
    """A car that a permit is for."""

    __tablename__ = "permit_plates"

    permit_id: Mapped[int] = mapped_column(ForeignKey("parking_permits.id"), primary_key=True)
    plate: Mapped[str] = mapped_column(String(12), primary_key=True, index=True)
    position: Mapped[int] = mapped_column(default=0)
