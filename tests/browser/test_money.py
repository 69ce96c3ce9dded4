"""The money story in a real browser: from the roster to closed books, five people at their own screens."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from db import clock
from db.ledger import dunning_clock
from db.ledger.books import CHECKS
from db.people import SYSTEM, Role
from db.session import writing
from tests import engines
from tests.browser.conftest import Serve, Server
from tests.browser.desk import Desk, staffed

ESTATE = "测试花园"
PAYEE = "廊坊市测试物业服务有限公司"
STAFF = {
    "zhoujian": ("周健", Role.DIRECTOR),
    "caohui": ("曹慧", Role.FINANCE),
    "shenjie": ("沈洁", Role.CASHIER),
    "hanmei": ("韩梅", Role.CASHIER),
    "wangfang": ("王芳", Role.DESK),
}
MARK = "CS"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def a_roster() -> bytes:
    """Make the workbook an office has: two flats with an owner each, and one whose area nobody knows."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "房屋信息"
    for row in (
        ["楼栋", "单元", "房号", "建筑面积", "业主", "手机号"],
        ["1", "1", "101", 96.56, "吴学文", "18999999999"],
        ["1", "1", "102", 88.20, "张秋萍", "18999999991"],
        ["1", "1", "103", None, "李国强", "18999999992"],
    ):
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.long])])
def office(request: pytest.FixtureRequest, serve: Serve) -> Iterator[Server]:
    """Serve an office of five with an empty estate; the test may work on the same database."""
    if request.param == "sqlite":
        server = serve()
        with staffed(server, engines.sqlite_url(server.folder / "guanjia.db"), STAFF, ESTATE):
            yield server
        return
    template = request.getfixturevalue("postgres_template")
    with (
        engines.postgres_copy(request.getfixturevalue("postgres_server"), template, f"money_{os.getpid()}") as url,
        staffed(serve(DATABASE_URL=url), url, STAFF, ESTATE) as server,
    ):
        yield server


# ── the figures, by hand ─────────────────────────────────────────────────────────────────────────────────────────────

FEE, OTHER_FEE = Decimal("270.37"), Decimal("246.96")
"""96.56 m² and 88.20 m² × 2.80 元 × 1 月."""


def months_back(day: date, n: int) -> date:
    month = day.year * 12 + day.month - 1 - n
    return date(month // 12, month % 12 + 1, 1)


def late_fee(principal: Decimal, month: date, day: date) -> Decimal:
    """Five ten-thousandths a day, from the 11th to `day`, both counted."""
    days = max(0, (day - month.replace(day=10)).days)
    return (principal * days * Decimal("0.0005")).quantize(Decimal("0.01"), ROUND_HALF_UP)


@pytest.mark.requirement("F1")
@pytest.mark.requirement("F2")
@pytest.mark.requirement("F3")
@pytest.mark.requirement("F4")
@pytest.mark.requirement("F5")
@pytest.mark.requirement("F10")
@pytest.mark.requirement("X6")
def test_money_from_the_roster_to_closed_books(office: Server, new_page: Callable[..., Page]) -> None:
    director, finance, cashier, other, desk = (
        Desk(new_page(), office, username, name) for username, (name, _role) in STAFF.items()
    )
    today = clock.today()
    old, new = months_back(today, 2), today.replace(day=1)
    late = late_fee(FEE, old, today) + late_fee(FEE, new, today)
    a_roster_comes_in(director)
    waits_are_short(director)
    prices_are_set(finance)
    bills_are_published(finance, old, new)

    receipt = a_part_is_paid(cashier, late)
    number = f"{MARK}{today.year}-000001"
    assert f"No.{number}" in receipt
    assert "人民币（大写）贰佰元整" in receipt
    assert "收款方式现金120.00；微信80.00（4200001）收现金150.00找零30.00" in receipt
    dunning = three_notices_go_out(desk, today)
    the_rest_is_paid(cashier, 2 * FEE - 200 + late)
    desk.open(f"dunning?case={dunning}")
    desk.sees("已结清")

    counted = [each for each in (old, new) if each.year == today.year]
    receivable = len(counted) * (FEE + OTHER_FEE)
    figures_are(finance, receivable, len(counted) * FEE)
    a_payment_is_reversed(number, asking=other, granting=finance, paying=cashier)
    figures_are(finance, receivable, len(counted) * FEE - (200 if old in counted else 0))
    at_the_counter(other, "1-1-101", "吴学文")
    other.sees("欠 200.00 元：")
    a_day_is_closed(cashier, {"现金": Decimal(0), "微信": 2 * FEE - 200 + late})
    the_books_are_right(finance)


def a_roster_comes_in(director: Desk) -> None:
    page = director.open("import_studio")
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(
        {"name": "花名册.xlsx", "mimeType": XLSX, "buffer": a_roster()}
    )
    expect(page.get_by_role("radio", name="新增 3")).to_be_visible()
    director.press("导入", exact=True)
    director.sees("已导入：楼栋 新建 1、更新 0；房屋 新建 3、更新 0；客户 新建 3、更新 0；入住登记 新建 3、更新 0。")


def prices_are_set(finance: Desk) -> None:
    page = finance.open("tariffs?what=payees&payees.id=new")
    page.get_by_role("textbox", name="收款单位").fill(PAYEE)
    page.get_by_role("textbox", name="收据字头").fill(MARK)
    finance.press("保存")
    finance.sees("收款单位已新建")
    page = finance.open("tariffs?what=fee_items&fee_items.id=new")
    page.get_by_role("textbox", name="收费项目").fill("物业管理费")
    finance.choose("类别", "物业管理费")
    finance.choose("收款单位", PAYEE)
    finance.press("保存")
    finance.sees("收费项目已新建")
    page = finance.open("tariffs?tariffs.id=new")
    finance.choose("收费项目", "物业管理费")
    page.get_by_role("textbox", name="标准名称").fill("住宅物业费")
    finance.choose("房屋用途", "住宅")
    finance.choose("计费方式", "按面积（元/m²·月）")
    page.get_by_role("textbox", name="单价(元)").fill("2.80")
    page.get_by_role("spinbutton", name="年, 执行起").press_sequentially("20200101")
    page.get_by_role("textbox", name="违约金条款").fill("物业服务合同第十八条")
    finance.press("保存")
    finance.sees("收费标准已新建")
    finance.sees("每日 0.05%（物业服务合同第十八条）")


def bills_are_published(finance: Desk, *months: date) -> None:
    """Try the months out, look at what would come of it, publish."""
    finance.open("bills?bills.part=run")
    for month in months:
        finance.choose("账期", f"{month:%Y-%m}")
        finance.press("试算")
        finance.sees("没有建筑面积 1")
        finance.press("发布 2 张账单")
        finance.press("确定发布")
        finance.sees(f"{month:%Y-%m} 已出账 2 张，共 {FEE + OTHER_FEE} 元。")


def at_the_counter(cashier: Desk, unit: str, name: str) -> Page:
    page = cashier.open("cashier")
    page.get_by_role("searchbox", name="找缴费人").fill(unit)
    expect(page.get_by_text(name).first).to_be_visible()
    cashier.settle()
    return page


def a_part_is_paid(cashier: Desk, late: Decimal) -> str:
    """Take 200 of it: 120 in cash out of 150 on the table, the rest by WeChat; returns what the receipt says."""
    page = at_the_counter(cashier, "1-1-101", "吴学文")
    cashier.sees(f"收违约金 {late} 元")
    page.get_by_role("textbox", name="实收（元）").fill("200")
    page.get_by_role("button", name="微信").click()
    page.get_by_role("textbox", name="现金金额").fill("120")
    page.get_by_role("textbox", name="收到现金").fill("150")
    page.get_by_role("textbox", name="微信流水号").fill("4200001")
    cashier.press("收款 200.00 元")
    cashier.sees("收款成功")
    cashier.sees("30.00 元")
    return cashier.reads(page.get_by_role("link", name="打印收据"))


def waits_are_short(director: Desk) -> None:
    """Let the office give the shortest time that the settings allow."""
    page = director.open("settings")
    for label in ("催缴通知给客户的缴费天数", *(f"第{nth}次催缴后至少等几天" for nth in "一二三")):
        page.get_by_role("textbox", name=label).fill("3")
    director.press("保存")
    director.sees("已保存 4 项修改")


def three_notices_go_out(desk: Desk, today: date) -> str:
    """Record the notices that went out on paper on other days, as the desk does; returns the matter's number.

    What the clock does each minute is done here at once: it finds the time given over, and the next notice due.
    """
    page = desk.open("dunning?arrears.q=1-1-101")
    desk.open_first("1-1-101", "**debt=**")
    for days, name, then in ((12, "第一次", "待第二次催缴"), (8, "第二次", "待第三次催缴"), (4, "第三次", "已报主任")):
        desk.pick(f"发{name}催缴")
        expect(page.get_by_test_id("stFormSubmitButton").filter(has_text=f"发{name}催缴")).to_be_visible()
        expect(page.get_by_role("combobox", name="方式")).to_have_count(1)  # the form that lay open before is gone
        desk.choose("方式", "当面")
        page.get_by_text("更多", exact=True).last.click()
        page.get_by_role("textbox", name="发生时间").fill(f"{today - timedelta(days=days)} 09:30")
        desk.press(f"发{name}催缴")
        expect(page.get_by_role("link", name=f"{name}催缴通知")).to_be_visible()
        with writing(SYSTEM) as s:
            dunning_clock.move_on(s)
        page.reload()
        desk.settle()
        desk.sees(then)
    return page.url.rsplit("case=", 1)[1]


def the_rest_is_paid(cashier: Desk, rest: Decimal) -> None:
    page = at_the_counter(cashier, "1-1-101", "吴学文")
    cashier.sees(f"收款 {rest} 元")
    page.get_by_role("button", name="现金").click()
    page.get_by_role("button", name="微信").click()
    cashier.press(f"收款 {rest} 元")
    cashier.sees("收款成功")


def figures_are(finance: Desk, receivable: Decimal, received: Decimal) -> None:
    """Home, the bills behind its number and the statistics say the same."""
    rate = f"{(received * 100 / receivable).quantize(Decimal('0.1'), ROUND_HALF_UP)}%"
    page = finance.open("")
    tile = page.get_by_test_id("stMetric").filter(has_text="管理费收缴率")
    expect(tile).to_contain_text(rate)
    page.get_by_role("link", name=f"{received:,.2f} / {receivable:,.2f}").click()
    finance.sees(f"应收 {receivable:,.2f} 元")
    finance.sees(f"实收 {received:,.2f} 元")
    finance.sees(f"未收 {receivable - received:,.2f} 元")
    page = finance.open("collection")
    year = page.get_by_test_id("stMetric").filter(has_text="本年累计")
    expect(year).to_contain_text(rate)
    expect(year).to_contain_text(f"{received:,.2f} / {receivable:,.2f}")


def a_payment_is_reversed(number: str, *, asking: Desk, granting: Desk, paying: Desk) -> None:
    """One cashier asks for another's payment to be taken back, finance grants it, the first gives the money back."""
    page = asking.open("cashier?view=receipts")
    page.get_by_role("searchbox", name="查找").fill(number)
    expect(page.get_by_text("共 1 张")).to_be_visible()
    asking.open_first(number, "**receipt=**")
    asking.pick("申请红冲")
    page.get_by_role("textbox", name="原因").fill("客户要求改由配偶账户缴纳")
    asking.press("提交审批")
    asking.sees("红冲申请已提交")
    granting.open("corrections")
    granting.open_first("1-1-101", "**correction=**")
    granting.press("同意", exact=True)
    granting.sees("已同意，等收费员办理。")
    paying.open("corrections")
    paying.open_first("1-1-101", "**correction=**")
    paying.press("办理")
    paying.press("确定办理")
    paying.sees("办理人　沈洁")


def a_day_is_closed(cashier: Desk, counted: Mapping[str, Decimal]) -> None:
    page = cashier.open("closing")
    for method, amount in counted.items():
        page.get_by_role("textbox", name=f"{method}（应 {amount:,.2f} 元）").fill(f"{amount}")
    cashier.press("日结")
    cashier.press("确定日结")
    cashier.sees(f"{clock.today()} 已日结")


def the_books_are_right(finance: Desk) -> None:
    finance.open("books")
    finance.press("开始核对")
    finance.sees(f"全部 {len(CHECKS)} 项相符。")
