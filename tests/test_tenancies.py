"""Who holds a unit, by date: begun and ended once, how the unit stands and which spaces are free follow at night."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from db.audit import Audit
from db.clock import moment_of, pretending, today
from db.dossiers import tenancies
from db.dossiers.tenancies import Ended
from db.jobs import run_due
from db.ledger.billing import publish
from db.ledger.tables import Basis, Bill, FeeKind
from db.people import SYSTEM
from db.refused import Refused
from db.registry import Contract, Occupancy, ParkingSpace, ParkingTenure, Relation, Unit, UnitState
from db.session import reading, writing
from tests.builders import a_customer, a_unit, an_occupancy
from tests.money import Till, a_fee_item, a_lease, a_space, a_tariff

pytestmark = pytest.mark.usefixtures("engine")
NOV = date(2026, 11, 1)
FIFTEENTH, FOURTEENTH = date(2026, 11, 15), date(2026, 11, 14)


def at(day, hour=12):
    return pretending(moment_of(day, time(hour)))


def night(day):
    return [each for each in run_due(moment_of(day, time(3))) if each.startswith("房屋使用状态")]


@pytest.fixture
def house(engine):
    """Let to a tenant with a lease and a rented bay; the owner has one he bought."""
    with at(NOV), writing(SYSTEM) as s:
        made = Till(s)
        made.tenant, made.next = a_customer(s, made.estate, "租客"), a_customer(s, made.estate, "新租客")
        an_occupancy(s, made.unit, made.customer)
        made.tenancy = an_occupancy(s, made.unit, made.tenant, Relation.TENANT, starts_on=date(2026, 1, 1))
        made.lease = a_lease(s, made.tenant, made.unit)
        made.bay = a_space(s, made.estate, ParkingTenure.LET, made.tenant)
        made.bought = a_space(s, made.estate, ParkingTenure.SOLD, made.customer)
        made.unit.state, made.unit.area = UnitState.LET, Decimal(100)
    night(NOV)
    return made


def end(house, day, actor=None, **told) -> Ended:
    with writing(actor or house.desk) as s:
        return tenancies.end(s, **{"unit_id": house.unit.id, "customer_id": house.tenant.id, "on": day} | told)


def begin(house, customer, day, **told) -> int:
    with writing(house.desk) as s:
        return tenancies.hold(s, house.unit.id, customer.id, Relation.TENANT, day, **told)


def stands(house) -> tuple[UnitState, ParkingTenure, int | None, date | None]:
    with reading(SYSTEM) as s:
        bay = s.get_one(ParkingSpace, house.bay.id)
        return s.get_one(Unit, house.unit.id).state, bay.tenure, bay.customer_id, bay.ends_on


# ── ended ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("O1")
def test_a_day_to_come_is_entered_and_all_follows_in_the_night_after_it(house):
    with at(date(2026, 11, 5)):
        ended = end(house, FOURTEENTH)
        assert ended == Ended((house.tenancy.id,), (house.bay.code,), house.lease.id, date(2026, 12, 31))
    let = (UnitState.LET, ParkingTenure.LET, house.tenant.id, FOURTEENTH)
    assert night(FOURTEENTH) == []
    assert stands(house) == let
    assert night(FIFTEENTH) == ["房屋使用状态变动 1 户，释放车位 1 个。"]
    assert stands(house) == (UnitState.OWNER_OCCUPIED, ParkingTenure.FREE, None, None)
    assert night(FIFTEENTH) == []
    with reading(SYSTEM) as s:
        assert s.get_one(Occupancy, house.tenancy.id).ends_on == FOURTEENTH
        assert s.get_one(Contract, house.lease.id).ends_on == FOURTEENTH
        assert s.get_one(ParkingSpace, house.bought.id).customer_id == house.customer.id
        told = s.execute(select(Audit.table_name, Audit.after).where(Audit.actor_id == 1, Audit.act == "changed"))
        assert told.all() == [
            ("units", {"state": "owner_occupied"}),
            ("parking_spaces", {"customer_id": None, "tenure": "free", "ends_on": None}),
        ]


@pytest.mark.requirement("O1")
def test_days_on_which_the_computer_was_off_are_caught_up(house):
    with at(date(2026, 11, 5)):
        end(house, FOURTEENTH)
        begin(house, house.next, date(2026, 11, 20))
    night(date(2026, 11, 10))
    assert night(date(2026, 11, 25)) == ["房屋使用状态变动 0 户，释放车位 1 个。"]  # let before, let again by now
    assert stands(house) == (UnitState.LET, ParkingTenure.FREE, None, None)


def test_a_day_that_is_over_is_followed_at_once(house):
    with at(date(2026, 11, 20)):
        end(house, FOURTEENTH)
        assert stands(house) == (UnitState.OWNER_OCCUPIED, ParkingTenure.FREE, None, None)
    assert night(date(2026, 11, 21)) == []


@pytest.mark.requirement("O1")
def test_who_came_with_a_tenant_leaves_with_him_and_the_owners_people_stay(house):
    with writing(SYSTEM) as s:
        clerk = an_occupancy(s, house.unit, a_customer(s, house.estate, "员工"), Relation.OCCUPANT,
                             starts_on=date(2026, 3, 1))  # fmt: skip
        kin = an_occupancy(s, house.unit, a_customer(s, house.estate, "业主父亲"), Relation.FAMILY)
    with at(FOURTEENTH):
        assert end(house, FOURTEENTH).occupancies == (house.tenancy.id, clerk.id)
    with reading(SYSTEM) as s:
        assert s.get_one(Occupancy, kin.id).ends_on is None


def test_one_of_two_tenants_goes_alone_and_who_has_another_unit_keeps_his_bay(house):
    with writing(SYSTEM) as s:
        an_occupancy(s, house.unit, house.next, Relation.TENANT, starts_on=date(2026, 2, 1))
        an_occupancy(s, a_unit(s, house.building, room="909"), house.tenant, Relation.TENANT)
    with at(FOURTEENTH):
        assert end(house, FOURTEENTH) == Ended((house.tenancy.id,), (), house.lease.id, date(2026, 12, 31))
    night(FIFTEENTH)
    assert stands(house) == (UnitState.LET, ParkingTenure.LET, house.tenant.id, None)


@pytest.mark.requirement("O1")
def test_who_stays_after_all_is_as_he_was(house):
    with at(date(2026, 11, 5)):
        ended = end(house, FOURTEENTH)
        with writing(house.desk) as s:
            tenancies.keep(s, house.unit.id, house.tenant.id, FOURTEENTH, ended)
    assert night(FIFTEENTH) == []
    assert stands(house) == (UnitState.LET, ParkingTenure.LET, house.tenant.id, None)
    with reading(SYSTEM) as s:
        assert s.get_one(Occupancy, house.tenancy.id).ends_on is None
        assert s.get_one(Contract, house.lease.id).ends_on == date(2026, 12, 31)


def test_wrong_people_and_wrong_days_are_refused_and_nothing_changes(house):
    with at(date(2026, 11, 20)):
        with pytest.raises(Refused, match="没有登记为这套房屋的业主或租户，请先核对住户登记"):
            end(house, FOURTEENTH, customer_id=house.next.id)
        with pytest.raises(Refused, match="您没有“维护客户与房产档案”的权限"):
            end(house, FOURTEENTH, actor=house.cashier)
        ended = end(house, FOURTEENTH)
        with pytest.raises(Refused, match="2026-11-14 已经过去，住户登记已结束"), writing(house.desk) as s:
            tenancies.keep(s, house.unit.id, house.tenant.id, FOURTEENTH, ended)
        with pytest.raises(Refused, match="没有登记为这套房屋的业主或租户"):
            end(house, FIFTEENTH)


# ── begun ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("I6")
def test_who_comes_holds_unit_and_bay_from_his_day_on_once(house):
    with at(date(2026, 11, 5)):
        end(house, FOURTEENTH)
        with writing(SYSTEM) as s:
            free = a_space(s, house.estate, ParkingTenure.FREE)
        row = begin(house, house.next, FIFTEENTH, space_ids=[free.id])
        assert begin(house, house.next, FIFTEENTH, space_ids=[free.id]) == row
        with pytest.raises(Refused, match=f"车位 {house.bay.code} 现在出租，不空闲"):
            begin(house, house.next, FIFTEENTH, space_ids=[house.bay.id])
    night(FIFTEENTH)
    assert stands(house)[0] is UnitState.LET
    with reading(SYSTEM) as s:
        assert s.scalars(select(Occupancy.customer_id).where(Occupancy.starts_on == FIFTEENTH)).all() == [house.next.id]
        bay = s.get_one(ParkingSpace, free.id)
        assert (bay.customer_id, bay.tenure) == (house.next.id, ParkingTenure.LET)


def test_a_vacant_unit_is_let_in_the_night_and_one_unsold_stays_unsold(house):
    with writing(SYSTEM) as s:
        vacant, unsold = (
            a_unit(s, house.building, room=room, state=state)
            for room, state in (("801", UnitState.VACANT), ("802", UnitState.UNSOLD))
        )
    with at(date(2026, 11, 5)), writing(house.desk) as s:
        for unit in (vacant, unsold):
            tenancies.hold(s, unit.id, house.next.id, Relation.TENANT, FIFTEENTH)
    night(FIFTEENTH)
    with reading(SYSTEM) as s:
        assert [s.get_one(Unit, each.id).state for each in (vacant, unsold)] == [UnitState.LET, UnitState.UNSOLD]
    with at(date(2026, 11, 20)), writing(house.desk) as s:
        tenancies.end(s, vacant.id, house.next.id, today() - timedelta(days=1))
        assert s.get_one(Unit, vacant.id).state is UnitState.VACANT


@pytest.mark.requirement("O1")
def test_fees_and_parking_follow_the_dates_without_anybodys_doing(house):
    """The tenant leaves on the 14th, the next comes on the 15th: the month's run bills each his days."""
    with writing(SYSTEM) as s:
        a_tariff(s, house.item, "3.00", payer=Relation.TENANT)
        parking = a_fee_item(s, house.payee, FeeKind.PARKING)
        a_tariff(s, parking, "300", basis=Basis.FIXED)
        s.get_one(ParkingSpace, house.bought.id).tenure = ParkingTenure.FREE
        free = a_space(s, house.estate, ParkingTenure.FREE)
    with at(date(2026, 11, 5)):
        end(house, FOURTEENTH)
        begin(house, house.next, FIFTEENTH, space_ids=[free.id])
        with writing(house.finance) as s:
            publish(s, house.estate.id, NOV, [house.item.id, parking.id])
    with reading(SYSTEM) as s:
        rows = s.execute(
            select(Bill.customer_id, Bill.fee_item_id, Bill.period_from, Bill.period_to, Bill.amount)
            .order_by(Bill.fee_item_id, Bill.period_from)
        ).all()  # fmt: skip
    last = date(2026, 11, 30)
    assert rows == [
        (house.tenant.id, house.item.id, NOV, FOURTEENTH, Decimal("140.00")),
        (house.next.id, house.item.id, FIFTEENTH, last, Decimal("160.00")),
        (house.tenant.id, parking.id, NOV, FOURTEENTH, Decimal("140.00")),
        (house.next.id, parking.id, FIFTEENTH, last, Decimal("160.00")),
    ]
