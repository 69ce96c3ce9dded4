"""Parking permits 停车证: which space is let to whom for which cars, from when to when (K1; HB:47, 87, 90).

A place is let, the car is not kept 不负责保管. A permit assigns its space; what that costs each month follows from the
parking tariffs. Nothing here bars a car: arrears are the ledger's and dunning's matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db import series
from db.audit import record
from db.base import LINE_LENGTH
from db.checking import cleaned
from db.clock import now, today
from db.dossiers.clearance import lease_of
from db.fields import Field, fields_of
from db.parking_spaces import assign, begins, free
from db.parking_tables import ParkingPermit, PermitKind, PermitPlate
from db.people import Actor, Right, require
from db.refused import Refused
from db.registering import locked, save, saved_by
from db.registry import Customer, Occupancy, ParkingSpace, ParkingTenure, Relation, Unit, Vehicle
from db.registry_rules import holds_on
from db.session import actor_of
from db.settings import Setting, value_of
from db.spellings import plate_of
from db.words import Words, _

EXPIRING_DAYS = Setting("parking_permits.expiring_days", _("停车证：到期前多少天列入即将到期"), 30, least=1, most=180)
TEMPORARY_DAYS = Setting("parking_permits.temporary_days", _("停车证：临时证最长几天"), 30, least=1, most=180)
PREFIX = "TCZ"
MOST_PLATES = 6
PAGE = 50


_KIND_OF = {
    Relation.OWNER: PermitKind.OWNER, Relation.FAMILY: PermitKind.OWNER,
    Relation.TENANT: PermitKind.TENANT, Relation.OCCUPANT: PermitKind.TENANT,
}  # fmt: skip


PLATES = Field("plates", _("车牌号"), "text", _("多辆用空格或逗号隔开，例如 冀R12345 冀R54321"), length=LINE_LENGTH)
KIND = Field("temporary", _("临时停车证"), "flag", _("临时证不按月租车位，也不改变车位的租售"), required=False)


def asks() -> tuple[Field, ...]:
    """List what issuing a permit asks, in the order of the form."""
    known = fields_of(ParkingPermit)
    return (*(known[name] for name in ("unit_id", "customer_id", "space_id")), PLATES,
            *(known[name] for name in ("starts_on", "ends_on")), KIND, known["consent"], known["note"])  # fmt: skip


# ── issued ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def issue(session: Session, values: Mapping[str, Any], *, token: str | None = None) -> ParkingPermit:
    """Issue a permit and assign its space; needs `EDIT_REGISTRY`. A second press of `token` returns the first.

    `values` by the names of `asks()`. Raises `Refused` by field: for who does not hold the unit, a plate that is none,
    a space that somebody else has or that is permitted in the period, a term beyond the lease.
    """
    actor = actor_of(session)
    require(actor, Right.EDIT_REGISTRY)
    if (done := saved_by(session, token)) is not None:
        return session.get_one(ParkingPermit, done)
    good, problems = cleaned(asks(), values)
    if problems:
        raise Refused(_("请检查标出的 {n} 处。", n=len(problems)), problems)
    unit: Unit = _found(session, Unit, good["unit_id"], actor, "unit_id")
    customer: Customer = _found(session, Customer, good["customer_id"], actor, "customer_id")
    plates = plates_typed(good.pop("plates"))
    kind = _kind(session, unit, customer, temporary=good.pop("temporary"))
    _term_holds(session, kind, good)
    space: ParkingSpace = _space(session, good["space_id"], unit.estate_id)
    _refuse_taken(session, space, good)
    permit = ParkingPermit(
        **good, kind=kind, estate_id=unit.estate_id,
        number=series.next_number(session, unit.estate_id, PREFIX, today()),
    )  # fmt: skip
    session.add(permit)
    session.flush()
    _write_plates(session, permit, plates)
    if begins(permit):
        assign(session, space, customer.id)
    record(session, "created", "parking_permits", permit.id, estate_id=permit.estate_id, token=token, after={
        "number": permit.number, "customer": customer.name, "space": space.code, "plates": plates,
        "starts_on": permit.starts_on, "ends_on": permit.ends_on,
    })  # fmt: skip
    return permit


def _found(session: Session, model: Any, key: Any, actor: Actor, name: str) -> Any:
    row = session.get(model, key)
    if row is None or row.estate_id not in actor.estates:
        wrong = _("没有找到，或不在您负责的项目内，请重新查找。")
        raise Refused(wrong, {name: wrong})
    return row


def plates_typed(typed: str) -> list[str]:
    """Read plates as people write them, several with blanks or commas between; raises `Refused` on `plates`."""
    found: list[str] = []
    for each in typed.translate(_BETWEEN).split():
        plate, problem = plate_of(each)
        if problem:
            raise Refused(problem, {"plates": problem})
        if plate not in found:
            found.append(plate)
    if not 1 <= len(found) <= MOST_PLATES:
        wrong = _("一张停车证写 1 到 {most} 个车牌号。", most=MOST_PLATES)
        raise Refused(wrong, {"plates": wrong})
    return found


_BETWEEN = dict.fromkeys((0x2C, 0x3B, 0x2F, 0xFF0C, 0xFF1B, 0x3001), " ")
"""What stands between plates: commas, semicolons and strokes, narrow and wide."""


def _kind(session: Session, unit: Unit, customer: Customer, *, temporary: bool) -> PermitKind:
    """Say for whom it is by what he is to the unit; nobody parks who holds nothing here."""
    relations = session.scalars(
        select(Occupancy.relation).where(
            Occupancy.unit_id == unit.id, Occupancy.customer_id == customer.id,
            or_(holds_on(Occupancy, today()), Occupancy.starts_on > today()),
        )
    ).all()  # fmt: skip
    if not relations:
        wrong = _("{name} 没有登记在 {unit} 名下，请先登记入住，或换一位客户。", name=customer.name, unit=unit.short)
        raise Refused(wrong, {"customer_id": wrong})
    if temporary:
        return PermitKind.TEMPORARY
    return _KIND_OF[min(relations, key=list(Relation).index)]


def _term_holds(session: Session, kind: PermitKind, good: Mapping[str, Any]) -> None:
    """Check the days: in order, not over, short for a temporary one, not beyond the lease."""
    wrong: Words | None = None
    starts, ends = good["starts_on"], good["ends_on"]
    most = value_of(session, TEMPORARY_DAYS, session.get_one(Unit, good["unit_id"]).estate_id)
    lease = lease_of(session, good["unit_id"], good["customer_id"], starts)
    if ends < starts:
        wrong = _("止期不能早于起期 {day}。", day=starts)
    elif ends < today():
        wrong = _("止期已经过去，请重新填写。")
    elif kind is PermitKind.TEMPORARY and (ends - starts).days >= most:
        wrong = _("临时停车证最长 {n} 天。", n=most)
    elif lease is not None and lease.ends_on < ends:
        wrong = _("租赁合同 {number} 到 {day} 为止，停车证不能更晚。", number=lease.number, day=lease.ends_on)
    elif (last := _last_day(session, good["unit_id"], good["customer_id"])) is not None and last < ends:
        wrong = _("这位客户在这套房屋登记到 {day} 为止，停车证不能更晚。", day=last)
    if wrong is not None:
        raise Refused(wrong, {"ends_on": wrong})


def _last_day(session: Session, unit_id: int, customer_id: int) -> date | None:
    """Say until when a customer is entered for a unit; None while one of his entries has no end."""
    days = session.scalars(
        select(Occupancy.ends_on).where(Occupancy.unit_id == unit_id, Occupancy.customer_id == customer_id)
    ).all()
    known = [each for each in days if each is not None]
    return max(known) if known and len(known) == len(days) else None


def _space(session: Session, space_id: Any, estate_id: int) -> ParkingSpace:
    space = session.get(ParkingSpace, space_id, with_for_update=True, populate_existing=True)
    if space is None or space.estate_id != estate_id:
        wrong = _("没有找到这个车位，请重新选择。")
        raise Refused(wrong, {"space_id": wrong})
    return space


def _refuse_taken(session: Session, space: ParkingSpace, good: Mapping[str, Any], but: int = 0) -> None:
    """Refuse a space that is permitted in the period, or is another customer's without his written consent."""
    other = session.execute(
        select(ParkingPermit.number, ParkingPermit.starts_on, ParkingPermit.ends_on, Customer.name)
        .join(Customer, Customer.id == ParkingPermit.customer_id)
        .where(
            ParkingPermit.space_id == space.id, ParkingPermit.id != but, ParkingPermit.starts_on <= good["ends_on"],
            ParkingPermit.ends_on >= good["starts_on"], ParkingPermit.ends_on >= ParkingPermit.starts_on,
        )
        .order_by(ParkingPermit.starts_on).limit(1)
    ).first()  # fmt: skip
    wrong: Words | None = None
    name = "space_id"
    if other is not None:
        wrong = _(
            "车位 {code} 在这段时间已有停车证 {number}（{name}，{first} 至 {last}），请换车位或改日期。",
            code=space.code, number=other.number, name=other.name, first=other.starts_on, last=other.ends_on,
        )  # fmt: skip
    elif space.customer_id not in {None, good["customer_id"]}:
        holder = session.get_one(Customer, space.customer_id).name
        if space.tenure is not ParkingTenure.SOLD:
            wrong = _("车位 {code} 已租给{name}，请换车位，或先办理退租。", code=space.code, name=holder)
        elif not good["consent"].strip():
            wrong, name = _("车位 {code} 属于{name}，请写明他的书面同意。", code=space.code, name=holder), "consent"
    if wrong is not None:
        raise Refused(wrong, {name: wrong})


def _write_plates(session: Session, permit: ParkingPermit, plates: Sequence[str]) -> None:
    """Keep the cars with the permit, and those nobody knew in the register of vehicles."""
    for former in session.scalars(select(PermitPlate).where(PermitPlate.permit_id == permit.id)):
        session.delete(former)
    session.flush()
    known = set(
        session.scalars(select(Vehicle.plate).where(Vehicle.estate_id == permit.estate_id, Vehicle.plate.in_(plates)))
    )
    for place, plate in enumerate(plates):
        session.add(PermitPlate(permit_id=permit.id, plate=plate, position=place))
        if plate not in known:
            save(session, Vehicle, {"estate_id": permit.estate_id, "plate": plate, "customer_id": permit.customer_id})
    session.flush()


# ── renewed, ended ───────────────────────────────────────────────────────────────────────────────────────────────────


def renew(
    session: Session, permit_id: int, ends_on: date, *, version: int | None = None, token: str | None = None
) -> ParkingPermit:
    """Let a permit last until a later day, under the same number; needs `EDIT_REGISTRY`."""
    permit = _to_change(session, permit_id, version, token)
    if permit is None:
        return session.get_one(ParkingPermit, permit_id)
    if permit.ended_at is not None:
        raise Refused(_("{number} 已结束，请另办一张。", number=permit.number))
    if ends_on <= permit.ends_on:
        wrong = _("新的止期要晚于现在的 {day}。", day=permit.ends_on)
        raise Refused(wrong, {"ends_on": wrong})
    good = {"unit_id": permit.unit_id, "customer_id": permit.customer_id, "consent": permit.consent,
            "starts_on": permit.starts_on, "ends_on": ends_on}  # fmt: skip
    _term_holds(session, permit.kind, good)
    space = _space(session, permit.space_id, permit.estate_id)
    _refuse_taken(session, space, good, permit.id)
    if begins(permit):
        assign(session, space, permit.customer_id)
    _changed(session, permit, {"ends_on": ends_on}, "changed", token)
    return permit


def end(
    session: Session, permit_id: int, on: date, why: str, *, version: int | None = None, token: str | None = None
) -> ParkingPermit:
    """End a permit on its last day, with the reason; its space is free afterwards. Needs `EDIT_REGISTRY`.

    Only a free decision of customer or office: there is no ending for arrears, and no car is barred.
    """
    permit = _to_change(session, permit_id, version, token)
    if permit is None:
        return session.get_one(ParkingPermit, permit_id)
    if permit.ended_at is not None:
        raise Refused(_("{number} 已结束，不用再办。", number=permit.number))
    problems: dict[str, Words] = {}
    if not why.strip():
        problems["ended_why"] = _("请写明结束原因。")
    if on < permit.starts_on - timedelta(days=1):
        problems["ends_on"] = _("最后一天不能早于起期 {day} 的前一天。", day=permit.starts_on)
    if problems:
        raise Refused(_("请检查标出的 {n} 处。", n=len(problems)), problems)
    _ended(session, permit, min(on, permit.ends_on), why, token)
    free(session, permit, on)
    return permit


def end_for(session: Session, customer_id: int, unit_id: int, day: date) -> list[str]:
    """End the permits that a customer of a unit has beyond his last day, on moving out; returns their numbers.

    Needs `EDIT_REGISTRY`. His spaces are given back by the move-out itself (`db.dossiers.tenancies`).
    """
    require(actor_of(session), Right.EDIT_REGISTRY)
    rows = session.scalars(
        select(ParkingPermit)
        .where(
            ParkingPermit.customer_id == customer_id, ParkingPermit.unit_id == unit_id,
            ParkingPermit.ended_at.is_(None), ParkingPermit.ends_on > day,
        )
        .order_by(ParkingPermit.id).with_for_update()
    ).all()  # fmt: skip
    for permit in rows:
        _ended(session, permit, max(day, permit.starts_on - timedelta(days=1)), str(_("迁出").text), None)
    return [each.number for each in rows]


def keep_for(session: Session, customer_id: int, unit_id: int, day: date) -> list[str]:
    """Take back what `end_for` did for a last day that has not come: he stays. Returns the permits' numbers."""
    require(actor_of(session), Right.EDIT_REGISTRY)
    rows = session.scalars(
        select(ParkingPermit).where(
            ParkingPermit.customer_id == customer_id, ParkingPermit.unit_id == unit_id,
            ParkingPermit.ended_why == _("迁出").text, ParkingPermit.ends_on == day,
            ParkingPermit.term_before.is_not(None),
        ).order_by(ParkingPermit.id)
    ).all()  # fmt: skip
    for permit in rows:
        _changed(session, permit, {"ends_on": permit.term_before, "ended_at": None, "ended_why": "",
                                   "term_before": None}, "changed", None)  # fmt: skip
    return [each.number for each in rows]


def change_plates(
    session: Session, permit_id: int, plates: str, *, version: int | None = None, token: str | None = None
) -> ParkingPermit:
    """Write other cars on a permit; needs `EDIT_REGISTRY`."""
    permit = _to_change(session, permit_id, version, token)
    if permit is None:
        return session.get_one(ParkingPermit, permit_id)
    if permit.ended_at is not None:
        raise Refused(_("{number} 已结束，请另办一张。", number=permit.number))
    before, after = plates_of(session, permit.id), plates_typed(plates)
    if before == after:
        return permit
    _write_plates(session, permit, after)
    permit.version += 1
    session.flush()
    record(session, "changed", "parking_permits", permit.id, estate_id=permit.estate_id, token=token,
           before={"plates": before}, after={"plates": after})  # fmt: skip
    return permit


def _to_change(session: Session, permit_id: int, version: int | None, token: str | None) -> ParkingPermit | None:
    """Fetch a permit to change it; None where this form's press has done it already."""
    require(actor_of(session), Right.EDIT_REGISTRY)
    if saved_by(session, token) is not None:
        return None
    return locked(session, ParkingPermit, permit_id, version)  # type: ignore[no-any-return]


def _ended(session: Session, permit: ParkingPermit, last: date, why: str, token: str | None) -> None:
    changed = {"ends_on": last, "ended_at": now(), "ended_why": why.strip(), "term_before": permit.ends_on}
    _changed(session, permit, changed, "ended", token)


def _changed(session: Session, permit: ParkingPermit, values: Mapping[str, Any], act: str, token: str | None) -> None:
    before = {name: getattr(permit, name) for name in values}
    for name, value in values.items():
        setattr(permit, name, value)
    permit.version += 1
    session.flush()
    record(session, act, "parking_permits", permit.id, estate_id=permit.estate_id, token=token, before=before,
           after=dict(values))  # fmt: skip


def plates_of(session: Session, permit_id: int) -> list[str]:
    """List the cars of a permit, as written."""
    return list(
        session.scalars(
            select(PermitPlate.plate).where(PermitPlate.permit_id == permit_id).order_by(PermitPlate.position)
        )
    )


def permit_by_id(session: Session, permit_id: int) -> ParkingPermit:
    """Find a permit of the actor's estates; to all others it does not exist."""
    permit = session.get(ParkingPermit, permit_id)
    if permit is None or permit.estate_id not in actor_of(session).estates:
        raise Refused(_("没有找到这张停车证，可能不在您负责的项目内。"))
    return permit
