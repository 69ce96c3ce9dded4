"""Bills made on the spot: months ahead by today's tariff (F3), and what is charged once (P3)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from db.clock import now, pretending
from db.ledger.ahead import bill_ahead, items_ahead, preview_ahead
from db.ledger.once import bill_case, bill_once
from db.ledger.tables import Basis, FeeKind
from db.people import SYSTEM
from db.process import perform
from db.processes.repairs import ChargeKind, enter_slip
from db.refused import Refused
from db.registry import (
    Contract,
    ContractKind,
    Relation,
)
from db.session import reading, writing
from tests.billed import DEC, MOMENT, NOV, a_hall, bills, run, totals
from tests.builders import a_repair
from tests.money import a_fee_item, a_meter, a_tariff, readings_of


@pytest.fixture(autouse=True)
def _november():
    with pretending(MOMENT):
        yield


# ── months ahead ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("F3")
@pytest.mark.usefixtures("engine")
def test_months_ahead_are_billed_by_todays_tariff_and_stay():
    hall = a_hall()
    with writing(SYSTEM) as s:
        a_tariff(s, hall.item, "9.00", valid_from=date(2027, 1, 1))
        s.get_one(type(hall.tariff), hall.tariff.id).valid_to = date(2026, 12, 31)
    march = date(2027, 3, 20)
    with reading(hall.cashier) as s:
        assert [each.id for each in items_ahead(s, hall.unit.id)] == [hall.item.id]
        shown = preview_ahead(s, hall.unit.id, [hall.item.id], march)
        assert [(month.isoformat(), each.fen) for month, each in shown] == [
            (f"{month}-01", 27037) for month in ("2026-11", "2026-12", "2027-01", "2027-02", "2027-03")
        ]
    assert bills() == []
    with writing(hall.cashier) as s:
        assert len(bill_ahead(s, hall.unit.id, [hall.item.id], march)) == 5
        assert bill_ahead(s, hall.unit.id, [hall.item.id], march) == []
    assert run(hall, date(2027, 1, 1)).bills == 0
    assert [(each.amount, each.due_on.isoformat()) for each in bills()][-1] == (Decimal("270.37"), "2027-03-10")
    assert [(month, count) for month, count, *_rest in totals()][-1] == (date(2027, 3, 1), 1)


@pytest.mark.requirement("F3")
def test_ahead_begins_after_the_last_month_billed_and_fills_gaps(sqlite_engine):
    hall = a_hall()
    run(hall, date(2026, 8, 1))
    run(hall, DEC)
    with writing(hall.cashier) as s:
        made = bill_ahead(s, hall.unit.id, [hall.item.id], date(2027, 1, 1))
        assert [f"{each.month:%m}" for each in made] == ["09", "10", "11", "01"]


@pytest.mark.requirement("F3")
def test_ahead_is_refused_beyond_a_year_without_a_tariff_and_past_the_contract(sqlite_engine):
    hall = a_hall()
    with writing(SYSTEM) as s:
        rent, water, other = (a_fee_item(s, hall.payee, kind) for kind in (FeeKind.RENT, FeeKind.WATER, FeeKind.OTHER))
        contract = Contract(
            estate_id=hall.estate.id, number="HT-1", kind=ContractKind.LEASE, unit_id=hall.unit.id,
            starts_on=date(2026, 3, 1), ends_on=date(2026, 12, 15),
        )  # fmt: skip
        s.add(contract)
        s.flush()
        a_tariff(s, rent, "38", basis=Basis.RENT, contract_id=contract.id, payer=Relation.TENANT)
        a_tariff(s, water, "6.30", basis=Basis.METERED)
        readings_of(s, a_meter(s, hall.unit, water), NOV, "15")
    for item, up_to, sentence in (
        (hall.item, date(2027, 12, 1), "最多提前 12 个月"),
        (other, DEC, "没有收费标准"),
        (water, DEC, "按表计量"),
        (rent, date(2027, 1, 1), "在 2027-01 没有收费标准（或合同已到期）"),
    ):
        with pytest.raises(Refused, match=sentence), writing(hall.cashier) as s:
            bill_ahead(s, hall.unit.id, [item.id], up_to)
    assert bills() == []
    with writing(hall.cashier) as s:
        assert [each.calculation for each in bill_ahead(s, hall.unit.id, [rent.id], DEC)] == [
            "96.56 m² × 38.00 元 × 1 月 = 3669.28 元", "96.56 m² × 38.00 元 × 15/31 月 = 1775.46 元",
        ]  # fmt: skip
        assert [each.id for each in items_ahead(s, hall.unit.id)] == [hall.item.id, rent.id]
    with pytest.raises(Refused, match="收款、开收据与日结"), writing(hall.desk) as s:
        bill_ahead(s, hall.unit.id, [hall.item.id], DEC)


# ── charged once ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("engine")
def test_a_single_charge_is_made_once():
    hall = a_hall()
    with writing(hall.cashier) as s:
        told = {"quantity": Decimal(2), "price": Decimal(20), "calculation": "门禁卡", "token": "form-1"}
        first = bill_once(s, hall.unit.id, hall.item.id, **told)
        assert bill_once(s, hall.unit.id, hall.item.id, **told).id == first.id
        second = bill_once(s, hall.unit.id, hall.item.id, amount=Decimal("0.50"))
        for wrong in ({"amount": Decimal(0)}, {"quantity": Decimal(1)}):
            with pytest.raises(Refused):
                bill_once(s, hall.unit.id, hall.item.id, **wrong)
        assert second.id != first.id
    assert [(each.calculation, each.amount, each.due_on, each.late_day) for each in bills()] == [
        ("门禁卡 2.00 × 20.00 元 = 40.00 元", Decimal(40), date(2026, 11, 10), None),
        (f"{hall.item.name} 0.50 元", Decimal("0.50"), date(2026, 11, 10), None),
    ]
    assert (run(hall).bills, totals()[0][1]) == (1, 3)  # stands beside the month's own bill


@pytest.mark.requirement("P3")
@pytest.mark.usefixtures("engine")
def test_a_paid_repair_is_billed_once():
    hall = a_hall()
    with writing(hall.desk) as s:
        case = a_repair(s, hall, customer_id=hall.customer.id)
        paid = {"technicians": (hall.technician.user_id,), "charge_kind": ChargeKind.PAID, "quoted": Decimal(80)}
        perform(s, case.id, "dispatch", paid | {"price_agreed": True})
        assert bill_case(s, case.id) is None
        slip = {"work": "换角阀", "charge": Decimal(80), "arrived_on_site": now(), "finished_at": now()}
        enter_slip(s, case.id, slip)
        with pytest.raises(Refused, match="有偿服务费"):
            bill_case(s, case.id)
    with writing(SYSTEM) as s:
        service = a_fee_item(s, hall.payee, FeeKind.SERVICE)
    for actor in (hall.desk, hall.cashier):
        with writing(actor) as s:
            bill = bill_case(s, case.id)
            assert (bill.fee_item_id, bill.amount, bill.source, bill.customer_id, bill.calculation) == (
                service.id, Decimal(80), f"case:{case.id}", hall.customer.id, f"{case.number} 有偿服务 80.00 元",
            )  # fmt: skip
    assert len(bills()) == 1


