"""Cards, keys and parking permits that the demonstration's customers hold since before its first day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert, select

from db import parking_permits
from db.clock import moment_of
from db.demo.chance import told
from db.demo.diary import Course, acting
from db.demo.estates import Ground
from db.demo.scene import Scene
from db.dossiers.card_tables import Holding, HoldingKind
from db.registry import Contract, ContractKind, ParkingSpace, ParkingTenure, UnitUse, Vehicle

LOST = 0.012
"""Of the cards."""
PERMITS = {"homes": 60, "park": 45}


def handed_out(scene: Scene) -> Course:
    """Note which cards and keys every household was given when it came; a few cards are lost."""
    session = yield moment_of(scene.first) + timedelta(hours=8, minutes=1)
    rows: list[dict[str, Any]] = []
    for ground in scene.grounds.values():
        for n, household in enumerate(scene.households[ground.name]):
            office = household.home.use is UnitUse.OFFICE
            at = moment_of(scene.first) - timedelta(days=30 + n % 400, hours=-10)
            usual = {
                "estate_id": ground.estate_id, "unit_id": household.home.id, "customer_id": household.customer_id,
                "holder": household.name, "issued_at": at, "issued_by": scene.staff.clerks[0].user_id,
                "signed_by": household.name, "number": "", "count": 1, "lost_at": None, "lost_by": None,
                "lost_why": "", "disabled_at": None, "disabled_by": None,
            }  # fmt: skip
            rows.append(usual | {"kind": HoldingKind.KEY, "count": 3 if office else 2})
            for card in range(4 if office else 2):
                number = f"{'P' if ground.is_park else 'H'}{n:05}{card + 1}"
                rows.append(usual | {"kind": HoldingKind.ACCESS_CARD, "number": number} | _lost(scene))
    session.execute(insert(Holding), rows)


def _lost(scene: Scene) -> dict[str, Any]:
    if not scene.luck(LOST):
        return {}
    at = scene.until - timedelta(days=scene.random.uniform(0.2, (scene.today - scene.first).days), hours=1)
    found = {"lost_at": at, "lost_by": scene.staff.clerks[1].user_id, "lost_why": told("dossiers")["moves"]["lost"]}
    if scene.luck(0.8):
        found |= {"disabled_at": at, "disabled_by": scene.staff.clerks[1].user_id}
    return found


def permits(scene: Scene) -> Course:
    """Issue the year's parking permits to those who rent a space and have a car."""
    session = yield moment_of(scene.first) + timedelta(hours=8, minutes=30)
    with acting(session, scene.staff.clerks[0]):
        for ground in scene.grounds.values():
            homes = {each.customer_id: each.home.id for each in scene.households[ground.name]}
            spaces = select(ParkingSpace.id, ParkingSpace.customer_id).where(
                ParkingSpace.estate_id == ground.estate_id, ParkingSpace.tenure == ParkingTenure.LET,
                ParkingSpace.customer_id.in_(homes),
            )  # fmt: skip
            cars: dict[int, list[str]] = {}
            for plate, owner in session.execute(
                select(Vehicle.plate, Vehicle.customer_id)
                .where(Vehicle.estate_id == ground.estate_id, Vehicle.customer_id.in_(homes))
                .order_by(Vehicle.id)
            ):
                cars.setdefault(owner or 0, []).append(plate)
            leases = _lease_ends(session, ground)
            found = [(key, owner or 0) for key, owner in session.execute(spaces.order_by(ParkingSpace.id))]
            found = [row for row in found if row[1] in cars]
            for n, (space_id, customer_id) in enumerate(found[: PERMITS[ground.name]]):
                unit_id = homes[customer_id]
                ends_on = scene.today + timedelta(days=(12, 26, 90, 150, 240, 300)[n % 6])
                parking_permits.issue(session, {
                    "unit_id": unit_id, "customer_id": customer_id, "space_id": space_id,
                    "plates": " ".join(cars[customer_id][:2]), "starts_on": scene.first,
                    "ends_on": min(ends_on, leases.get((unit_id, customer_id), ends_on)), "temporary": False,
                })  # fmt: skip


def _lease_ends(session: Any, ground: Ground) -> dict[tuple[int, int], date]:
    rows = session.execute(
        select(Contract.unit_id, Contract.customer_id, Contract.ends_on).where(
            Contract.estate_id == ground.estate_id, Contract.kind == ContractKind.LEASE
        )
    )
    return {(unit_id, customer_id): ends_on for unit_id, customer_id, ends_on in rows}
