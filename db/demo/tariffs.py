"""What the demonstration's estates charge: payees, fee items and tariffs, written down as finance would."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.demo.chance import told
from db.demo.estates import Ground
from db.ledger.tables import FeeItem, Payee
from db.ledger.tariffs import follow_tariff, save_tariff
from db.registering import save
from db.registry import Contract, ContractKind, Unit

_NOT_STORED = frozenset({"buildings", "room", "leases", "then"})


def set_tariffs(session: Session, ground: Ground) -> None:
    """Write down what an estate charges; the session's actor is of the finance department."""
    written = told("tariffs")[ground.name]
    here = {"estate_id": ground.estate_id}
    payees = {
        each["key"]: save(session, Payee, here | {name: value for name, value in each.items() if name != "key"})
        for each in written["payees"]
    }
    for position, item in enumerate(written["items"], start=1):
        values = {"name": item["name"], "kind": item["kind"], "payee_id": payees[item["payee"]], "position": position}
        item_id = save(session, FeeItem, here | values | {"active": True})
        for tariff in item.get("tariffs", ()):
            _tariffs(session, ground, here | {"fee_item_id": item_id, "valid_from": written["since"]}, tariff)


def _tariffs(session: Session, ground: Ground, here: dict[str, Any], tariff: dict[str, Any]) -> None:
    """Write one tariff down, or one for each building or lease; then what became of its price."""
    values = here | {name: value for name, value in tariff.items() if name not in _NOT_STORED}
    for each in _whom(session, ground, tariff):
        tariff_id = save_tariff(session, values | each)
        if "then" in tariff:
            day, price, filing_number = tariff["then"]
            follow_tariff(
                session, tariff_id, date.fromisoformat(day), price=price, filing_number=filing_number
            )  # fmt: skip


def _whom(session: Session, ground: Ground, tariff: dict[str, Any]) -> list[dict[str, Any]]:
    """Say what distinguishes the tariffs that one entry stands for."""
    if "buildings" in tariff:
        return [{"building_id": ground.buildings[code]} for code in tariff["buildings"]]
    if "room" in tariff:
        return [{"unit_id": each.id} for each in ground.units if each.short == tariff["room"]]
    if "leases" not in tariff:
        return [{}]
    leases = session.execute(
        select(Contract, Unit.area)
        .join(Unit, Unit.id == Contract.unit_id)
        .where(Contract.estate_id == ground.estate_id, Contract.kind == ContractKind.LEASE)
        .order_by(Contract.id)
    )
    return [
        {"contract_id": lease.id, "price": (lease.price or 0) / (area or 1), "valid_from": lease.starts_on}
        for lease, area in leases
    ]


def set_rent(session: Session, ground: Ground, lease: Contract, price: Decimal) -> None:
    """Write down the rent of a lease signed later, so many yuan a m² and month."""
    item = next(each for each in told("tariffs")[ground.name]["items"] if each["kind"] == "rent")
    values = {name: value for name, value in item["tariffs"][0].items() if name not in _NOT_STORED}
    item_id = session.scalars(
        select(FeeItem.id).where(FeeItem.estate_id == ground.estate_id, FeeItem.name == item["name"])
    ).one()
    save_tariff(session, values | {
        "estate_id": ground.estate_id, "fee_item_id": item_id, "contract_id": lease.id, "price": price,
        "valid_from": lease.starts_on,
    })  # fmt: skip
