"""Receipts looked up, a cashier's own day, what stands on the paper, invoices registered (F3, F10)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from components.papers.receipts import receipt as print_receipt
from db.clock import moment_of, pretending
from db.ledger import desk, receipt_papers, receipts, reversals, tax_invoices
from db.ledger.desk import Wish
from db.ledger.money_tables import Method, PaymentKind, ReceiptState
from db.ledger.receipt_lists import Wanted, own_day, receipt_shown, receipts_found
from db.ledger.tax_invoices import InvoiceKind, InvoiceState
from db.people import SYSTEM, Role
from db.refused import Conflict, Refused
from db.session import reading, writing
from tests.builders import a_unit, an_actor, an_estate
from tests.counting import counted_statements
from tests.money import a_bill, a_till, cash, wechat

NOVEMBER = date(2026, 11, 5)
MONTHLY = "100 m² × 1.00 元 × 1 月 = 100.00 元"


@pytest.fixture
def till(engine):
    return a_till()


def at(day=NOVEMBER):
    return pretending(moment_of(day))


def paid(till, *tenders, unit=None, day=NOVEMBER, by=None, **wished):
    with at(day), writing(by or till.cashier) as s:
        wish = Wish((unit or till.unit).id, tenders, payee_id=till.payee.id, payer_name="吴学文", **wished)
        return desk.take(s, wish)[0]


def found(till, by=None, page=None, **wanted):
    with reading(by or till.finance) as s:
        return receipts_found(s, Wanted(**wanted), **(page or {}))


def numbers(page):
    return [each.number for each in page.rows]


@pytest.mark.requirement("F3")
def test_receipts_are_found_by_number_unit_payer_amount_and_day(till):
    with writing(SYSTEM) as s:
        other = a_unit(s, till.building, room="102")
    first, second = paid(till, cash("10.00")), paid(till, wechat("20.50"), unit=other, day=date(2026, 11, 6))
    for typed, expected in (
        ("", [second, first]), (first.receipt.number.lower(), [first]), ("1-1-102", [second]), ("1-1", [second, first]),
        ("20.5", [second]), ("学文", [second, first]), ("查无", []),
    ):  # fmt: skip
        assert numbers(found(till, typed=typed)) == [each.receipt.number for each in expected], typed
    assert numbers(found(till, first=date(2026, 11, 6))) == [second.receipt.number]
    assert numbers(found(till, last=date(2026, 11, 5))) == [first.receipt.number]
    with at(), writing(till.cashier) as s:
        reversals.void_payment(s, first.payment.id, "录错")
    page = found(till)
    assert [(each.number, each.state) for each in page.rows] == [
        (second.receipt.number, ReceiptState.GOOD), (first.receipt.number, ReceiptState.VOID),
    ]  # fmt: skip
    assert (page.total, page.amount) == (2, Decimal("20.50"))
    assert numbers(found(till, state="void")) == [first.receipt.number]


def test_receipts_are_paged_both_ways_in_a_fixed_number_of_queries(till):
    made = [paid(till, cash("1.00")).receipt.number for _n in range(5)][::-1]
    with reading(till.finance) as s, counted_statements() as sent:
        page = receipts_found(s, Wanted(), limit=2)
    assert (numbers(page), page.total, page.newer, len(sent)) == (made[:2], 5, None, 4)
    page = found(till, page={"limit": 2, "older": page.older})
    assert numbers(page) == made[2:4]
    last = found(till, page={"limit": 2, "older": page.older})
    assert (numbers(last), last.older) == (made[4:], None)
    back = found(till, page={"limit": 2, "newer": last.newer})
    assert (numbers(back), back.newer is not None) == (made[2:4], True)
    assert found(till, page={"limit": 2, "newer": back.newer}).newer is None


def test_nobody_sees_the_receipts_of_another_estate(till):
    taken = paid(till, cash("10.00"))
    with writing(SYSTEM) as s:
        stranger = an_actor(s, [an_estate(s)], Role.FINANCE, Role.CASHIER)
    assert found(till, by=stranger).rows == []
    with reading(stranger) as s, pytest.raises(Refused, match="没有找到这张收据"):
        receipt_shown(s, taken.receipt.id)
    with writing(stranger) as s, pytest.raises(Refused, match="没有找到这张收据"):
        tax_invoices.ask(s, taken.receipt.id, "公司")
    with reading(till.technician) as s, pytest.raises(Refused, match="查看账单"):
        receipts_found(s, Wanted())


@pytest.mark.requirement("F10")
def test_a_cashiers_own_day_nets_what_was_voided_and_offers_the_void_of_what_stands(till):
    first, second = paid(till, cash("10.00")), paid(till, wechat("20.00"))
    paid(till, cash("99.00"), by=till.other_cashier)
    paid(till, cash("7.00"), day=date(2026, 11, 4))
    with at(), writing(till.cashier) as s:
        reversals.void_payment(s, first.payment.id, "录错")
    with at(), reading(till.cashier) as s:
        day = own_day(s)
    assert [(each.kind, each.amount, each.may_be_voided) for each in day.rows] == [
        (PaymentKind.VOID, Decimal("-10.00"), False), (PaymentKind.PAYMENT, Decimal("20.00"), True),
        (PaymentKind.PAYMENT, Decimal("10.00"), False),
    ]  # fmt: skip
    assert (dict(day.by_method), day.total, day.receipts) == ({Method.WECHAT: Decimal("20.00")}, Decimal("20.00"), 2)
    with at(), reading(till.other_cashier) as s:
        assert [each.may_be_voided for each in receipts_found(s, Wanted()).rows].count(True) == 1
    assert second.receipt.state is ReceiptState.GOOD


# ── the paper ────────────────────────────────────────────────────────────────────────────────────────────────────────


def paper_of(till, taken):
    with reading(till.finance) as s:
        return receipt_papers.paper(receipt_shown(s, taken.receipt.id))


@pytest.mark.requirement("F3")
def test_months_of_an_item_stand_in_one_line_with_from_and_to_and_late_fees_say_their_days(till):
    with writing(SYSTEM) as s:
        bills = [
            a_bill(s, till.unit, till.item, "100.00", month, period_to=last, calculation=MONTHLY).id
            for month, last in (
                (date(2026, 9, 1), date(2026, 9, 30)), (date(2026, 10, 1), date(2026, 10, 31)),
                (date(2026, 12, 1), date(2026, 12, 31)),
            )
        ]  # fmt: skip
    paper = paper_of(till, paid(till, cash("354.10", tendered="400.00"), bill_ids=bills))
    # Due 10 September: 56 days, 2.80; 10 October: 26 days, 1.30.
    assert [(each["item"], each["period_from"], each["period_to"], each["amount"]) for each in paper["lines"][:2]] == [
        (till.item.name, date(2026, 9, 1), date(2026, 10, 31), "200.00"),
        (till.item.name, date(2026, 12, 1), date(2026, 12, 31), "100.00"),
    ]
    assert paper["lines"][0]["calculation"] == f"每月 {MONTHLY}，共 2 个月"
    assert (paper["lines"][2]["item"], paper["lines"][2]["amount"]) == ("预存", "50.00")
    assert [(each["amount"], each["calculation"]) for each in paper["late_fees"]] == [("4.10", "逾期 26–56 天")]
    assert (paper["total"], paper["capitals"], paper["tendered"], paper["change"], paper["balance"]) == (
        "354.10", "叁佰伍拾肆元壹角整", "400.00", "45.90", "50.00",
    )  # fmt: skip


@pytest.mark.parametrize("size", ["a5", "roll80", "241"])
def test_each_printing_is_counted_and_from_the_second_on_it_says_so(till, size):
    taken = paid(till, cash("10.00"))
    first = print_receipt(till.finance, str(taken.receipt.id), {"size": size})
    assert (first.name, first.content[:5]) == (f"{taken.receipt.number}.pdf", b"%PDF-")
    with writing(till.finance) as s:
        assert receipt_papers.printed(s, taken.receipt.id)[1]["reprint"] == 1
    with reading(till.finance) as s:
        assert receipt_shown(s, taken.receipt.id).row.prints == 2


def test_what_cannot_be_printed_is_refused_and_not_counted(till):
    taken = paid(till, cash("10.00"))
    for key, size in (("x", "a5"), (str(taken.receipt.id), "a4"), ("999999", "a5")):
        with pytest.raises(Refused, match="没有找到这张收据"):
            print_receipt(till.finance, key, {"size": size})
    with reading(till.finance) as s:
        assert receipt_shown(s, taken.receipt.id).row.prints == 0


@pytest.mark.requirement("F10")
def test_void_and_reversed_papers_say_what_became_of_them(till):
    void, later = paid(till, cash("10.00")), paid(till, cash("20.00"))
    with at(), writing(till.cashier) as s:
        reversals.void_payment(s, void.payment.id, "录错")
    with at(date(2026, 11, 9)), writing(till.finance) as s:
        red = receipts.of_payment(s, reversals.reverse(s, later.payment.id, "退票").id)
    told = paper_of(till, void)["void"]
    assert (told["reason"], told["by"]) == ("录错", "收费员")
    assert paper_of(till, later)["reversed_by"] == {"day": date(2026, 11, 9), "number": red.number, "reason": "退票"}
    with reading(till.finance) as s:
        shown = receipt_shown(s, red.id)
        paper = receipt_papers.paper(shown)
    assert (paper["reversal_of"]["number"], paper["total"]) == (later.receipt.number, "-20.00")
    assert print_receipt(till.finance, str(red.id), {}).content[:5] == b"%PDF-"


def test_a_copy_says_what_the_first_one_said(till):
    taken = paid(till, cash("10.00"))
    before = paper_of(till, taken)
    with writing(SYSTEM) as s:
        for thing, name in ((till.payee, "改名公司"), (till.item, "改名项目"), (till.estate, "改名项目部")):
            s.add(thing)
            thing.name = name
    assert paper_of(till, taken) == before


# ── invoices ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("F3")
def test_an_invoice_is_asked_for_numbered_handed_over_and_turned_red(till):
    taken = paid(till, wechat("888.00"))
    with at(), writing(till.cashier) as s:
        asked = tax_invoices.ask(
            s, taken.receipt.id, "廊坊云谷科技有限公司", "91131001 ma0abcdefg", kind=InvoiceKind.SPECIAL, token="i1"
        )
        again = tax_invoices.ask(s, taken.receipt.id, "廊坊云谷科技有限公司", "91131001MA0ABCDEFG", token="i1")
        assert (again.id, asked.amount, asked.tax_number) == (asked.id, Decimal("888.00"), "91131001MA0ABCDEFG")
        with pytest.raises(Refused, match="可开的只剩 0.00 元"):
            tax_invoices.ask(s, taken.receipt.id, "另一家")
        tax_invoices.issue(s, asked.id, "24132000000012345678", version=1)
        with pytest.raises(Conflict, match="刚被别人改过"):
            tax_invoices.issue(s, asked.id, "1", version=1)
        tax_invoices.hand_over(s, asked.id, "前台自取 王经理", version=2)
    with reading(till.finance) as s:
        assert tax_invoices.listed(s) == ([], 0)
        (row,), total = tax_invoices.listed(s, only_open=False, typed="云谷")
        assert (row.state, row.number, row.handed_to, row.handed_on, total) == (
            InvoiceState.HANDED, "24132000000012345678", "前台自取 王经理", NOVEMBER, 1,
        )  # fmt: skip
    with at(date(2026, 11, 9)), writing(till.finance) as s:
        reversals.reverse(s, taken.payment.id, "退票")
    with reading(till.finance) as s:
        ((row,), _total) = tax_invoices.listed(s)
        assert row.must_be_turned_red
    with at(date(2026, 11, 9)), writing(till.cashier) as s:
        tax_invoices.turn_red(s, asked.id, "24132000000099999999", "收款红冲")
        with pytest.raises(Refused, match="已红冲，不能登记开票"):
            tax_invoices.ask(s, taken.receipt.id, "廊坊云谷科技有限公司")
    with reading(till.finance) as s:
        assert tax_invoices.listed(s) == ([], 0)


@pytest.mark.parametrize(
    ("told", "problems"),
    [
        ({"title": " "}, {"title"}), ({"title": "公司", "kind": InvoiceKind.SPECIAL}, {"tax_number"}),
        ({"title": "公司", "tax_number": "123"}, {"tax_number"}),
        ({"title": "公司", "amount": Decimal("10.01")}, {"amount"}),
        ({"title": "公司", "amount": Decimal(0)}, {"amount"}),
    ],
)  # fmt: skip
def test_what_no_invoice_can_say_is_refused(till, told, problems):
    taken = paid(till, cash("10.00"))
    with writing(till.cashier) as s, pytest.raises(Refused) as refused:
        tax_invoices.ask(s, taken.receipt.id, **told)
    assert set(refused.value.problems) == problems


def test_only_cashiers_register_invoices_and_a_dropped_one_makes_room(till):
    taken = paid(till, cash("10.00"))
    with writing(till.finance) as s, pytest.raises(Refused, match="收款"):
        tax_invoices.ask(s, taken.receipt.id, "公司")
    with writing(till.cashier) as s:
        asked = tax_invoices.ask(s, taken.receipt.id, "公司")
        tax_invoices.drop(s, asked.id, "客户不要了")
        assert tax_invoices.ask(s, taken.receipt.id, "个人").state is InvoiceState.ASKED
