"""What the registry checks or works out by itself, table by table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from db.ledger import tariff_rules
from db.registry import (
    Building,
    Contract,
    ContractKind,
    Customer,
    Occupancy,
    Relation,
    StewardArea,
    Unit,
    Vehicle,
)
from db.spellings import plate_of, unit_parts, unit_short
from db.words import Words, _


@dataclass
class Draft:
    """A record about to be written: the one found (None when new), its values as they would stand, what is wrong."""

    model: Any
    found: Any
    values: dict[str, Any]
    problems: dict[str, Words]

    def short(self, building: Building) -> str:
        """Write the unit as it is said."""
        entrance, room = (self.values.get(name, getattr(self.found, name, "")) or "" for name in ("entrance", "room"))
        return unit_short(building.code, entrance, room)


def _unit(session: Session, draft: Draft) -> None:
    building = session.get_one(Building, draft.values["building_id"])
    draft.values["short"] = draft.short(building)
    last = next((part for part in reversed(unit_parts(draft.values["room"])) if part.isdigit()), "")
    if draft.values.get("floor") is None and len(last) > 2:
        draft.values["floor"] = int(last[:-2])


def _building(_session: Session, draft: Draft) -> None:
    number = next((part for part in unit_parts(draft.values["code"]) if part.isdigit()), "0")
    draft.values["position"] = min(int(number), 100_000)


def _vehicle(_session: Session, draft: Draft) -> None:
    draft.values["plate"], problem = plate_of(draft.values["plate"])
    if problem:
        draft.problems["plate"] = problem


def _customer(_session: Session, draft: Draft) -> None:
    if draft.values.get("id_number"):
        draft.values["id_number"] = "".join(draft.values["id_number"].split()).upper()


def _in_order(draft: Draft) -> bool:
    """Check that the last day is not before the first."""
    starts, ends = draft.values.get("starts_on"), draft.values.get("ends_on")
    if starts is not None and ends is not None and ends < starts:
        draft.problems["ends_on"] = _("结束日期不能早于开始日期 {day}。", day=starts)
        return False
    return True


def overlapping(model: Any, draft: Draft) -> ColumnElement[bool]:
    """Claim: a row's time and the draft's share a day; an open end lasts for ever."""
    starts, ends = draft.values.get("starts_on"), draft.values.get("ends_on")
    claim: ColumnElement[bool] = model.id != (draft.found.id if draft.found is not None else 0)
    if starts is not None:
        claim &= or_(model.ends_on.is_(None), model.ends_on >= starts)
    if ends is not None:
        claim &= or_(model.starts_on.is_(None), model.starts_on <= ends)
    return claim


def _occupancy(session: Session, draft: Draft) -> None:
    """Nobody twice the same in one unit; one owner of record at a time, besides those marked as co-owners."""
    if not _in_order(draft):
        return
    values = draft.values
    others = session.execute(
        select(Occupancy.customer_id, Occupancy.relation, Occupancy.co_owner, Customer.name)
        .join(Customer, Customer.id == Occupancy.customer_id)
        .where(Occupancy.unit_id == values["unit_id"], overlapping(Occupancy, draft))
    ).all()
    for customer_id, relation, co_owner, name in others:
        if customer_id == values["customer_id"] and relation == values["relation"]:
            draft.problems["customer_id"] = _(
                "{name}在这段时间里已登记为{relation}。", name=name, relation=relation.label
            )
        elif relation == values["relation"] == Relation.OWNER and not co_owner and not values.get("co_owner"):
            draft.problems["relation"] = _(
                "这套房屋现在的业主是{name}。共同拥有请勾选“共有人”，换了业主请用“过户”。", name=name
            )


def _area(session: Session, draft: Draft) -> None:
    """One steward for a building at a time."""
    if not _in_order(draft):
        return
    taken = select(StewardArea.id).where(
        StewardArea.building_id == draft.values["building_id"], overlapping(StewardArea, draft)
    )
    if session.scalar(taken.limit(1)) is not None:
        draft.problems["starts_on"] = _("这栋楼在这段时间里已有物业管家，请先结束原来的责任区。")


def _contract(_session: Session, draft: Draft) -> None:
    _in_order(draft)
    party = {ContractKind.LEASE: "customer_id", ContractKind.FIRM: "firm_id"}.get(draft.values["kind"])
    if party == "customer_id" and draft.values.get(party) is None:
        draft.problems[party] = _("租赁合同请选择客户。")
    if party == "firm_id" and draft.values.get(party) is None:
        draft.problems[party] = _("专营服务合同请选择专营公司。")


def holds_on(model: Any, day: Any) -> ColumnElement[bool]:
    """Claim: an occupancy or area holds on `day`."""
    return or_(model.starts_on.is_(None), model.starts_on <= day) & or_(model.ends_on.is_(None), model.ends_on >= day)


RULES: dict[Any, Callable[[Session, Draft], None]] = {
    Building: _building, Unit: _unit, Vehicle: _vehicle, Customer: _customer, Occupancy: _occupancy,
    StewardArea: _area, Contract: _contract, **tariff_rules.RULES,
}  # fmt: skip
