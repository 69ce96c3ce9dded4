"""Taking money at the counter: 交至, several methods, several payees, what is over, two cashiers at once (F3, F4)."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from db import session
from db import settings as office_settings
from db.clock import moment_of, pretending, today
from db.ledger import desk, payers, payments, reversals
from db.ledger.desk import OneOff, Wish
from db.ledger.money_tables import (
    Balance,
    Correction,
    DayClosing,
    Payment,
    PaymentLine,
    Receipt,
    ReceiptState,
)
from db.ledger.payers import Band
from db.ledger.pricing import next_month
from db.ledger.tables import Basis, Bill, FeeKind
from db.paths import ROOT
from db.people import SYSTEM
from db.refused import Refused
from db.registry import Relation
from db.session import reading, writing
from tests.builders import a_customer, a_repair, a_unit, an_estate, an_occupancy
from tests.money import a_bill, a_fee_item, a_payee, a_tariff, a_till, cash, wechat

NOVEMBER = date(2026, 11, 5)


@pytest.fixture
def till(engine):
    return a_billing_till()


def a_billing_till():
    """Make an estate whose management fee is 2.80 元/m²·month; its unit has 96.56 m²: 270.37 a month."""
    made = a_till()
    with writing(SYSTEM) as s:
        s.add(made.unit)
        made.unit.area = Decimal("96.56")
        a_tariff(s, made.item, "2.80", late_clause="第十二条")
        an_occupancy(s, made.unit, made.customer, starts_on=date(2020, 5, 1))
    return made


def on(day=NOVEMBER):
    return pretending(moment_of(day))


def take(till, *tenders, by=None, day=NOVEMBER, **wished):
    with on(day), writing(by or till.cashier) as s:
        return desk.take(s, Wish(till.unit.id, tenders, **wished))


def bill(till, amount="270.37", month=date(2026, 11, 1), unit=None, item=None, **columns):
    with writing(SYSTEM) as s:
        return a_bill(s, unit or till.unit, item or till.item, amount, month, **columns).id


def drawn_up(till, by=None, day=NOVEMBER, units=(), **asked):
    with on(day), reading(by or till.cashier) as s:
        return payers.sheet(s, payers.payer_of(s, till.unit.id), units, **asked)


def counted(model):
    with reading(SYSTEM) as s:
        return s.scalar(select(func.count()).select_from(model))


def unpaid_of(bill_id):
    with reading(SYSTEM) as s:
        return s.get_one(Bill, bill_id).unpaid


# ── 交至 ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("F3")
def test_paying_up_to_a_month_bills_the_months_not_yet_run_and_pays_them_in_one(till):
    bill(till)
    shown = drawn_up(till, until=date(2027, 1, 1))
    assert [(each.month, each.to_pay(), each.bill_id is None) for each in shown.lines] == [
        (date(2026, 11, 1), Decimal("270.37"), False), (date(2026, 12, 1), Decimal("270.37"), True),
        (date(2027, 1, 1), Decimal("270.37"), True),
    ]  # fmt: skip
    assert shown.lines[1].calculation == "96.56 m² × 2.80 元 × 1 月 = 270.37 元"
    assert counted(Bill) == 1, "looking writes nothing"
    (taken,) = take(
        till, cash("811.11", tendered="820.00"), bill_ids=[shown.lines[0].bill_id],
        ahead={till.unit.id: [till.item.id]}, until=date(2027, 1, 1), shown=Decimal("811.11"),
    )  # fmt: skip
    assert [(each["item"], each["month"]) for each in taken.receipt.snapshot["lines"]] == [
        (till.item.name, "2026-11-01"), (till.item.name, "2026-12-01"), (till.item.name, "2027-01-01"),
    ]  # fmt: skip
    assert drawn_up(till).lines == ()
    assert drawn_up(till).paid_until == date(2027, 1, 1)


@pytest.mark.requirement("F3")
def test_what_was_paid_ahead_is_taken_off_before_the_sum_is_asked_for(till):
    take(till, cash("300.00"), payee_id=till.payee.id)
    shown = drawn_up(till, until=date(2026, 12, 1))
    assert [(each.covered, each.to_pay()) for each in shown.lines] == [
        (Decimal("270.37"), Decimal("0.00")), (Decimal("29.63"), Decimal("240.74")),
    ]  # fmt: skip
    take(till, wechat("240.74"), ahead={till.unit.id: [till.item.id]}, until=date(2026, 12, 1), shown=Decimal("240.74"))
    assert (drawn_up(till).lines, drawn_up(till).balance) == ((), Decimal(0))


def test_a_balance_that_pays_all_needs_no_money_and_gives_no_receipt(till):
    take(till, cash("300.00"), payee_id=till.payee.id)
    assert take(till, ahead={till.unit.id: [till.item.id]}, until=date(2026, 11, 1), shown=Decimal(0)) == ()
    assert drawn_up(till).balance == Decimal("29.63")
    assert counted(Receipt) == 1


@pytest.mark.requirement("F3")
def test_a_sum_that_is_another_by_now_is_not_taken_and_leaves_nothing_behind(till):
    bill(till)
    with pytest.raises(Refused, match="应收金额已变为 540.74 元，不是 270.37 元"):
        take(till, cash("270.37"), bill_ids=[1], ahead={till.unit.id: [till.item.id]}, until=date(2026, 12, 1),
             shown=Decimal("270.37"))  # fmt: skip
    assert (counted(Bill), counted(Payment), counted(Receipt)) == (1, 0, 0)


# ── money ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("F3")
def test_two_methods_with_change_and_a_reference_each(till):
    first = bill(till)
    (taken,) = take(till, wechat("200.00", "wx-77"), cash("70.37", tendered="100.00"), bill_ids=[first])
    with reading(till.cashier) as s:
        lines = s.execute(
            select(PaymentLine.method, PaymentLine.amount, PaymentLine.reference, PaymentLine.tendered)
            .where(PaymentLine.payment_id == taken.payment.id).order_by(PaymentLine.id)
        ).all()  # fmt: skip
    assert lines == [("wechat", Decimal("200.00"), "wx-77", None), ("cash", Decimal("70.37"), "", Decimal("100.00"))]
    assert desk.change_of([wechat("200.00"), cash("70.37", tendered="100.00")]) == Decimal("29.63")
    assert unpaid_of(first) == 0


@pytest.mark.requirement("F3")
def test_what_is_over_stays_as_balance_and_a_part_leaves_the_rest_open(till):
    older, newer = bill(till, month=date(2026, 10, 1), clause=False), bill(till)
    take(till, cash("300.00"), bill_ids=[older, newer])
    assert (unpaid_of(older), unpaid_of(newer)) == (Decimal(0), Decimal("240.74"))
    take(till, cash("250.00"), bill_ids=[newer])
    assert drawn_up(till).balances == {(till.unit.id, till.payee.id): Decimal("9.26")}


@pytest.mark.requirement("F3")
def test_two_payees_are_paid_in_one_press_with_a_receipt_each(till):
    with writing(SYSTEM) as s:
        landlord = a_payee(s, till.estate, "廊坊置业公司", "L1")
        rent = a_fee_item(s, landlord, FeeKind.RENT, "房租")
    fee, lease = bill(till, "270.37"), bill(till, "5624.00", item=rent)
    wished = {"bill_ids": [fee, lease], "shown": Decimal("5894.37"), "token": "press-1"}
    taken = take(till, cash("300.00"), wechat("5594.37", "wx9"), **wished)
    assert [(each.receipt.number, each.payment.amount) for each in taken] == [
        (f"{till.payee.mark}2026-000001", Decimal("270.37")), ("L12026-000001", Decimal("5624.00")),
    ]  # fmt: skip
    assert [[(m["method"], m["amount"]) for m in each.receipt.snapshot["methods"]] for each in taken] == [
        [("cash", "270.37")], [("cash", "29.63"), ("wechat", "5594.37")],
    ]  # fmt: skip
    again = take(till, cash("300.00"), wechat("5594.37", "wx9"), **wished)
    assert [each.payment.id for each in again] == [each.payment.id for each in taken]
    assert (counted(Payment), counted(Receipt)) == (2, 2)


def test_money_is_dealt_out_to_the_cent_and_change_stays_with_the_last_cash():
    shares = {1: Decimal("10.00"), 2: Decimal("25.50"), 3: Decimal("4.50")}
    found = desk.dealt([cash("30.00", tendered="50.00"), wechat("10.00")], shares)
    assert {key: [(t.method, t.amount, t.tendered) for t in some] for key, some in found.items()} == {
        1: [("cash", Decimal("10.00"), Decimal("10.00"))],
        2: [("cash", Decimal("20.00"), Decimal("40.00")), ("wechat", Decimal("5.50"), None)],
        3: [("wechat", Decimal("4.50"), None)],
    }


@pytest.mark.parametrize(("rule", "asked", "odd"), [("yuan", "270.00", "0.37"), ("dime", "270.30", "0.07")])
def test_odd_cash_is_waived_by_the_offices_rule_and_comes_back_with_a_void(till, rule, asked, odd):
    with writing(till.director) as s:
        office_settings.change(s, payments.ODD, till.estate.id, rule)
    first = bill(till)
    (taken,) = take(till, cash(asked), bill_ids=[first], round_off=True)
    with reading(till.cashier) as s:
        stored = s.get_one(Bill, first)
        assert (stored.waived, stored.paid, stored.unpaid) == (Decimal(odd), Decimal(asked), Decimal(0))
        assert s.scalars(select(Correction.done_payment_id)).all() == [taken.payment.id]
    assert [each["amount"] for each in taken.receipt.snapshot["waivers"]] == [odd]
    with on(), writing(till.cashier) as s:
        reversals.void_payment(s, taken.payment.id, "客户改用微信")
    assert unpaid_of(first) == Decimal("270.37")


def test_odd_cash_of_late_bills_takes_the_late_fee_first_and_leaves_nothing_over(till):
    with writing(till.director) as s:
        office_settings.change(s, payments.ODD, till.estate.id, "yuan")
    # Due 10 August: 87 days late on 5 November, 270.37 × 0.0005 × 87 = 11.76.
    first = bill(till, month=date(2026, 8, 1))
    (taken,) = take(till, cash("282.00"), bill_ids=[first], round_off=True)
    assert [(each["target"], each["amount"]) for each in taken.receipt.snapshot["lines"]] == [
        ("principal", "270.37"), ("late_fee", "11.63"),
    ]  # fmt: skip
    assert (drawn_up(till).lines, drawn_up(till).balance) == ((), Decimal(0))
    with on(), writing(till.cashier) as s:
        reversals.void_payment(s, taken.payment.id, "收错户")
    assert [each.to_pay() for each in drawn_up(till).lines] == [Decimal("282.13")]


def test_odd_cash_is_not_waived_without_the_rule(till):
    first = bill(till)
    with pytest.raises(Refused, match="抹零"):
        take(till, cash("270.00"), bill_ids=[first], round_off=True)
    assert (unpaid_of(first), counted(Correction)) == (Decimal("270.37"), 0)


def test_late_fees_may_stay_open(till):
    first = bill(till, month=date(2026, 8, 1))
    take(till, cash("270.37"), bill_ids=[first], late_fee=False, shown=Decimal("270.37"))
    assert [(each.unpaid, each.late_fee) for each in drawn_up(till).lines] == [(Decimal(0), Decimal("11.76"))]


@pytest.mark.requirement("F4")
def test_a_transfer_that_came_earlier_stops_the_late_fee_on_its_day(till):
    first = bill(till, month=date(2026, 10, 1))  # due on 10 October
    with on():
        assert [each.late_fee for each in drawn_up(till, on=date(2026, 10, 11)).lines] == [Decimal("0.14")]
    (taken,) = take(till, wechat("270.51"), bill_ids=[first], paid_on=date(2026, 10, 11), shown=Decimal("270.51"))
    assert (taken.payment.paid_on, drawn_up(till).lines) == (date(2026, 10, 11), ())
    with pytest.raises(Refused, match="不能晚于今天"):
        take(till, wechat("1.00"), payee_id=till.payee.id, paid_on=date(2026, 11, 6))


def test_a_closed_day_takes_no_more_money(till):
    first = bill(till)
    with on(), writing(SYSTEM) as s:
        s.add(
            DayClosing(
                estate_id=till.estate.id, payee_id=till.payee.id, cashier_id=till.cashier.user_id, day=today(),
                expected={}, counted={}, snapshot={}, closed_by=till.cashier.user_id, closed_at=moment_of(NOVEMBER),
            )
        )  # fmt: skip
    with pytest.raises(Refused, match="日结"):
        take(till, cash("270.37"), bill_ids=[first])
    assert (unpaid_of(first), counted(Payment)) == (Decimal("270.37"), 0)


@pytest.mark.parametrize(
    ("tenders", "said"),
    [((), "大于零"), ((cash("0.00"),), "大于零"), ((cash("270.37", tendered="270.00"),), "实收现金少于应收现金")],
)
def test_money_that_is_none_is_refused(till, tenders, said):
    with pytest.raises(Refused, match=said):
        take(till, *tenders, bill_ids=[bill(till)])


def test_nobody_but_a_cashier_of_the_estate_takes_money(till):
    first = bill(till)
    for who in (till.finance, till.director, till.desk):
        with pytest.raises(Refused, match="收款"):
            take(till, cash("270.37"), by=who, bill_ids=[first])
    with writing(SYSTEM) as s:
        elsewhere = an_estate(s)
    stranger = type(till.cashier)(till.cashier.user_id, "别处", till.cashier.roles, frozenset({elsewhere.id}))
    with pytest.raises(Refused, match="没有找到这套房屋"):
        take(till, cash("270.37"), by=stranger, bill_ids=[first])
    with reading(stranger) as s, pytest.raises(Refused, match="没有找到这套房屋"):
        payers.payer_of(s, till.unit.id)
    with reading(till.technician) as s, pytest.raises(Refused, match="查看账单"):
        payers.payer_of(s, till.unit.id)


# ── once ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("F3")
def test_a_card_is_charged_and_paid_in_one_press(till):
    with writing(SYSTEM) as s:
        card = a_fee_item(s, till.payee, FeeKind.OTHER, "门禁卡工本费")
        a_tariff(s, card, "20.00", basis=Basis.ONCE)
    once = [OneOff(card.id, quantity=Decimal(2), price=Decimal("20.00"), what="门禁卡")]
    wished = {"once": once, "shown": Decimal("40.00"), "token": "card-1"}
    (taken,) = take(till, cash("40.00"), **wished)
    assert [(each["item"], each["amount"]) for each in taken.receipt.snapshot["lines"]] == [("门禁卡工本费", "40.00")]
    assert "门禁卡" in taken.receipt.snapshot["lines"][0]["calculation"]
    assert take(till, cash("40.00"), **wished)[0].payment.id == taken.payment.id
    assert (counted(Bill), counted(Payment)) == (1, 1)


@pytest.mark.requirement("P3")
def test_a_paid_repair_is_charged_at_the_counter_once(till):
    with writing(SYSTEM) as s:
        a_fee_item(s, till.payee, FeeKind.SERVICE, "有偿服务费")
        case = a_repair(s, till)
        case.charge = Decimal("80.00")
    with reading(till.cashier) as s:
        assert [(each.case_id, each.charge) for each in payers.waiting_charges(s, till.unit.id)] == [
            (case.id, Decimal("80.00"))
        ]
    (taken,) = take(till, cash("80.00"), case_ids=[case.id], shown=Decimal("80.00"))
    assert case.number in taken.receipt.snapshot["lines"][0]["calculation"]
    with reading(till.cashier) as s:
        assert payers.waiting_charges(s, till.unit.id) == ()


# ── who owes what ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("F4")
def test_what_is_owed_stands_by_age_with_the_late_fee_to_today(till):
    for month in (date(2026, 11, 1), date(2026, 10, 1), date(2026, 9, 1), date(2026, 3, 1), date(2025, 6, 1)):
        bill(till, "100.00", month)
    shown = drawn_up(till)
    assert shown.bands() == {
        Band.NOT_DUE: Decimal(100), Band.DAYS_30: Decimal(100), Band.DAYS_90: Decimal(100),
        Band.DAYS_365: Decimal(100), Band.OLDER: Decimal(100),
    }  # fmt: skip
    # Due 10 June 2025: 513 days to 5 November 2026; 10 March: 240; 10 September: 56; 10 October: 26; 10 November: none.
    assert [each.late_fee for each in shown.lines] == list(map(Decimal, ("25.65", "12.00", "2.80", "1.30", "0")))


@pytest.mark.requirement("F6")
def test_all_units_of_a_customer_are_offered_and_debts_of_a_former_owner_say_whose_they_are(till):
    with writing(SYSTEM) as s:
        second, left = a_unit(s, till.building, room="102"), a_unit(s, till.building, room="103")
        an_occupancy(s, second, till.customer)
        an_occupancy(s, left, till.customer, ends_on=date(2026, 6, 30))
        former = a_customer(s, till.estate, "前业主")
        a_bill(s, left, till.item, "50.00", customer_id=till.customer.id)
        a_bill(s, till.unit, till.item, "60.00", date(2026, 5, 1), customer_id=former.id, clause=False)
        a_bill(s, till.unit, till.item, "70.00", customer_id=till.customer.id)
    shown = drawn_up(till)
    assert [(each.short, each.owed, each.is_held) for each in shown.payer.units] == [
        ("1-1-101", Decimal("130.00"), True), ("1-1-102", Decimal(0), True), ("1-1-103", Decimal("50.00"), False),
    ]  # fmt: skip
    assert [(each.unpaid, each.owner) for each in shown.lines] == [
        (Decimal("60.00"), "前业主"), (Decimal("70.00"), ""),
    ]  # fmt: skip
    both = drawn_up(till, units=[till.unit.id, left.id])
    assert [each.unit for each in both.lines] == ["1-1-101", "1-1-103", "1-1-101"]


def test_a_payer_is_who_was_found_and_else_the_owner(till):
    with writing(SYSTEM) as s:
        tenant = a_customer(s, till.estate, "租户甲")
        an_occupancy(s, till.unit, tenant, Relation.TENANT)
    with reading(till.cashier) as s:
        assert payers.payer_of(s, till.unit.id).name == "吴学文"
        assert payers.payer_of(s, till.unit.id, tenant.id).name == "租户甲"
        assert [each.name for each in payers.payer_of(s, till.unit.id).people] == ["吴学文", "租户甲"]


# ── at once, killed, without gap ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("F3")
def test_two_cashiers_at_one_bill_one_takes_it_and_the_other_is_told(till):
    first = bill(till)
    start, told = threading.Barrier(2), []

    def one(cashier):
        start.wait()
        try:
            take(till, cash("270.37"), by=cashier, bill_ids=[first], shown=Decimal("270.37"))
            told.append("taken")
        except Refused as refused:
            told.append(refused.message)

    both = [threading.Thread(target=one, args=(each,)) for each in (till.cashier, till.other_cashier)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(told) == ["2026-11 的账单刚有人收过或已作废，这次没有收款，请核对后再收。", "taken"]
    assert (unpaid_of(first), counted(Payment), counted(Receipt), drawn_up(till).balance) == (0, 1, 1, 0)


def test_cashiers_at_once_leave_no_gap_and_never_wait_crosswise(till):
    """Some pay arrears, some months ahead, with two payees: whoever comes later waits at the door."""
    with writing(SYSTEM) as s:
        landlord = a_payee(s, till.estate)
        rent = a_fee_item(s, landlord, FeeKind.RENT)
        units = [a_unit(s, till.building, room=str(200 + n), area=Decimal(100)) for n in range(8)]
        ids = {each.id: [a_bill(s, each, till.item, "280.00").id, a_bill(s, each, rent, "500.00").id] for each in units}
    failed = []

    def one(unit_id, cashier):
        try:
            with on(), writing(cashier) as s:
                ahead = {unit_id: [till.item.id]} if unit_id % 2 else {}
                money = wechat("1060.00") if ahead else cash("780.00")
                desk.take(s, Wish(unit_id, [money], ids[unit_id], ahead, date(2026, 12, 1) if ahead else None))
        except Exception as error:  # noqa: BLE001 - whatever it is, the test tells
            failed.append(error)

    crowd = [
        threading.Thread(target=one, args=(each.id, till.cashier if n % 3 else till.other_cashier))
        for n, each in enumerate(units)
    ]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()
    assert failed == []
    with reading(SYSTEM) as s:
        for payee in (till.payee, landlord):
            found = s.scalars(select(Receipt.sequence).where(Receipt.payee_id == payee.id).order_by(Receipt.sequence))
            assert list(found) == list(range(1, 9))
        assert s.scalar(select(func.count()).where(Bill.paid + Bill.waived < Bill.amount)) == 0


Acts = st.lists(st.tuples(st.sampled_from(["pay", "void", "wrong"]), st.integers(1, 400_00)), min_size=1, max_size=12)


@pytest.mark.requirement("F10")
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=Acts)
def test_receipt_numbers_have_no_gap_whatever_is_voided_or_refused(sqlite_engine, acts):
    made = a_till()
    for n, (act, fen) in enumerate(acts):
        with on(), writing(made.cashier) as s:
            paid = list(s.scalars(select(Receipt).where(Receipt.payee_id == made.payee.id).order_by(Receipt.id)))
            good = [each for each in paid if each.state is ReceiptState.GOOD]
            if act == "pay":
                money = [cash(Decimal(fen) / 100)]
                desk.take(s, Wish(made.unit.id, money, payee_id=made.payee.id, token=f"{made.payee.id}-{n}"))
            elif act == "void" and good:
                reversals.void_payment(s, good[fen % len(good)].payment_id, "录错")
        if act == "wrong":
            with on(), pytest.raises(Refused), writing(made.cashier) as s:
                desk.take(s, Wish(made.unit.id, [cash("1.00", tendered="0.50")], payee_id=made.payee.id))
    with reading(SYSTEM) as s:
        rows = list(s.scalars(select(Receipt).where(Receipt.payee_id == made.payee.id).order_by(Receipt.sequence)))
        assert [each.sequence for each in rows] == list(range(1, sum(act == "pay" for act, _fen in acts) + 1))
        good = [each.payment_id for each in rows if each.state is ReceiptState.GOOD]
        kept = sum((s.get_one(Payment, each).amount for each in good), Decimal(0))
        balance = s.get(Balance, (made.unit.id, made.payee.id))
        assert kept == (balance.amount if balance else 0)


def killed_at(engine, till, statement, bills):
    """Let another process pay this month and the next, and kill it before a statement; says how far it came."""
    wish = {
        "cashier": till.cashier.user_id, "estate": till.estate.id, "unit": till.unit.id, "amount": "540.74",
        "bills": bills, "items": [till.item.id], "until": f"{next_month(today()):%Y-%m-%d}",
    }  # fmt: skip
    url = engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.paying", url, json.dumps(wish), statement]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        said = process.stdout.readline().strip()
        process.kill()
    return said


KILLS = ("INSERT INTO receipts", "COMMIT")
MORE_KILLS = (
    "INSERT INTO allocations",
    "INSERT INTO bills", "UPDATE bills", "INSERT INTO payments", "INSERT INTO fee_totals", "INSERT INTO payment_lines",
    "INSERT INTO receipt_books", "INSERT INTO audit", "nothing",
)  # fmt: skip


def stand_up_again(engine, till, statement):
    """Kill a payment, look at what is left, and pay once more."""
    month = today().replace(day=1)
    first = bill(till, month=month, clause=False)
    take(till, cash("10.00"), payee_id=till.payee.id, day=today())
    said = killed_at(engine, till, statement, [first])
    assert said == ("paid" if statement == "nothing" else "here")
    session.bind(engine.url.render_as_string(hide_password=False))
    if said == "here":
        assert (counted(Bill), counted(Payment), counted(Receipt)) == (1, 1, 1)
        assert unpaid_of(first) == Decimal("270.37")
    with writing(till.cashier) as s:
        wished = Wish(
            till.unit.id, [cash("530.74")], [first], {till.unit.id: [till.item.id]}, next_month(month), token="killed"
        )
        (taken,) = desk.take(s, wished)
    assert (taken.receipt.sequence, counted(Receipt)) == (2, 2)
    with reading(SYSTEM) as s:
        assert s.scalar(select(func.sum(Bill.paid))) == Decimal("540.74")


@pytest.mark.requirement("F3")
@pytest.mark.parametrize("statement", KILLS)
def test_a_payment_killed_half_way_is_absent_and_leaves_no_gap(sqlite_engine, statement):
    stand_up_again(sqlite_engine, a_billing_till(), statement)


@pytest.mark.long
@pytest.mark.parametrize("statement", [*KILLS, *MORE_KILLS])
def test_a_payment_killed_anywhere_is_whole_or_absent(engine, statement):
    stand_up_again(engine, a_billing_till(), statement)
