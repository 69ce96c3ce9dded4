"""What moving out asks for, by who leaves what: papers brought and signed, services ended, what we know (O1)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Choice
from db.checklists import ItemKind, Template, Wanted
from db.fields import Field
from db.registry import EstateKind
from db.words import _

CONFIRM, SETTLE, COMPLETE = "confirm", "settle", "complete"
"""The steps that a line may hold up."""


class Formality(Choice):
    """Who leaves what: each has a checklist of its own."""

    PARK = "park", _("退租迁出")
    TENANT = "tenant", _("租户搬出")
    OWNER = "owner", _("业主过户迁出")


class Service(Choice):
    """What ends with a move-out, each on its day (HB:336)."""

    FEES = "fees", _("房租、物业管理费")
    POWER = "power", _("供电")
    WATER = "water", _("供水")
    NETWORK = "network", _("网络通信")
    AIR = "air", _("空调")
    PARKING = "parking", _("停车")
    CARDS = "cards", _("门禁卡、钥匙")
    PLATES = "plates", _("大堂名牌、楼层水牌")


class ServiceEnd(Base):
    """The last day of one service, as it was confirmed."""

    __tablename__ = "service_ends"
    __table_args__ = (UniqueConstraint("case_id", "service"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    service: Mapped[Service]
    ends_on: Mapped[date] = mapped_column(Date)


SERVICES: dict[Formality, tuple[Service, ...]] = {
    Formality.PARK: tuple(Service),
    Formality.TENANT: (Service.FEES, Service.POWER, Service.WATER, Service.PARKING, Service.CARDS),
    Formality.OWNER: (Service.FEES, Service.POWER, Service.WATER, Service.PARKING, Service.CARDS),
}
"""What is confirmed to end. Supply ends because the customer leaves; never for what he owes (民法典 944)."""

ENDS: dict[Service, Field] = {
    each: Field(f"{each.value}_until", each.label, "date", _("不填就是费用截止日"), required=False)
    for each in Service
    if each is not Service.FEES
}
"""What the confirmation asks of each service; fees end on the cut-off date itself."""

PAPER, SIGNED, KNOWN = ItemKind.PAPER, ItemKind.SIGNED, ItemKind.KNOWN
_WORKS = Wanted("works", KNOWN, _("没有未完的装修"), SETTLE)
_METERS = Wanted("meters", KNOWN, _("水电表止数"), SETTLE)
_CARDS = Wanted("cards", KNOWN, _("门禁卡、钥匙交回，丢失的已挂失"), COMPLETE)
_MONEY = Wanted("money", KNOWN, _("押金已抵扣或已申请退还"), COMPLETE)
_STATEMENT = Wanted("statement", SIGNED, _("《迁出结算单》"), COMPLETE, paper="move_out_statement")

TEMPLATES: dict[Formality, Template] = {
    Formality.PARK: Template(
        "move_outs.park", _("退租迁出"),
        (
            Wanted("application", SIGNED, _("《退租迁出申请表》"), CONFIRM, _("加盖公章"),
                   paper="move_out_application"),
            Wanted("authorisation", PAPER, _("委托书原件"), CONFIRM, _("由公司签署，加盖公章")),
            Wanted("agent_identity", PAPER, _("经办人身份证明"), CONFIRM,
                   _("原件核对、复印件留存，盖“仅供办理迁出使用”章")),
            Wanted("booked", KNOWN, _("约定迁出时间、路线（非办公时间）"), CONFIRM),
            Wanted("notice", KNOWN, _("发出《迁出确认书》"), SETTLE),
            _WORKS,
            Wanted("inspection", KNOWN, _("退房验收并签字"), SETTLE),
            _METERS, _CARDS,
            Wanted("plates", KNOWN, _("大堂名牌、楼层水牌拆除"), COMPLETE),
            _MONEY, _STATEMENT,
            Wanted("registered_office", PAPER, _("工商注册地址迁出凭据"), COMPLETE, _("变更登记复印件或书面承诺"),
                   required=False),
        ), frozenset({EstateKind.PARK}),
    ),
    Formality.TENANT: Template(
        "move_outs.tenant", _("租户搬出"),
        (
            Wanted("application", SIGNED, _("《退租迁出申请表》"), CONFIRM, paper="move_out_application"),
            Wanted("identity", PAPER, _("租户身份证明"), CONFIRM, _("原件核对")),
            Wanted("owner_told", PAPER, _("业主知悉租户搬出"), SETTLE, _("业主书面或电话确认，写明时间"),
                   required=False),
            _METERS, _CARDS, _MONEY, _STATEMENT,
        ), frozenset({EstateKind.HOMES}),
    ),
    Formality.OWNER: Template(
        "move_outs.owner", _("业主过户迁出"),
        (
            Wanted("identity", PAPER, _("业主身份证明"), CONFIRM, _("原件核对")),
            Wanted("transfer", PAPER, _("过户凭证（不动产权证书或登记受理单）"), CONFIRM, _("原件核对、复印件留存")),
            _WORKS, _METERS, _CARDS, _MONEY, _STATEMENT,
        ), frozenset({EstateKind.HOMES}),
    ),
}  # fmt: skip
"""In the order of the work; an estate may change its own (`db.checklist_templates`). No line asks for arrears: they
hold back neither leaving nor goods, and stay the customer's debt."""

__all__ = [
    "COMPLETE", "CONFIRM", "ENDS", "SERVICES", "SETTLE", "TEMPLATES", "Formality", "Service", "ServiceEnd",
]  # fmt: skip
