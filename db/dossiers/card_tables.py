"""Access cards and keys 门禁卡与钥匙 as they are kept: what is out, with whom, lost, back (A2; HB:142)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, and_, exists, or_, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Choice, Code, Line, Name
from db.clock import today
from db.fields import ui
from db.registry import Occupancy
from db.words import _


class HoldingKind(Choice):
    """What is handed out."""

    ACCESS_CARD = "access_card", _("门禁卡")
    KEY = "key", _("钥匙")
    LIFT_CARD = "lift_card", _("梯控卡")
    GARAGE_REMOTE = "garage_remote", _("车库遥控器")
    MAILBOX_KEY = "mailbox_key", _("信箱钥匙")
    OTHER = "other", _("其他")


ELECTRONIC = frozenset({HoldingKind.ACCESS_CARD, HoldingKind.LIFT_CARD, HoldingKind.GARAGE_REMOTE})
"""A lost one still opens doors until the access system is told; beyond the free ones they are charged."""
NUMBERED = frozenset({HoldingKind.ACCESS_CARD, HoldingKind.LIFT_CARD})
"""Each has its number, and none is out twice."""


class HolderIs(Choice):
    """What the one who carries it is to the customer."""

    SELF = "self", _("本人")
    FAMILY = "family", _("家属")
    STAFF = "staff", _("员工")
    TENANT = "tenant", _("租户")
    HELP = "help", _("家政人员")
    OTHER = "other", _("其他")


class Standing(Choice):
    """How a card or key stands."""

    OUT = "out", _("在用"), "green"
    LOST = "lost", _("已挂失"), "red"
    BACK = "back", _("已交回"), "gray"


class Holding(Base):
    """One card, or so many keys of a kind, handed to somebody for a unit."""

    __tablename__ = "holdings"
    __table_args__ = (
        # A lost number stays taken: it must not be given to anybody before it turns up again.
        Index("uq_holdings_number", "estate_id", "kind", "number", unique=True,
              sqlite_where=text("returned_at IS NULL AND number <> ''"),
              postgresql_where=text("returned_at IS NULL AND number <> ''")),
        Index("ix_holdings_unit_id_returned_at", "unit_id", "returned_at"),
        Index("ix_holdings_estate_id_lost_at", "estate_id", "lost_at"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    estate_id: Mapped[int] = mapped_column(ForeignKey("estates.id"))
    kind: Mapped[HoldingKind] = mapped_column(info=ui(_("种类"), in_list=True, in_filter=True))
    number: Mapped[Code] = mapped_column(default="", info=ui(_("卡号、编号"), in_list=True))
    count: Mapped[int] = mapped_column(default=1, info=ui(_("数量"), in_list=True))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"), info=ui(_("房屋"), in_list=True))
    customer_id: Mapped[int | None] = mapped_column(
        ForeignKey("customers.id"), index=True, info=ui(_("客户"), in_list=True)
    )
    holder: Mapped[Name] = mapped_column(default="", info=ui(_("持有人"), in_list=True))
    relation: Mapped[HolderIs] = mapped_column(default=HolderIs.SELF, info=ui(_("与客户关系")))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    """The move-in that handed it over."""
    issued_at: Mapped[datetime] = mapped_column(info=ui(_("发放时间"), in_list=True))
    issued_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    signed_by: Mapped[Name] = mapped_column(default="", info=ui(_("签收人")))
    bill_id: Mapped[int | None] = mapped_column(ForeignKey("bills.id"), index=True)
    lost_at: Mapped[datetime | None]
    lost_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    lost_why: Mapped[Line] = mapped_column(default="")
    disabled_at: Mapped[datetime | None]
    """When the access system was told that it opens nothing any more."""
    disabled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    replaced_by: Mapped[int | None] = mapped_column(ForeignKey("holdings.id"))
    returned_at: Mapped[datetime | None]
    returned_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    note: Mapped[Line] = mapped_column(default="", info=ui(_("备注")))
    version: Mapped[int] = mapped_column(default=1)

    @property
    def standing(self) -> Standing:
        """How it stands now."""
        if self.returned_at is not None:
            return Standing.BACK
        return Standing.LOST if self.lost_at is not None else Standing.OUT

    @property
    def shown(self) -> str:
        """Say what it is: 门禁卡 0012345, 钥匙 3 把."""
        if self.number:
            return f"{self.kind.label} {self.number}"
        said = {"kind": self.kind.label, "n": self.count}
        keys = self.kind in {HoldingKind.KEY, HoldingKind.MAILBOX_KEY}
        return str(_("{kind} {n} 把", **said) if keys else _("{kind} {n} 个", **said))


def is_out() -> ColumnElement[bool]:
    """Claim: somebody carries it."""
    return and_(Holding.returned_at.is_(None), Holding.lost_at.is_(None))


def waits_for_disabling() -> ColumnElement[bool]:
    """Claim: it is lost, may still open doors, and nobody has recorded that the access system was told."""
    return and_(
        Holding.lost_at.is_not(None), Holding.returned_at.is_(None), Holding.disabled_at.is_(None),
        Holding.kind.in_(ELECTRONIC),
    )  # fmt: skip


def is_left_behind() -> ColumnElement[bool]:
    """Claim: it is out, and those it was given to held the unit once and do so no more, nor will."""
    day = today()
    theirs = and_(
        Occupancy.unit_id == Holding.unit_id,
        or_(Holding.customer_id.is_(None), Occupancy.customer_id == Holding.customer_id),
    )
    lasts = or_(Occupancy.ends_on.is_(None), Occupancy.ends_on >= day)
    ended = exists().where(theirs, Occupancy.ends_on < day)
    return and_(is_out(), ended, ~exists().where(theirs, lasts))
