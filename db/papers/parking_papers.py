"""The papers of a parking permit: the card 停车证 behind the windscreen, and 车位租用协议 (K1; HB:47, 87, 90).

Both say that a place is let and the car not kept 不负责保管.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from db import parking_permits
from db.base import Choice
from db.ledger.calculations import in_chinese
from db.papers.kinds import PaperKind, Said
from db.parking_lists import monthly_fee
from db.parking_tables import ParkingPermit, PermitKind
from db.people import OFFICE
from db.registry import Customer, ParkingSpace, Unit
from db.words import Words, _

REGISTER = "parking_permits"


def _holds(_session: Session, permit: ParkingPermit) -> Words | None:
    """Gate: no card for a permit that has ended."""
    return _("停车证 {number} 已结束。", number=permit.number) if permit.ended_at is not None else None


def _space(session: Session, permit: ParkingPermit) -> ParkingSpace:
    return session.get_one(ParkingSpace, permit.space_id)


def _plates(session: Session, permit: ParkingPermit) -> str:
    return in_chinese(_("、")).join(parking_permits.plates_of(session, permit.id))


def _term(_session: Session, permit: ParkingPermit) -> str:
    return in_chinese(_("{first} 至 {last}", first=permit.starts_on, last=permit.ends_on))


def _fee(session: Session, permit: ParkingPermit) -> object:
    fee = monthly_fee(session, permit.unit_id, _space(session, permit), permit.starts_on)
    return fee.amount if fee is not None and permit.kind is not PermitKind.TEMPORARY else None


def _kind(_session: Session, permit: ParkingPermit) -> Choice:
    return permit.kind


_NUMBER = Said("permit", _("停车证号"), lambda _session, permit: permit.number)
_SPACE = Said("space", _("车位"), lambda session, permit: _space(session, permit).code)
_PLATES = Said("plates", _("车牌号"), _plates, wide=True)
_UNIT = Said("unit", _("房屋"), lambda session, permit: session.get_one(Unit, permit.unit_id).short)
_TERM = Said("term", _("有效期"), _term, wide=True)

KINDS = (
    PaperKind(
        key="parking_permit",
        title=_("停车证"),
        process=REGISTER,
        prefix="TCK",
        size="card",
        seal=False,
        issuers=OFFICE,
        needs=(_holds,),
        subject=REGISTER,
        find=parking_permits.permit_by_id,
        facts=(_NUMBER, _SPACE, _PLATES, Said("kind", _("证类"), _kind, boxes=PermitKind), _UNIT, _TERM),
    ),
    PaperKind(
        key="parking_agreement",
        title=_("车位租用协议"),
        process=REGISTER,
        prefix="CWX",
        issuers=OFFICE,
        needs=(_holds,),
        returns=True,
        subject=REGISTER,
        find=parking_permits.permit_by_id,
        facts=(
            Said("customer", _("乙方（车位使用人）"),
                 lambda session, permit: session.get_one(Customer, permit.customer_id).name, wide=True),
            _UNIT,
            _NUMBER,
            _SPACE,
            Said("lies", _("车位类型"), lambda session, permit: _space(session, permit).kind),
            _PLATES,
            _TERM,
            Said("fee", _("每月费用（元）"), _fee),
            Said("consent", _("车位业主同意"), lambda _session, permit: permit.consent or in_chinese(_("不需要"))),
        ),
        signatures=(_("甲方经办"), _("乙方（签字或盖章）")),
    ),
)  # fmt: skip
