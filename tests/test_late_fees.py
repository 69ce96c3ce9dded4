"""The late fee against a count day by day that knows nothing of its formula, in Python, in SQL and on the worksheet."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from components.papers.fitting import fitted
from components.papers.shapes import LateFeeWorksheet
from components.papers.truths import late_fee_worksheet
from db.clock import moment_of, pretending
from db.ledger import late_fees, late_sheets, payments, reversals, waivers
from db.ledger.tables import LATE_FEE_LEFT, Bill
from db.people import SYSTEM
from db.refused import Refused
from db.session import reading, writing
from db.settings import SettingValue
from tests.money import a_bill, a_tariff, a_till, cash

NOVEMBER = date(2026, 11, 1)
_months = count(1)


@pytest.fixture
def till(engine):
    return a_till()


def at(day, hour=4):
    return pretending(moment_of(day) + timedelta(hours=hour))


def the_bill(till, amount="100.00", **told):
    with writing(SYSTEM) as s:
        return a_bill(s, till.unit, till.item, amount, NOVEMBER, **told).id


def paid(till, amount, on):
    with at(on), writing(till.cashier) as s:
        return payments.pay(s, till.unit.id, till.payee.id, [cash(amount)]).payment.id


def capped_at(till, percent):
    with writing(SYSTEM) as s:
        key = (till.estate.id, late_fees.LATE_CAP_PERCENT.key)
        row = s.get(SettingValue, key)
        if row is None:
            s.add(SettingValue(estate_id=key[0], key=key[1], value=percent))
        else:
            row.value = percent


def fee(bill_id, on, cap=0):
    """Ask for the late fee owed in each of its three languages; they must say the same."""
    with reading(SYSTEM) as s:
        bill = s.get_one(Bill, bill_id)
        in_python = late_fees.outstanding(bill, on, cap)
        in_sql = s.scalar(select(late_fees.outstanding_column(on, cap)).where(Bill.id == bill_id))
        sheet = late_sheets.sheet_of(s, bill_id, on)
    assert Decimal(in_sql) / 100 == in_python == max(Decimal(0), sheet.due)
    assert sheet.exact + sheet.rounding + sheet.cut == sheet.total
    assert sum(line.amount for line in sheet.lines) == sheet.exact
    return in_python


# ── the office's examples ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("F4")
def test_what_is_paid_on_the_10th_costs_nothing_and_on_the_11th_one_day(till):
    bill = the_bill(till, "270.37")
    assert fee(bill, date(2026, 11, 10)) == 0
    assert fee(bill, date(2026, 11, 11)) == Decimal("0.14")  # 270.37 × 0.0005 = 0.135185
    assert fee(bill, date(2026, 11, 30)) == Decimal("2.70")  # × 20 = 2.7037
    paid(till, "270.37", date(2026, 11, 11))
    assert fee(bill, date(2026, 12, 31)) == Decimal("0.14"), "stays due after the principal is paid, and grows no more"
    paid(till, "0.14", date(2026, 12, 31))
    assert fee(bill, date(2027, 12, 31)) == 0


@pytest.mark.requirement("F4")
def test_without_a_clause_there_is_none(till):
    bill = the_bill(till, "270.37", clause=False)
    assert fee(bill, date(2028, 11, 11)) == 0
    with reading(till.cashier) as s, pytest.raises(Refused, match="没有约定违约金"):
        late_sheets.paper_of(s, bill)


@pytest.mark.requirement("F4")
def test_grace_days_are_not_charged(till):
    bill = the_bill(till, late_day=date(2026, 11, 16).toordinal())
    assert [fee(bill, date(2026, 11, day)) for day in (15, 16, 17)] == [0, Decimal("0.05"), Decimal("0.10")]


@pytest.mark.requirement("F4")
def test_a_cap_holds_and_the_sheet_says_what_it_takes_off(till):
    bill = the_bill(till)
    capped_at(till, 20)
    assert fee(bill, date(2028, 11, 10), cap=20) == Decimal("20.00")
    with reading(till.cashier) as s:
        sheet = late_sheets.sheet_of(s, bill, date(2028, 11, 10))
    # 11 November 2026 to 10 November 2028 are 731 days, one leap day among them: 36.55.
    assert (sheet.lines[0].days, sheet.exact, sheet.cut, sheet.cap) == (731, Decimal("36.55"), Decimal("-16.55"), 20)


@pytest.mark.requirement("F4")
def test_the_worksheet_tells_each_stretch_and_is_fit_to_print(till):
    with writing(SYSTEM) as s:
        tariff = a_tariff(s, till.item, late_clause="《物业服务合同》第十二条").id
    bill = the_bill(till, "270.37", tariff_id=tariff)
    paid(till, "100.00", date(2026, 11, 20))
    with at(date(2026, 11, 25)), reading(till.cashier) as s:
        sheet = late_sheets.sheet_of(s, bill)
        paper = late_sheets.paper_of(s, bill)
    assert [(str(each.day_from), str(each.day_to), each.days, each.unpaid, each.amount) for each in sheet.lines] == [
        ("2026-11-11", "2026-11-20", 10, Decimal("270.37"), Decimal("1.35185")),
        ("2026-11-21", "2026-11-25", 5, Decimal("170.37"), Decimal("0.425925")),
    ]
    assert (sheet.exact, sheet.rounding, sheet.total) == (Decimal("1.777775"), Decimal("0.002225"), Decimal("1.78"))
    printed = fitted(paper, LateFeeWorksheet)
    late_fee_worksheet(printed)
    assert (printed["clause"], printed["total"]) == ("《物业服务合同》第十二条", "1.78")
    assert printed["bills"][0]["rows"][0]["remark"] == "2026-11-20 缴 100.00 元"


def test_a_bill_of_which_only_the_late_fee_is_left_stands_in_the_index_for_it(till):
    bill = the_bill(till)
    paid(till, "100.00", date(2026, 11, 30))
    assert left(bill) == [bill]
    paid(till, "1.00", date(2026, 12, 1))  # 100.00 × 20 days
    assert left(bill) == []


def left(bill_id):
    from sqlalchemy import text

    with reading(SYSTEM) as s:
        return list(s.scalars(select(Bill.id).where(text(LATE_FEE_LEFT), Bill.id == bill_id)))


# ── any history, counted day by day ──────────────────────────────────────────────────────────────────────────────────

_DAYS = st.integers(-9, 60)
_ACTS = st.lists(
    st.tuples(st.sampled_from(["pay", "pay", "pay", "reverse", "waive"]), _DAYS, st.integers(1, 30_000)), max_size=6
)


def counted_by_day(amount, first, acts, on, *, ppm, percent):
    """Count in fen: each day, from the first that costs to `on`, what was unpaid when the day began.

    Reversed money counts as never paid, waived principal as never owed.
    """
    owed = amount - sum(fen for kind, _day, fen in acts if kind == "waive")
    total = 0
    day = first
    while day <= on:
        total += owed - sum(fen for kind, paid_on, fen in acts if kind == "pay" and paid_on < day)
        day += timedelta(days=1)
    fen = int((Decimal(total) * ppm / 1_000_000).to_integral_value(ROUND_HALF_UP))
    most = int((Decimal(owed) * percent / 100).to_integral_value(ROUND_HALF_UP)) if percent else fen
    return Decimal(min(fen, most)) / 100


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    amount=st.integers(1, 50_000), acts=_ACTS, later=st.integers(0, 400),
    rule=st.tuples(st.sampled_from([0, 0, 5, 30]), st.sampled_from([500, 300, 1000]), st.sampled_from([0, 0, 1, 30])),
)  # fmt: skip
@pytest.mark.requirement("F4")
def test_it_equals_a_count_day_by_day(till, amount, acts, later, rule):
    grace, ppm, percent = rule
    capped_at(till, percent)
    due = date(2026, 1, 10)
    first = due + timedelta(days=1 + grace)
    month = date(2000 + next(_months) % 7000, 1, 1)  # each example has a bill of its own
    with at(due - timedelta(days=30)), writing(SYSTEM) as s:
        told = {"due_on": due, "late_day": first.toordinal(), "late_ppm": ppm}
        bill_id = a_bill(s, till.unit, till.item, Decimal(amount) / 100, month, **told).id
    done, takings = [], []
    for kind, days, fen in sorted(acts, key=lambda each: each[1]):
        day = due + timedelta(days=days)
        with at(day), writing(till.cashier) as s:
            open_fen = int(s.get_one(Bill, bill_id).unpaid * 100)
            part = min(fen, open_fen)
            if kind == "reverse" and takings:
                payment, entry = takings.pop()
                reversals.reverse(s, payment, "错")
                done.remove(entry)
            elif kind == "waive" and part:
                waivers.carry_out(s, s.get_one(Bill, bill_id), Decimal(part) / 100, late=False)
                done.append(("waive", day, part))
            elif kind == "pay" and part:
                taken = payments.pay(
                    s, till.unit.id, till.payee.id, [cash(Decimal(part) / 100)], bill_ids=[bill_id], late_fee=False
                )
                entry = ("pay", day, part)
                takings.append((taken.payment.id, entry))
                done.append(entry)
    on = due + timedelta(days=60 + later)
    assert fee(bill_id, on, percent) == counted_by_day(amount, first, done, on, ppm=ppm, percent=percent)
