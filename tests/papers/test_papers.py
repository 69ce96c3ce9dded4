"""What stands on each of the money's papers, and what no paper may say."""

from __future__ import annotations

from decimal import Decimal

import pytest

from components.papers import printing
from components.papers.shapes import SHAPES
from db.ledger.capitals import capitals
from db.refused import Refused
from tests.papers.made import (
    CLAUSE,
    LONG,
    a_closing,
    a_letter,
    a_line,
    a_notice,
    a_receipt,
    a_sheet,
    a_voucher,
    a_worksheet,
    an_overdue_bill,
    letters,
    notices,
    pages,
    words,
)

RECEIPTS = [template for template in SHAPES if template.startswith("receipt_")]
SHEETS = ["receipt_a5", "receipt_241"]

# ── receipts ──


@pytest.mark.requirement("F3")
@pytest.mark.parametrize("template", RECEIPTS)
def test_a_receipt_says_who_what_how_much_and_how(template):
    said = words(
        printing.pdf(
            template,
            a_receipt(
                lines=[a_line(), {"item": "预存款", "amount": "100"}],
                late_fees=[a_line(amount="38.66", calculation="270.37 元 × 0.05% × 286 天 = 38.66 元")],
                waivers=[{"item": "抹零", "amount": "-0.03"}],
                methods=[
                    {"method": "现金", "amount": "9"}, {"method": "微信", "amount": "400", "reference": "42000012345"},
                ],
                tendered="10", change="1", balance="100", note="代交人：张先生",
            ),
        )
    )  # fmt: skip
    for each in (
        "收款收据", "廊坊阳光物业服务有限公司", "阳光花园小区", "YG2026-000123", "2026-11-23", "吴学文",
        "3号楼2单元501", "物业服务费", "2026-01-01至2026-01-31", "96.56m²×2.80元×1月=270.37元", "270.37", "预存款",
        "100.00", "物业服务费违约金(滞纳金)", "38.66", "抹零", "-0.03", "409.00",
        "肆佰零玖元整", "现金", "9.00", "微信", "400.00",
        "42000012345", "收现金", "10.00", "找零", "1.00", "预存余额",
        "代交人：张先生", "李梅", "收款单位（盖章）",
    ):  # fmt: skip
        assert each in said
    assert "补打" not in said
    assert "作废" not in said
    assert "红" not in said


@pytest.mark.parametrize("template", RECEIPTS)
def test_the_late_fee_is_called_by_both_names_once_then_by_its_own(template):
    fees = [a_line(item=item, amount="1") for item in ("物业服务费", "车位费", "水费违约金")]
    said = words(printing.pdf(template, a_receipt(late_fees=fees)))
    assert said.count("违约金") == 3
    assert said.count("滞纳金") == 1


@pytest.mark.requirement("F10")
@pytest.mark.parametrize("template", RECEIPTS)
def test_corrections_are_seen_on_the_paper(template):
    corrected = {"number": "YG2026-000101", "day": "2026-11-20", "reason": "金额录错"}
    red = a_receipt(lines=[a_line(amount="-270.37")], reversal_of=corrected)
    said = words(printing.pdf(template, red))
    for each in ("收款收据（红字）", "红字对应收据YG2026-000101", "-270.37", "负贰佰柒拾元零叁角柒分", "金额录错"):
        assert each in said
    void = words(printing.pdf(template, a_receipt(void={"day": "2026-11-23", "reason": "重复收款", "by": "李梅"})))
    assert "作废2026-11-23重复收款李梅" in void
    later = words(printing.pdf(template, a_receipt(reversed_by={"number": "YG2026-000200", "day": "2026-12-01"})))
    assert "已红冲红字收据YG2026-0002002026-12-01" in later
    assert "补打第2次" in words(printing.pdf(template, a_receipt(reprint=2)))
    assert "补打" not in words(printing.pdf(template, a_receipt(reprint=0)))


@pytest.mark.parametrize("template", RECEIPTS)
def test_a_deposit_has_a_receipt_of_its_own(template):
    said = words(printing.pdf(template, a_receipt(book="deposits", lines=[{"item": "装修押金", "amount": "2000"}])))
    assert "押金收据" in said
    assert "收款收据" not in said


@pytest.mark.parametrize("template", SHEETS)
@pytest.mark.parametrize("count", [1, 6, 7, 8, 9, 10, 11, 12, 25, 60])
def test_many_lines_go_on_overleaf_with_subtotals(template, count):
    lines = [a_line(item=f"项目{n:02d}号", amount=Decimal(n)) for n in range(count)]
    found = pages(printing.pdf(template, a_receipt(lines=lines, payer=LONG)))
    assert [sum(f"项目{n:02d}号" in page for page in found) for n in range(count)] == [1] * count
    total = sum(range(count))
    assert [f"¥{total:,}.00" in page for page in found] == [False] * (len(found) - 1) + [True]
    if len(found) > 1:
        carried = 0
        for number, page in enumerate(found, 1):
            assert f"第{number}页共{len(found)}页" in page
            here = sum(n for n in range(count) if f"项目{n:02d}号" in page)
            last = number == len(found)
            assert ("本页小计" + ("" if last else "（转下页）") + f"{here:,}.00") in page
            assert (f"承上页{carried:,}.00" in page) is (number > 1)
            carried += here
        assert carried == total
    else:
        assert "小计" not in found[0]


def test_copies_are_named():
    found = pages(printing.pdf("receipt_a5", a_receipt(parts=["第一联 存根", "第二联 客户"])))
    assert ["第一联存根" in page for page in found] == [True, False]
    assert ["第二联客户" in page for page in found] == [False, True]


@pytest.mark.parametrize(
    "wrong",
    [{"total": "270.38"}, {"methods": [{"method": "现金", "amount": "270.36"}]}, {"capitals": "贰佰柒拾元整"},
     {"waivers": [{"item": "抹零", "amount": "-0.37"}], "total": "270.37"}],
)  # fmt: skip
def test_a_receipt_that_does_not_add_up_is_not_printed(wrong):
    with pytest.raises(ValueError, match=r"its parts make|the amount is"):
        printing.pdf("receipt_a5", a_receipt() | wrong)


# ── notices ──


@pytest.mark.requirement("F11")
def test_a_building_gets_its_notices_in_one_run():
    many = [a_notice(number=f"N{n:03d}", unit=f"3号楼 {n:03d}") for n in range(30)]
    found = pages(printing.pdf("payment_notice", notices(*many)))
    assert len(found) == 30
    for number, page in enumerate(found):
        assert page.count(f"3号楼{number:03d}") == 2  # on the notice and on its slip
        for each in ("缴费通知单", "水费", "表号S-2501", "346", "358", "12吨", "345.97",
                     "2026年12月10日前（含当日）缴纳", "收费处", "沿此线撕下", "签收人"):  # fmt: skip
            assert each in page
        assert "违约金" not in page
        assert "逾期" not in page


@pytest.mark.requirement("F11")
def test_a_notice_names_what_is_overdue_and_the_clause():
    bills = [an_overdue_bill(late_fee="5.95"), an_overdue_bill(unpaid="100", due_on="2026-11-10", late_fee="0.65")]
    notice = a_notice(overdue=bills, late_fee=CLAUSE, late_fee_total="6.60", balance="50", to_pay="672.94")
    said = words(printing.pdf("payment_notice", notices(notice)))
    for each in ("以前逾期未缴", "2026-10-10", "5.95", "违约金6.60", "预存余额50.00", "¥672.94", CLAUSE["clause"]):
        assert each in said
    assert said.count("滞纳金") == 1
    assert said.index("违约金(滞纳金)") == said.index("违约金")


def test_a_long_notice_counts_its_own_pages():
    long = a_notice(lines=[a_line(amount="1") for _ in range(40)], total="40", to_pay="40")
    found = pages(printing.pdf("payment_notice", notices(a_notice(), long, a_notice())))
    assert len(found) == 4
    assert [("第1页共2页" in page, "第2页共2页" in page) for page in found] == [
        (False, False), (True, False), (False, True), (False, False),
    ]  # fmt: skip
    assert "沿此线撕下" not in found[1]


def test_balance_beyond_what_is_owed_leaves_nothing_to_pay():
    assert "共应缴¥0.00" in words(printing.pdf("payment_notice", notices(a_notice(balance="1000", to_pay="0"))))


# ── dunning ──

FORBIDDEN = [
    "停水", "停电", "限电", "断", "门禁", "道闸", "电梯", "车辆", "保安", "扣押", "扣留", "公布",
    "公示", "名单", "维修",
]  # fmt: skip
TITLES = {
    "first": "催缴通知（第一次）", "second": "催缴通知（第二次）", "third": "催缴通知（第三次）", "demand": "催告函",
}  # fmt: skip


@pytest.mark.requirement("F5")
@pytest.mark.parametrize("letter", TITLES)
def test_each_letter_says_what_is_owed_until_when_and_is_signed_for(letter):
    before = {"step": "催缴通知（第一次）", "day": "2026-11-12", "channel": "微信", "result": "已读"}
    earlier = [] if letter == "first" else [before]
    bill = an_overdue_bill(late_fee="5.95", days=44)
    told = a_letter(
        letter=letter, rows=[bill], late_fee=CLAUSE, late_fee_total="5.95", total="276.32",
        capitals=capitals(Decimal("276.32")), earlier=earlier, contract="《物业服务合同》",
    )  # fmt: skip
    said = words(printing.pdf("dunning", letters(told)))
    for each in (TITLES[letter], "YG-CJ-1", "吴学文", "3号楼2单元501", "2026-10-10", "44", "276.32",
                 "2026年12月8日前（含当日）", "送达回执", "受送达人", "0316-2222333", "2026年11月23日"):  # fmt: skip
        assert each in said
    assert ("已读" in said) is bool(earlier)
    assert said.count("滞纳金") == 1
    assert said.index("违约金(滞纳金)") == said.index("违约金")
    assert ("诉讼或仲裁" in said) is (letter in {"third", "demand"})


@pytest.mark.requirement("F9")
def test_no_letter_threatens_what_the_law_forbids():
    for letter in TITLES:
        said = words(printing.pdf("dunning", letters(a_letter(letter=letter))))
        for forbidden in FORBIDDEN:
            assert forbidden not in said
        assert "违约金" not in said


@pytest.mark.requirement("F9")
@pytest.mark.parametrize(
    "threat",
    ["逾期将停水停电", "将限制用电", "停止供暖", "将停用您的门禁卡", "禁止车辆出入", "将不予放行", "停用电梯",
     "暂停维修服务", "物品将予扣留", "由保安上门催收", "将公布欠费业主姓名", "列入黑名单", "将 切 断 供 水"],
)  # fmt: skip
def test_own_words_that_threaten_are_refused(threat):
    with pytest.raises(Refused, match="法律不允许这样催缴费用"):
        printing.pdf("dunning", letters(a_letter(remarks=[threat])))


@pytest.mark.parametrize("harmless", ["您反映的电梯停梯问题已于11月3日修复。", "门禁维修已完成，请查收。"])
def test_other_words_are_printed(harmless):
    assert harmless in words(printing.pdf("dunning", letters(a_letter(remarks=[harmless]))))


@pytest.mark.parametrize("due", ["2026-11-23", "2026-12-10"])
def test_what_is_not_yet_due_is_never_called_overdue(due):
    told = f"物业服务费要到 {due} 才到期，还没有逾期，不能列入催缴。"
    early = an_overdue_bill(due_on=due)
    with pytest.raises(Refused) as refused:
        printing.pdf("dunning", letters(a_letter(rows=[early])))
    assert refused.value.message == told
    with pytest.raises(Refused) as refused:
        printing.pdf("payment_notice", notices(a_notice(overdue=[early], to_pay="616.34")))
    assert refused.value.message == told


def test_the_day_to_pay_lies_ahead_and_a_late_fee_has_its_clause():
    with pytest.raises(Refused, match="限交日期 2026-11-23 要在发出日期之后"):
        printing.pdf("dunning", letters(a_letter(pay_by="2026-11-23")))
    rows = [an_overdue_bill(late_fee="1")]
    with pytest.raises(Refused, match="合同没有约定违约金的"):
        printing.pdf("dunning", letters(a_letter(rows=rows, late_fee_total="1", total="271.37")))
    with pytest.raises(ValueError, match=r"letter\.principal"):
        printing.pdf("dunning", letters(a_letter(principal="270.36")))


# ── worksheets, closings, sheets, vouchers ──


@pytest.mark.requirement("F4")
def test_a_late_fee_can_be_counted_after():
    said = words(printing.pdf("late_fee_worksheet", a_worksheet()))
    for each in ("违约金(滞纳金)计算表", "《物业服务合同》第十二条", "2026-10-112026-10-3121270.370.05%/日2.838885",
                 "减免-1.00", "应缴违约金1.84", "¥1.84", "11日缴清计1天。"):  # fmt: skip
        assert each in said
    wrong = a_worksheet()
    wrong["bills"][0]["rows"][0]["days"] = 20
    with pytest.raises(ValueError, match="are 21 days, not 20"):
        printing.pdf("late_fee_worksheet", wrong)


@pytest.mark.requirement("F10")
def test_a_closing_says_what_came_in_and_what_was_counted():
    said = words(printing.pdf("daily_closing", a_closing()))
    for each in ("日收款汇总（交款表）", "物业服务费270.37100.00370.37", "合计345.97100.00445.97",
                 "现金345.97340.97短-5.00",
                 "YG2026-000101至YG2026-00013131", "YG2026-000107270.37重复收款", "装修押金2,000.000.00"):  # fmt: skip
        assert each in said
    totals = {"item": "合计", "amounts": ["346.97", "99"], "total": "445.97"}
    with pytest.raises(ValueError, match="现金 says"):
        printing.pdf("daily_closing", a_closing(totals=totals))


@pytest.mark.requirement("F8")
def test_a_sheet_repeats_its_head_and_counts_its_pages():
    found = pages(printing.pdf("table_sheet", {"sheets": [a_sheet(120), a_sheet(2, title="公共收益", landscape=True)]}))
    assert len(found) == 4
    assert ["支出（元）" in page for page in found] == [True] * 4
    assert ["第1页共3页" in found[0], "第3页共3页" in found[2], "页" in found[3]] == [True, True, False]
    assert "合计148,140.00240,000.00" in found[2]
    assert "公共收益" in found[3]


def test_a_voucher_carries_its_act():
    said = words(printing.pdf("voucher", a_voucher(void={"day": "2026-12-01", "reason": "退回"}, reprint=1)))
    for each in ("押金退款单", "YG-TK-1", "客户吴学文", "应退合计¥1,819.50", "壹仟捌佰壹拾玖元伍角整",
                 "凭原押金收据办理。",
                 "客户签字", "收款单位（盖章）", "作废2026-12-01退回", "补打第1次"):  # fmt: skip
        assert each in said
