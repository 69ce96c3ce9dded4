"""The billing run (F2): every unit, every month, once and only once, by the tariff that holds; and taken back."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from db.audit import Audit
from db.clock import now, pretending
from db.ledger import payments
from db.ledger.ahead import bill_ahead
from db.ledger.billing import Published, publish, reissue, void_bill
from db.ledger.billing_preview import Reason
from db.ledger.choosing import Tariffs
from db.ledger.counting import Why
from db.ledger.money_tables import MonthClosing
from db.ledger.once import bill_once
from db.ledger.tables import Anchor, Basis, Cycle, FeeKind
from db.people import SYSTEM, SYSTEM_ID, Role
from db.refused import Refused
from db.registry import (
    Contract,
    ContractKind,
    EstateKind,
    ParkingKind,
    ParkingSpace,
    ParkingTenure,
    Relation,
    UnitState,
    UnitUse,
)
from db.session import reading, writing
from tests.billed import DEC, MOMENT, NOV, a_hall, bills, run, said, totals, tried, without
from tests.builders import a_building, a_customer, a_unit, an_actor, an_estate, an_occupancy
from tests.money import a_fee_item, a_meter, a_payee, a_tariff, cash, readings_of


@pytest.fixture(autouse=True)
def _november():
    with pretending(MOMENT):
        yield


# ── one month ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("F2")
@pytest.mark.usefixtures("engine")
def test_a_month_is_billed_once_with_its_calculation():
    hall = a_hall()
    shown = tried(hall)
    assert (shown.bills, shown.amount, shown.billed) == (1, Decimal("270.37"), 0)
    steps: list[tuple[int, int]] = []
    made = run(hall, progress=lambda done, of: steps.append((done, of)))
    assert (made.bills, made.amount) == (1, Decimal("270.37"))
    assert steps[-1] == (1, 1)
    bill = bills()[0]
    assert (
        bill.unit_id, bill.building_id, bill.customer_id, bill.tariff_id, bill.payee_id, bill.run_id, bill.month,
        bill.period_from, bill.period_to, bill.amount, bill.calculation, bill.due_on, bill.late_day, bill.late_ppm,
        bill.paid, bill.source, bill.made_by,
    ) == (
        hall.unit.id, hall.building.id, hall.customer.id, hall.tariff.id, hall.payee.id, made.run_id, NOV, NOV,
        date(2026, 11, 30), Decimal("270.37"), "96.56 m² × 2.80 元 × 1 月 = 270.37 元", date(2026, 11, 10),
        date(2026, 11, 11).toordinal(), 500, Decimal(0), "", hall.cashier.user_id,
    )  # fmt: skip
    assert bill.made_at == now()
    assert totals() == [(NOV, 1, Decimal("270.37"), Decimal(0), Decimal(0))]
    with reading(SYSTEM) as s:
        entry = s.scalars(select(Audit).where(Audit.act == "published")).one()
        assert entry.after == {
            "month": "2026-11-01", "fee_items": [hall.item.id], "bills": 1, "amount": "270.37",
        }  # fmt: skip


@pytest.mark.requirement("F2")
@pytest.mark.usefixtures("engine")
def test_a_second_run_adds_nothing():
    hall = a_hall()
    first = run(hall, token="t1")
    assert run(hall, token="t1") == first
    assert run(hall) == Published(None, 0, Decimal(0))
    with writing(SYSTEM) as s:
        a_unit(s, hall.building, room="102", area=Decimal(100))
    assert (run(hall).bills, len(bills())) == (1, 2)
    assert totals() == [(NOV, 2, Decimal("550.37"), Decimal(0), Decimal(0))]
    shown = tried(hall)
    assert (shown.bills, shown.billed, shown.billed_amount, shown.without) == (0, 2, Decimal("550.37"), ())


@pytest.mark.requirement("F2")
@pytest.mark.usefixtures("engine")
def test_two_runs_and_a_cashier_at_once_bill_nobody_twice():
    hall = a_hall()
    with writing(SYSTEM) as s:
        units = [a_unit(s, hall.building, room=f"2{n:02d}", area=Decimal(100)) for n in range(30)]
    gate = threading.Barrier(3)
    results: list[int] = []

    def both() -> None:
        with pretending(MOMENT):
            gate.wait()
            results.append(run(hall).bills)

    def ahead() -> None:
        with pretending(MOMENT):
            gate.wait()
            with writing(hall.other_cashier) as s:
                results.append(len(bill_ahead(s, units[7].id, [hall.item.id], DEC)))

    threads = [threading.Thread(target=work) for work in (both, both, ahead)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sum(results) == 32
    keys = [(each.unit_id, each.month) for each in bills()]
    assert (len(keys), len(set(keys))) == (32, 32)
    assert [(month, count) for month, count, *_rest in totals()] == [(NOV, 31), (DEC, 1)]


def test_what_is_paid_ahead_pays_the_new_bill_by_itself(sqlite_engine):
    hall = a_hall()
    with writing(hall.cashier) as s:
        payments.pay(s, hall.unit.id, hall.payee.id, [cash("300.00")])
    run(hall)
    assert bills()[0].paid == Decimal("270.37")
    assert totals() == [(NOV, 1, Decimal("270.37"), Decimal(0), Decimal("270.37"))]
    with reading(hall.cashier) as s:
        assert payments.balances_of(s, [hall.unit.id]) == {(hall.unit.id, hall.payee.id): Decimal("29.63")}


# ── which tariff holds ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("F1")
@pytest.mark.usefixtures("engine")
def test_the_most_exact_tariff_holds():
    hall = a_hall()
    with writing(SYSTEM) as s:
        other = a_building(s, hall.estate, "2")
        far = a_unit(s, other, area=Decimal(100))
        shop = a_unit(s, other, room="001", area=Decimal(100), use=UnitUse.SHOP)
        contract = Contract(
            estate_id=hall.estate.id, number="HT-1", kind=ContractKind.LEASE, unit_id=hall.unit.id,
            customer_id=hall.customer.id, starts_on=date(2026, 3, 1), ends_on=date(2026, 11, 15),
        )  # fmt: skip
        s.add(contract)
        s.flush()
        told = {
            "1.00": {"building_id": hall.building.id}, "2.00": {"use": UnitUse.RESIDENTIAL},
            "3.00": {"use": UnitUse.RESIDENTIAL, "building_id": hall.building.id}, "4.00": {"unit_id": hall.unit.id},
            "5.00": {"contract_id": contract.id},
        }  # fmt: skip
        for price, columns in reversed(told.items()):
            a_tariff(s, hall.item, price, **columns)

    def price(unit, day):
        with reading(SYSTEM) as s:
            rate = Tariffs.load(s, hall.estate.id, day, day).on(unit, hall.item.id, day)
            return Decimal(rate.price) / 10_000

    assert price(hall.unit, date(2026, 11, 15)) == 5
    assert price(hall.unit, date(2026, 11, 16)) == 4  # the contract is over
    assert price(hall.unit, date(2026, 2, 28)) == 4  # and had not begun
    assert price(far, NOV) == 2
    assert price(shop, NOV) == Decimal("2.80")
    with reading(SYSTEM) as s:
        segments = Tariffs.load(s, hall.estate.id, NOV, DEC).segments(hall.unit, hall.item.id, NOV, date(2026, 11, 30))
        assert [(rate.price, first.day, last.day) for rate, first, last in segments] == [
            (50_000, 1, 15), (40_000, 16, 30),
        ]  # fmt: skip


@pytest.mark.requirement("F1")
def test_a_tariff_that_changes_in_mid_month_is_one_bill_rounded_once(sqlite_engine):
    hall = a_hall()
    with writing(SYSTEM) as s:
        s.get_one(type(hall.tariff), hall.tariff.id).valid_to = date(2026, 11, 14)
        newer = a_tariff(s, hall.item, "3.00", valid_from=date(2026, 11, 15))
    run(hall)
    assert said() == ["96.56 m² × 2.80 元 × 14/30 月 + 96.56 m² × 3.00 元 × 16/30 月 = 280.67 元"]
    assert (bills()[0].tariff_id, bills()[0].late_day) == (newer.id, None)


@pytest.mark.requirement("F2")
def test_vacant_unsold_unknown_and_not_yet_handed_over_units(sqlite_engine):
    hall = a_hall()
    with writing(SYSTEM) as s:
        hundred = {"area": Decimal(100)}
        a_unit(s, hall.building, room="102", state=UnitState.VACANT, **hundred)
        unsold = a_unit(s, hall.building, room="103", state=UnitState.UNSOLD, **hundred)
        a_unit(s, hall.building, room="104")
        a_unit(s, hall.building, room="105", handed_over_on=date(2026, 11, 21), **hundred)
        a_unit(s, hall.building, room="106", handed_over_on=DEC, **hundred)
        free = a_building(s, hall.estate, "2")
        a_unit(s, free, room="101", state=UnitState.VACANT, **hundred)
        a_unit(s, a_building(s, hall.estate, "3"), room="101", use=UnitUse.STORAGE, **hundred)
        tariff = s.get_one(type(hall.tariff), hall.tariff.id)
        tariff.vacant_percent, tariff.use = 70, UnitUse.RESIDENTIAL
        a_tariff(s, hall.item, vacant_percent=0, building_id=free.id, use=UnitUse.RESIDENTIAL)
    assert without(hall) == [
        ("1-1-104", Why.NO_AREA), ("1-1-106", Why.NOT_HANDED_OVER), ("2-1-101", Why.VACANT), ("3-1-101", Why.NO_TARIFF),
    ]  # fmt: skip
    run(hall)
    assert sorted(said()) == [
        "100.00 m² × 2.80 元 × 1 月 × 70% = 196.00 元",
        "100.00 m² × 2.80 元 × 1 月 × 70% = 196.00 元",
        "100.00 m² × 2.80 元 × 10/30 月 = 93.33 元",
        "96.56 m² × 2.80 元 × 1 月 = 270.37 元",
    ]
    assert bills(unit_id=unsold.id)[0].customer_id is None  # the developer's
    late = next(each for each in bills() if each.period_from.day == 21)
    assert (late.period_from, late.period_to, late.due_on) == (
        date(2026, 11, 21), date(2026, 11, 30), date(2026, 12, 10),
    )  # fmt: skip


@pytest.mark.requirement("F2")
@pytest.mark.usefixtures("engine")
def test_who_pays_is_who_holds_it_on_the_bills_last_day():
    hall = a_hall()
    with writing(SYSTEM) as s:
        tenant, former, later = (a_customer(s, hall.estate, name) for name in ("租户", "前业主", "共有人"))
        s.get_one(type(hall.owner), hall.owner.id).starts_on = date(2026, 11, 20)
        an_occupancy(s, hall.unit, former, ends_on=date(2026, 11, 19))
        an_occupancy(s, hall.unit, later, co_owner=True, starts_on=date(2026, 11, 20))
        an_occupancy(s, hall.unit, tenant, Relation.TENANT, ends_on=date(2026, 12, 14))
        rent = a_fee_item(s, hall.payee, FeeKind.RENT)
        a_tariff(s, rent, "38", basis=Basis.RENT, payer=Relation.TENANT)
    for month in (NOV, DEC):
        run(hall, month, hall.item.id, rent.id)
    assert [(each.month, each.period_to.day, each.fee_item_id, each.customer_id) for each in bills()] == [
        (NOV, 19, hall.item.id, former.id), (NOV, 30, hall.item.id, hall.customer.id), (NOV, 30, rent.id, tenant.id),
        (DEC, 31, hall.item.id, hall.customer.id), (DEC, 14, rent.id, tenant.id),
        (DEC, 31, rent.id, hall.customer.id),  # nobody rents it from the 15th on
    ]  # fmt: skip


# ── what is metered, parking, cycles ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("F2")
@pytest.mark.usefixtures("engine")
def test_what_is_metered_is_billed_by_its_reading():
    hall = a_hall()
    with writing(SYSTEM) as s:
        water = a_fee_item(s, hall.payee, FeeKind.WATER)
        a_tariff(s, water, "6.30", basis=Basis.METERED)
        readings_of(s, a_meter(s, hall.unit, water, base="120"), NOV, "15")
        a_meter(s, a_unit(s, hall.building, room="102"), water)
        readings_of(s, a_meter(s, a_unit(s, hall.building, room="103"), water), NOV, "0")
        a_unit(s, hall.building, room="104")
    assert without(hall, NOV, water.id) == [
        ("1-1-102", Why.NO_READING), ("1-1-103", Why.NOTHING_USED), ("1-1-104", Why.NO_METER),
    ]  # fmt: skip
    with pretending(MOMENT + timedelta(days=27)):  # 2 December: what was used in November is known only now
        run(hall, NOV, water.id)
    assert said() == ["上期 120.00 本期 135.00 用量 15.00 × 6.30 元 = 94.50 元"]
    assert bills()[0].due_on == date(2026, 12, 10)


@pytest.mark.requirement("K1")
@pytest.mark.usefixtures("engine")
def test_parking_is_billed_on_the_unit_of_whoever_holds_the_space():
    hall = a_hall()
    with writing(SYSTEM) as s:
        parking = a_fee_item(s, hall.payee, FeeKind.PARKING)
        garage = {"parking_kind": ParkingKind.GARAGE}
        a_tariff(s, parking, "60", basis=Basis.FIXED, parking_tenure=ParkingTenure.SOLD, **garage)
        a_tariff(s, parking, "260", basis=Basis.FIXED, parking_tenure=ParkingTenure.LET, **garage)
        rented = a_unit(s, hall.building, room="001", area=Decimal(50))
        an_occupancy(s, rented, hall.customer, Relation.TENANT)
        homeless = a_customer(s, hall.estate, "无房客户")
        spaces = [
            ParkingSpace(estate_id=hall.estate.id, code=code, kind=kind, tenure=tenure, customer_id=customer)
            for code, kind, tenure, customer in (
                ("A1", ParkingKind.GARAGE, ParkingTenure.SOLD, hall.customer.id),
                ("A2", ParkingKind.GARAGE, ParkingTenure.LET, hall.customer.id),
                ("A3", ParkingKind.GARAGE, ParkingTenure.FREE, None),
                ("A4", ParkingKind.GARAGE, ParkingTenure.LET, homeless.id),
                ("A5", ParkingKind.GARAGE, ParkingTenure.LET, None),
                ("A6", ParkingKind.GROUND, ParkingTenure.LET, hall.customer.id),
            )
        ]
        s.add_all(spaces)
        s.flush()
        sold, let = spaces[0].id, spaces[1].id
    assert without(hall, NOV, parking.id) == [
        ("A4", Why.NO_UNIT), ("A5", Why.NO_CUSTOMER), ("A6", Why.NO_TARIFF),
    ]  # fmt: skip
    assert run(hall, NOV, parking.id).bills == 2
    assert run(hall, NOV, parking.id).bills == 0
    assert [(each.unit_id, each.customer_id, each.source, each.amount) for each in bills()] == [
        (hall.unit.id, hall.customer.id, f"parking:{sold}", Decimal(60)),
        (hall.unit.id, hall.customer.id, f"parking:{let}", Decimal(260)),
    ]
    with writing(hall.cashier) as s, pytest.raises(Refused, match="没有收费标准"):  # A6 has none
        bill_ahead(s, hall.unit.id, [parking.id], DEC)
    with writing(SYSTEM) as s:  # a fee of its own for the ground: each space pays one of the two
        ground = a_fee_item(s, hall.payee, FeeKind.PARKING)
        a_tariff(s, ground, "150", basis=Basis.FIXED, parking_kind=ParkingKind.GROUND)
    nobody = [("A4", Why.NO_UNIT), ("A5", Why.NO_CUSTOMER)]
    assert without(hall, NOV, parking.id, ground.id) == nobody * 2
    with writing(hall.cashier) as s:
        made = bill_ahead(s, hall.unit.id, [parking.id, ground.id], DEC)
        assert [(each.month, each.amount) for each in made] == [
            (NOV, Decimal(150)), (DEC, Decimal(60)), (DEC, Decimal(260)), (DEC, Decimal(150)),
        ]  # fmt: skip


@pytest.mark.requirement("F2")
@pytest.mark.parametrize(
    ("told", "month", "made", "due"),
    [
        ({}, "2026-11", "2026-11-05", "2026-11-10"),
        ({}, "2026-06", "2026-11-05", "2026-06-10"),
        ({"cycle": Cycle.QUARTER}, "2026-12", "2026-09-20", "2026-10-10"),
        ({"cycle": Cycle.QUARTER}, "2026-12", "2026-11-20", "2026-12-10"),
        ({"cycle": Cycle.YEAR}, "2027-05", "2026-12-20", "2027-01-10"),
        ({"cycle": Cycle.HALF_YEAR, "anchor": Anchor.HAND_OVER}, "2026-12", "2026-07-01", "2026-09-10"),
    ],
)
def test_a_cycle_is_paid_in_advance_and_never_overdue_before_it_is_billed(sqlite_engine, told, month, made, due):
    hall = a_hall()
    with writing(SYSTEM) as s:
        s.get_one(type(hall.unit), hall.unit.id).handed_over_on = date(2024, 3, 20)
        tariff = s.get_one(type(hall.tariff), hall.tariff.id)
        for name, value in told.items():
            setattr(tariff, name, value)
    with pretending(MOMENT.replace(**dict(zip(("year", "month", "day"), map(int, made.split("-")), strict=True)))):
        run(hall, date.fromisoformat(f"{month}-01"))
    assert bills()[0].due_on == date.fromisoformat(due)


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_run_is_refused_where_it_must_be(sqlite_engine):
    hall = a_hall()
    with writing(SYSTEM) as s:
        elsewhere = an_estate(s)
        theirs = a_fee_item(s, a_payee(s, elsewhere))
    for month, items, sentence in (
        (date(2027, 12, 1), [hall.item.id], "最多提前 12 个月出账，请选择较近的月份。"),
        (NOV, [], "请选择本项目的收费项目。"),
        (NOV, [theirs.id], "请选择本项目的收费项目。"),
    ):
        with pytest.raises(Refused, match=sentence), writing(hall.cashier) as s:
            publish(s, hall.estate.id, month, items)
    with pytest.raises(Refused, match="您不负责这个项目。"), writing(hall.cashier) as s:
        publish(s, elsewhere.id, NOV, [theirs.id])
    for stranger in (hall.desk, hall.director, hall.technician):
        with pytest.raises(Refused, match="没有“出账、作废账单与发缴费通知”的权限"), writing(stranger) as s:
            publish(s, hall.estate.id, NOV, [hall.item.id])
    assert bills() == []


@pytest.mark.requirement("F10")
def test_a_closed_month_takes_no_bill_and_gives_none_back(sqlite_engine):
    hall = a_hall()
    run(hall)
    bill = bills()[0]
    with writing(SYSTEM) as s:
        a_unit(s, hall.building, room="102", area=Decimal(100))
        told = {"payee_id": hall.payee.id, "month": NOV, "snapshot": {}, "closed_by": SYSTEM_ID, "closed_at": now()}
        s.add(MonthClosing(estate_id=hall.estate.id, **told))
    for act in (
        lambda s: publish(s, hall.estate.id, NOV, [hall.item.id]),
        lambda s: void_bill(s, bill.id, "面积录错"),
        lambda s: reissue(s, bill.id, "面积录错"),
        lambda s: bill_once(s, hall.unit.id, hall.item.id, amount=Decimal(5)),
    ):
        with pytest.raises(Refused, match="2026-11 已经月结，账目不能再改"), writing(hall.cashier) as s:
            act(s)
    assert len(bills()) == 1


# ── void and issued again ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("F10")
@pytest.mark.usefixtures("engine")
def test_a_voided_bill_keeps_its_row_and_gives_its_money_to_the_balance():
    hall = a_hall()
    run(hall)
    bill = bills()[0]
    with writing(hall.cashier) as s:
        payments.pay(s, hall.unit.id, hall.payee.id, [cash("100.00")])
    with pytest.raises(Refused, match="请填写作废原因"), writing(hall.cashier) as s:
        void_bill(s, bill.id, "  ")
    with writing(hall.cashier) as s:
        void_bill(s, bill.id, "面积录错")
    after = bills()[0]
    assert (after.amount, after.paid, after.voided_on, after.voided_by, after.void_reason) == (
        Decimal("270.37"), Decimal(0), date(2026, 11, 5), hall.cashier.user_id, "面积录错",
    )  # fmt: skip
    assert totals() == [(NOV, 0, Decimal(0), Decimal(0), Decimal(0))]
    with reading(hall.cashier) as s:
        assert payments.balances_of(s, [hall.unit.id]) == {(hall.unit.id, hall.payee.id): Decimal(100)}
    with pytest.raises(Refused, match="已经作废"), writing(hall.cashier) as s:
        void_bill(s, bill.id, "再来一次")
    assert run(hall).bills == 1  # now there is room for it again
    assert [each.paid for each in bills(voided_at=None)] == [Decimal(100)]


@pytest.mark.requirement("F10")
@pytest.mark.usefixtures("engine")
def test_a_bill_issued_again_names_the_one_it_replaces():
    hall = a_hall()
    run(hall)
    old = bills()[0]
    with writing(hall.cashier) as s:
        payments.pay(s, hall.unit.id, hall.payee.id, [cash("270.37")])
    with writing(SYSTEM) as s:
        s.get_one(type(hall.unit), hall.unit.id).area = Decimal("95.56")
    with writing(hall.finance) as s:
        new = reissue(s, old.id, "面积按产权证更正")
        assert (new.replaces_id, new.amount, new.calculation) == (
            old.id, Decimal("267.57"), "95.56 m² × 2.80 元 × 1 月 = 267.57 元",
        )  # fmt: skip
    assert [(each.voided_at is None, each.paid) for each in bills()] == [
        (False, Decimal(0)), (True, Decimal("267.57")),
    ]  # fmt: skip
    assert totals() == [(NOV, 1, Decimal("267.57"), Decimal(0), Decimal("267.57"))]
    with reading(hall.cashier) as s:
        assert payments.balances_of(s, [hall.unit.id]) == {(hall.unit.id, hall.payee.id): Decimal("2.80")}


def test_a_bill_that_would_not_come_about_today_is_not_issued_again(sqlite_engine):
    hall = a_hall()
    run(hall)
    with writing(SYSTEM) as s:
        s.get_one(type(hall.unit), hall.unit.id).area = None
    with writing(hall.cashier) as s, pytest.raises(Refused, match="按现在的资料不产生账单（没有建筑面积）"):
        reissue(s, bills()[0].id, "面积录错")
    assert [each.voided_at for each in bills()] == [None]
    with writing(hall.cashier) as s:
        once = bill_once(s, hall.unit.id, hall.item.id, amount=Decimal(20), calculation="工本费")
        with pytest.raises(Refused, match="单笔费用"):
            reissue(s, once.id, "错")


# ── tried out first ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("F2")
@pytest.mark.usefixtures("engine")
def test_the_dry_run_says_what_differs_from_last_month_and_why():
    hall = a_hall()
    with writing(SYSTEM) as s:
        water = a_fee_item(s, hall.payee, FeeKind.WATER, "水费")
        a_tariff(s, water, "6.00", basis=Basis.METERED)
        rooms = [a_unit(s, hall.building, room=f"10{n}", area=Decimal(100)) for n in range(2, 8)]
        readings_of(s, a_meter(s, rooms[0], water), NOV, "10", "12")
        tariff = s.get_one(type(hall.tariff), hall.tariff.id)
        tariff.vacant_percent = 50
    run(hall, NOV, hall.item.id, water.id)
    with writing(SYSTEM) as s:
        changed = {each.room: s.get_one(type(each), each.id) for each in rooms}
        changed["102"].area = Decimal(101)
        changed["103"].state = UnitState.VACANT
        changed["104"].area = None
        changed["105"].handed_over_on = date(2026, 12, 17)
        a_tariff(s, hall.item, "3.00", unit_id=rooms[4].id)
        a_unit(s, hall.building, room="201", area=Decimal(100))
    shown = tried(hall, DEC, hall.item.id, water.id)
    assert [(each.unit, each.item, each.before, each.now, each.reason) for each in shown.differences] == [
        ("1-1-102", hall.item.name, Decimal(280), Decimal("282.80"), Reason.AREA),
        ("1-1-103", hall.item.name, Decimal(280), Decimal(140), Reason.VACANT),
        ("1-1-105", hall.item.name, Decimal(280), Decimal("135.48"), Reason.PART_MONTH),
        ("1-1-106", hall.item.name, Decimal(280), Decimal(300), Reason.NEW_TARIFF),
        ("1-1-201", hall.item.name, Decimal(0), Decimal(280), Reason.NEW_UNIT),
        ("1-1-104", hall.item.name, Decimal(280), Decimal(0), Reason.GONE),
        ("1-1-102", "水费", Decimal(60), Decimal(72), Reason.USAGE),
    ]
    assert [(each.name, each.bills, each.amount) for each in shown.items] == [
        (hall.item.name, 7, Decimal("1688.65")), ("水费", 1, Decimal(72)),
    ]  # fmt: skip
    assert [(each.name, each.bills, each.amount) for each in shown.buildings] == [("1号楼", 8, Decimal("1760.65"))]
    assert (shown.last_bills, shown.last_amount) == (8, Decimal("2010.37"))
    assert shown.reasons() == [(Why.NO_METER, 7), (Why.NO_AREA, 1)]
    made = run(hall, DEC, hall.item.id, water.id)
    assert (made.bills, made.amount) == (shown.bills, shown.amount)


def test_a_park_and_its_homes_do_not_meet(sqlite_engine):
    hall = a_hall()
    with writing(SYSTEM) as s:
        park = an_estate(s, kind=EstateKind.PARK)
        item = a_fee_item(s, a_payee(s, park))
        a_tariff(s, item, "6.00")
        a_unit(s, a_building(s, park), area=Decimal(148))
        theirs = an_actor(s, [park], Role.CASHIER)
    with writing(theirs) as s:
        publish(s, park.id, NOV, [item.id])
    run(hall)
    assert said(estate_id=park.id) == ["148.00 m² × 6.00 元 × 1 月 = 888.00 元"]
    with pytest.raises(Refused, match="没有找到这张账单"), writing(theirs) as s:
        void_bill(s, bills(estate_id=hall.estate.id)[0].id, "不是我们的")
