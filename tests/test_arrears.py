"""The list of arrears: rows, sums, ages and filters as a person would count them, in a fixed number of queries."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from db.clock import moment_of, pretending
from db.ledger import arrears, payments
from db.ledger.arrears import Asked
from db.ledger.demands import Debt
from db.ledger.dunnings import Answer, Reason, State
from db.people import SYSTEM, Role
from db.process import open_case, perform
from db.refused import Refused
from db.registry import StewardArea, UnitState
from db.session import reading, writing
from tests.builders import a_building, a_complaint, a_customer, a_unit, an_actor
from tests.counting import counted_statements
from tests.money import a_bill, a_fee_item, a_payee, a_tariff, a_till, cash

TODAY = date(2026, 11, 23)
D = Decimal


def at(day, hour=4):
    return pretending(moment_of(day) + timedelta(hours=hour))


@pytest.fixture
def till(engine):
    """Make four households: one old, one new and vacant, one with only a late fee left, one that owes nothing yet."""
    made = a_till()
    with writing(SYSTEM) as s:
        tower = a_building(s, made.estate, "2")
        made.old = made.unit
        made.vacant = a_unit(s, tower, room="201", state=UnitState.VACANT)
        made.late_only, made.not_due = (a_unit(s, made.building, room=room) for room in ("301", "401"))
        made.people = {
            unit.id: a_customer(s, made.estate, f"{name}某")
            for name, unit in zip("钱孙李周", (made.old, made.vacant, made.late_only, made.not_due), strict=True)
        }
        s.add(StewardArea(estate_id=made.estate.id, building_id=made.building.id, user_id=made.steward.user_id,
                          starts_on=date(2020, 1, 1)))  # fmt: skip
        tariff = a_tariff(s, made.item, late_clause="第十二条").id

        def owes(unit, amount, month):
            return a_bill(s, unit, made.item, amount, month, customer_id=made.people[unit.id].id, tariff_id=tariff).id

        made.bills = [owes(made.old, "100.00", month) for month in (date(2023, 3, 1), date(2026, 9, 1))]
        owes(made.vacant, "80.00", date(2026, 11, 1))
        owes(made.late_only, "60.00", date(2026, 8, 1))
        owes(made.not_due, "70.00", date(2026, 12, 1))
    with at(date(2026, 8, 20)), writing(made.cashier) as s:
        payments.pay(s, made.late_only.id, made.payee.id, [cash("60.00")], late_fee=False)
    return made


def asked_of(till, actor=None, **told):
    with at(TODAY), reading(actor or till.desk) as s:
        return arrears.arrears(s, Asked(**told))


def units(till, **told):
    return [row.unit for row in asked_of(till, **told)[0]]


@pytest.mark.requirement("F5")
def test_who_owes_what_for_how_long(till):
    rows, sums = asked_of(till)
    # 100.00 from 11 March 2023: 1354 days = 67.70; from 11 September 2026: 74 days = 3.70; 80.00 × 13 days = 0.52;
    # 60.00 × 10 days = 0.30, the principal paid on 20 August.
    assert [(row.unit, row.months, row.principal, row.late_fee, row.bands) for row in rows] == [
        ("1-1-101", 2, D("200.00"), D("71.40"), (D(0), D("100.00"), D(0), D(0), D(0), D("100.00"))),
        ("2-1-201", 1, D("80.00"), D("0.52"), (D("80.00"), D(0), D(0), D(0), D(0), D(0))),
        ("1-1-301", 0, D(0), D("0.30"), (D(0),) * 6),
    ]
    assert sums == arrears.Sums(3, D("280.00"), D("72.22"), (D("80.00"), D("100.00"), D(0), D(0), D(0), D("100.00")))
    assert [row.limitation_on for row in rows] == [date(2026, 3, 10), date(2029, 11, 10), None]
    assert [row.steward for row in rows] == ["赵强", "", "赵强"]
    with at(TODAY), reading(till.desk) as s:
        assert arrears.by_unit(s, [till.estate.id]) == {
            till.old.id: (20_000, 7_140), till.vacant.id: (8_000, 52), till.late_only.id: (0, 30),
            till.not_due.id: (7_000, 0),
        }  # fmt: skip
        assert arrears.one(s, rows[0].debt) == rows[0]
        assert arrears.one(s, Debt(till.not_due.id, till.people[till.not_due.id].id, till.payee.id)) is None


@pytest.mark.requirement("F5")
def test_each_filter_leaves_what_it_says(till):
    with at(TODAY), writing(till.desk) as s:
        case = open_case(s, "dunning", {"unit_id": till.old.id})
        perform(s, case.id, "contact", {"answer": "heard", "reason": "defects"})
        a_complaint(s, till, unit_id=till.vacant.id)
    everyone = ["1-1-101", "2-1-201", "1-1-301"]
    for told, expected in (
        ({}, everyone),
        ({"typed": "孙某"}, ["2-1-201"]),
        ({"building_id": till.building.id}, ["1-1-101", "1-1-301"]),
        ({"steward_id": till.steward.user_id}, ["1-1-101", "1-1-301"]),
        ({"least": D("80.52")}, ["1-1-101", "2-1-201"]),
        ({"least": D("80.53")}, ["1-1-101"]),
        ({"days": 365}, ["1-1-101"]),
        ({"reason": "defects"}, ["1-1-101"]),
        ({"step": "new"}, ["1-1-101"]),
        ({"step": "none"}, ["2-1-201", "1-1-301"]),
        ({"lived_in": False}, ["2-1-201"]),
        ({"lived_in": True}, ["1-1-101", "1-1-301"]),
        ({"complaint": True}, ["2-1-201"]),
        ({"complaint": False}, ["1-1-101", "1-1-301"]),
        ({"ending": True}, ["1-1-101"]),
        ({"sort": "age"}, ["1-1-101", "1-1-301", "2-1-201"]),
        ({"sort": "unit"}, ["1-1-101", "1-1-301", "2-1-201"]),
        ({"sort": "limitation"}, ["1-1-101", "2-1-201", "1-1-301"]),
    ):
        rows, sums = asked_of(till, **told)
        assert ([row.unit for row in rows], sums.households) == (expected, len(expected)), told
    (row, *_others), _sums = asked_of(till)
    assert (row.state, row.number, row.answer, row.reason, row.contacted_on) == (
        State.NEW, case.number, Answer.HEARD, Reason.DEFECTS, TODAY,
    )  # fmt: skip


def test_a_debtor_has_a_row_for_each_payee(till):
    with writing(SYSTEM) as s:
        rent = a_fee_item(s, a_payee(s, till.estate, "出租方"))
        a_bill(s, till.old, rent, "500.00", date(2026, 10, 1), customer_id=till.people[till.old.id].id, clause=False)
    rows, sums = asked_of(till, typed="1-1-101")
    assert [(row.payee, row.principal) for row in rows] == [("出租方", D("500.00")), (till.payee.name, D("200.00"))]
    assert sums.households == 1


@pytest.mark.requirement("R4")
def test_names_are_for_those_who_deal_with_debtors_and_nothing_for_others(till):
    assert asked_of(till)[0][0].customer == "钱某"
    assert asked_of(till, till.quality)[0][0].customer == "钱*"
    for actor in (till.guard, till.technician):
        with pytest.raises(Refused, match="查看账单与收款"):
            asked_of(till, actor)
    with writing(SYSTEM) as s:
        stranger = an_actor(s, [], Role.DESK)
    assert asked_of(till, stranger)[0] == []


def test_a_page_and_its_sums_take_a_fixed_number_of_queries(till):
    def statements():
        with counted_statements() as sent:
            asked_of(till)
        return len(sent)

    few = statements()
    with writing(SYSTEM) as s:
        for n in range(30):
            unit = a_unit(s, till.building, room=f"9{n:02}")
            a_bill(s, unit, till.item, "10.00", date(2026, 5, 1))
    assert statements() == few <= 5
    with at(TODAY), reading(till.desk) as s:
        pages = [arrears.arrears(s, Asked(), page=page, limit=10)[0] for page in (1, 2, 3, 4, 5)]
        whole = [row for some in arrears.every(s, Asked(), batch=7) for row in some]
    assert [len(page) for page in pages] == [10, 10, 10, 3, 0]
    assert [row.debt for page in pages for row in page] == [row.debt for row in whole]
