"""A company's story in a real browser: it moves into an office park, finds a defect, moves out and is settled with."""

from __future__ import annotations

import re
import shutil
import subprocess
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from db import clock
from db.cases import Case, CaseLink
from db.checklist_templates import TemplateLine
from db.checklists import ItemKind
from db.deadlines import is_working_day
from db.dossiers import tenancies
from db.dossiers.move_out_templates import Service
from db.ledger import books
from db.ledger.money_tables import Correction, CorrectionState, Deposit
from db.ledger.tables import Basis, Bill, FeeItem, FeeKind
from db.people import SYSTEM, Role
from db.registry import Contract, CustomerKind, Estate, EstateKind, Occupancy, Relation, Unit, UnitState, UnitUse
from db.session import reading, writing
from tests import engines
from tests.browser.conftest import Serve, Server
from tests.browser.desk import Desk, staffed
from tests.builders import a_building, a_customer, a_phone, a_unit
from tests.money import a_fee_item, a_lease, a_payee, a_tariff

ESTATE = "测试科技园"
STAFF = {
    "zhoujian": ("周健", Role.DIRECTOR),
    "wangfang": ("王芳", Role.DESK),
    "zhaoqiang": ("赵强", Role.STEWARD),
    "shenjie": ("沈洁", Role.CASHIER),
    "caohui": ("曹慧", Role.FINANCE),
    "liuyang": ("刘洋", Role.TECHNICIAN),
    "chenbao": ("陈保", Role.GUARD),
}
COMPANY = "廊坊云图科技有限公司"
LANDLORD, OFFICE = "科技谷开发公司", "廊坊市测试物业服务有限公司"
SUITE, AGENT = "A-801", "林晓"
PHONE = {"width": 390, "height": 844}
POINTS = (("出入口", "入户门"), ("出入口", "门锁"), ("出入口", "门禁读卡器"), ("室内", "墙面"), ("室内", "地面"))
"""What this office looks at in a unit; the house's own list has 31 points."""


@dataclass(frozen=True)
class Let:
    """What the office has written down before the company comes."""

    unit_id: int
    customer_id: int
    lease_id: int
    lease: str
    first: date
    """The lease's first day: that of the month before this one, whose rent and fee are paid on entry."""

    # What is owed by hand, at 148 m²: of this month, up to today, and for two name plates.

    @property
    def rent(self) -> Decimal:
        return of_month(Decimal("5624.00"))

    @property
    def fee(self) -> Decimal:
        return of_month(Decimal("888.00"))

    @property
    def rent_back(self) -> Decimal:
        return Decimal("16872.00") - self.rent

    @property
    def fee_back(self) -> Decimal:
        return Decimal("2664.00") - self.fee - PLATES


PLATES = Decimal("520.00")


def of_month(price: Decimal) -> Decimal:
    """Count a month's price up to today, in yuan."""
    today = clock.today()
    days = monthrange(today.year, today.month)[1]
    return (price * today.day / days).quantize(Decimal("0.01"), ROUND_HALF_UP)


@pytest.fixture
def office(serve: Serve) -> Iterator[Server]:
    """Serve an office park with an empty estate and its staff; the test may work on the same database."""
    server = serve(demo=False)
    with staffed(server, engines.sqlite_url(server.folder / "guanjia.db"), STAFF, ESTATE, EstateKind.PARK):
        yield server


def a_suite_let(today: date) -> Let:
    """Write down a suite of 148 m², who rents it, and what it costs; the lease holds goods while he owes."""
    first = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    with writing(SYSTEM) as s:
        estate = s.scalars(select(Estate)).one()
        unit = a_unit(s, a_building(s, estate, "A"), "", "801", area=Decimal(148), use=UnitUse.OFFICE,
                      state=UnitState.VACANT)  # fmt: skip
        company = a_customer(s, estate, COMPANY, kind=CustomerKind.COMPANY, contact_name="林经理", occupants=35)
        a_phone(s, company, "13900139000")
        lease: Contract = a_lease(s, company, unit, starts_on=first, ends_on=first.replace(year=first.year + 2),
                                  holds_goods=True)  # fmt: skip
        landlord, property_office = a_payee(s, estate, LANDLORD, "KJG"), a_payee(s, estate, OFFICE, "CS")
        of_lease = {"contract_id": lease.id, "payer": Relation.TENANT}
        a_tariff(s, a_fee_item(s, landlord, FeeKind.RENT, "房租"), "38.00", basis=Basis.RENT, **of_lease)
        a_tariff(s, a_fee_item(s, property_office, FeeKind.MANAGEMENT, "物业管理费"), "6.00", **of_lease)
        a_tariff(s, a_fee_item(s, property_office, FeeKind.OTHER, "客户名牌制作费"), "260.00", basis=Basis.ONCE)
        s.add_all(
            TemplateLine(estate_id=estate.id, template="inspections.park", position=n, key=f"p{n}", label=label,
                         kind=ItemKind.PAPER, ask=place)
            for n, (place, label) in enumerate(POINTS, 1)
        )  # fmt: skip
        return Let(unit.id, company.id, lease.id, lease.number, first)


# ── on every screen of a dossier ─────────────────────────────────────────────────────────────────────────────────────


def open_popover(desk: Desk, name: str, within: Locator | None = None) -> Locator:
    """Open what lies behind the first button of this name; returns what it shows."""
    desk.settle()
    (within or desk.page.get_by_test_id("stMain")).get_by_test_id("stPopoverButton").filter(has_text=name).first.click()
    body = desk.page.get_by_test_id("stPopoverBody")
    expect(body).to_be_visible()
    return body


def close_popover(desk: Desk) -> None:
    desk.page.keyboard.press("Escape")
    expect(desk.page.get_by_test_id("stPopoverBody")).to_have_count(0)


def send(desk: Desk, body: Locator, button: str, then: str = "") -> None:
    """Press a button in an open popover, close what is still open, and see what the page shows from then on."""
    body.get_by_role("button", name=button).click()
    desk.settle()
    close_popover(desk)
    if then:
        desk.sees(then)


def use_up(desk: Desk, name: str, left: int, **typed: str) -> None:
    """Fill in what lies behind the first button of this name and send it: so many of them are left then."""
    body = open_popover(desk, name)
    for label, words in typed.items():
        body.get_by_role("textbox", name=label).fill(words)
    send(desk, body, name)
    expect(desk.page.get_by_test_id("stPopoverButton").filter(has_text=name)).to_have_count(left)


def sees_no_more(desk: Desk, words: str) -> None:
    expect(desk.page.get_by_text(words)).to_have_count(0)
    desk.settle()


def paper(desk: Desk, title: str) -> Locator:
    """Find where papers of this title stand, issued or not."""
    return desk.page.get_by_text(title, exact=True).locator("xpath=ancestor::*[@data-testid='stVerticalBlock'][1]")


def issue(desk: Desk, title: str) -> str:
    """Issue a paper of the matter; returns its words."""
    desk.settle()
    paper(desk, title).get_by_role("button", name="开具").click()
    return desk.reads(number_of(desk, title))


def number_of(desk: Desk, title: str) -> Locator:
    """Find the number of a paper that was issued: it opens the paper."""
    number = paper(desk, title).locator("a[href^='/papers/issued/']")
    expect(number).to_be_visible()
    return number


def record_signature(desk: Desk, title: str) -> None:
    """Record the signature of a paper just issued; the day stands there already."""
    body = open_popover(desk, "登记签收", paper(desk, title))
    body.get_by_role("textbox", name="签字人").fill(AGENT)
    send(desk, body, "登记签收")
    expect(paper(desk, title)).to_contain_text(f"{AGENT} {clock.today()} 签字")


def tick(desk: Desk, *papers: str) -> None:
    for each in papers:
        desk.press(each, exact=True)
    desk.press(f"登记收到 {len(papers)} 项")
    for each in papers:
        expect(desk.page.get_by_role("button", name=each, exact=True)).to_have_count(0)


def type_day(page: Page, label: str, day: date) -> None:
    page.get_by_role("spinbutton", name=f"年, {label}").press_sequentially(f"{day:%Y%m%d}")


def inspect(steward: Desk, number: str, page: str, kind: str, *defects: tuple[int, str], was: str = "") -> None:
    """Walk through the unit on a telephone: these points have a defect, all others are well; signed."""
    steward.open(f"{page}?case={number}")
    steward.press(f"开始{kind}")
    if was:
        steward.sees(was)
    for place, words in defects:
        steward.page.get_by_role("radio", name="有缺陷").nth(place).click()
        steward.settle()
        steward.page.get_by_placeholder("写明缺陷").fill(words)
    steward.press(f"其余 {3 - len(defects)} 项合格" if defects else "本处全部合格")
    steward.sees("有 3 项还没有保存")
    steward.press("保存，到室内")
    steward.sees("3 / 5 项")
    steward.press("本处全部合格")
    steward.sees("有 2 项还没有保存")
    steward.press("保存")
    steward.sees("5 / 5 项")
    expect(steward.page.get_by_role("textbox", name="签字人")).to_have_value(AGENT)
    steward.press("客户签字确认")
    steward.press("确定客户签字确认")
    steward.sees(f"{AGENT} {clock.today()} 签字确认")


# ── the story ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("I1")
@pytest.mark.requirement("I2")
@pytest.mark.requirement("I3")
@pytest.mark.requirement("I4")
@pytest.mark.requirement("I7")
@pytest.mark.requirement("O1")
@pytest.mark.requirement("O2")
@pytest.mark.requirement("O3")
@pytest.mark.requirement("X6")
def test_a_company_moves_in_with_a_defect_and_out_with_its_deposits_settled(
    office: Server, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    let = a_suite_let(clock.today())
    people = {username: name for username, (name, _role) in STAFF.items()}

    def at_work(username: str, **screen: int) -> Desk:
        return Desk(new_page(**screen), office, username, people[username])

    desk, cashier, steward = at_work("wangfang"), at_work("shenjie"), at_work("zhaoqiang", **PHONE)
    number = a_move_in_is_taken_in(desk)
    fees_are_collected(cashier, number)
    the_notice_goes_out(desk, let)
    papers_come_in(desk)
    repair = a_defect_is_found(steward, number)
    keys_and_plates(desk, number)
    it_is_handed_over(desk)
    a_time_is_booked(desk)

    leaving = a_move_out_is_applied_for(desk, let)
    the_last_day_is_confirmed(desk, let)
    inspect(steward, leaving, "move_outs", "退房验收", was="入住时：有缺陷：门锁锁舌松动")
    everything_comes_back(desk, leaving)
    director = at_work("zhoujian")
    a_pass_is_let_out(desk, director, at_work("chenbao", **PHONE))
    final_bills_are_made(cashier, leaving, let)
    desk.open(f"move_outs?case={leaving}")
    record_signature(desk, "迁出结算单")
    cashier.page.reload()
    deposits_are_settled(cashier)
    money_goes_back(let, at_work("caohui"), director, cashier)
    it_is_closed(desk, leaving, let, tmp_path)
    all_is_stored(let, number, leaving, repair)


# ── moving in ────────────────────────────────────────────────────────────────────────────────────────────────────────


def a_move_in_is_taken_in(desk: Desk) -> str:
    page = desk.open("move_ins?new=1")
    page.get_by_role("searchbox", name="房屋").fill(SUITE)
    desk.sees("A号楼 · 办公 · 空置")
    page.get_by_role("searchbox", name="客户").fill("云图")
    desk.sees(COMPANY)
    desk.settle()
    page.get_by_role("textbox", name="经办人(被委托人)").fill(AGENT)
    desk.press("登记")
    desk.sees("办理中")
    fees = "房租押金、物业管理费保证金、首期房租、首期物业管理费，共 26,048.00 元"
    desk.sees(f"入驻费用还没有收齐：{fees}，请收费员收取。")
    expect(page.get_by_role("button", name="开具").nth(1)).to_be_disabled()  # the notice waits for the fees
    return page.url.rsplit("case=", 1)[1]


def fees_are_collected(cashier: Desk, number: str) -> None:
    """Collect everything in one press; deposits and first months get receipts of their own."""
    page = cashier.open(f"move_ins?case={number}")
    page.get_by_role("textbox", name="流水号、凭证号").fill("ZZ0312")
    cashier.press("收 26,048.00 元")
    cashier.sees("已收齐")
    year = clock.today().year
    links = page.get_by_role("link", name="打印 ")
    expect(links).to_have_text([
        re.compile(f"打印 {mark}{year}-000001$") for mark in ("KJG-Y", "CS-Y", "KJG", "CS")
    ])  # fmt: skip
    words = cashier.reads(links.nth(0))
    assert f"押金收据收款单位：{LANDLORD}No.KJG-Y{year}-000001交款人：{COMPANY}" in words
    assert "148.00m²×38.00元×1月=5624.00元；3个月合计16872.00元16,872.00" in words
    assert "人民币（大写）壹万陆仟捌佰柒拾贰元整" in words
    assert "收款方式转账16,872.00（ZZ0312）" in words
    assert f"收款收据收款单位：{OFFICE}" in cashier.reads(links.nth(3))


def the_notice_goes_out(desk: Desk, let: Let) -> None:
    page = desk.page
    page.reload()
    desk.sees("还没有约定收楼时间，请先“约定收楼时间”。")
    desk.pick("约定收楼时间")
    day = clock.today() + timedelta(days=1)
    page.get_by_role("textbox", name="约定收楼时间").fill("明天 9:30")
    desk.press("约定收楼时间")
    sees_no_more(desk, "还没有约定收楼时间")
    words = issue(desk, "入伙通知书")
    assert words.startswith(f"{OFFICE}入伙通知书{ESTATE}编号：RHT-")
    assert f"客户{COMPANY}房屋A号楼A-801租赁合同{let.lease}入住日期{chinese(let.first)}" in words
    assert f"现请贵方于{chinese(day)}09:30到物业服务中心办理收楼手续" in words
    assert (
        "1营业执照副本复印件加盖公章2委托书原件由公司签署，加盖公章3被委托人身份证明原件核对、复印件留存，盖“仅供办理入驻使用”章"
        in words
    )
    assert f"{OFFICE}（盖章）" in words


def chinese(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def papers_come_in(desk: Desk) -> None:
    """Tick what came; the one that is missing holds back the hand-over by name. Two papers of ours are signed."""
    tick(desk, "营业执照副本复印件", "被委托人身份证明")
    desk.pick("办理交接")
    desk.sees("还缺：委托书原件、《客户服务手册确认书》、《治安、防火安全责任书》。")
    tick(desk, "委托书原件")
    words = issue(desk, "客户服务手册确认书")
    assert f"{OFFICE}：我方已收到《客户服务手册》一册" in words
    record_signature(desk, "客户服务手册确认书")
    words = issue(desk, "治安、防火安全责任书")
    assert f"{OFFICE}（甲方）与{COMPANY}（乙方）订立本责任书。" in words
    record_signature(desk, "治安、防火安全责任书")
    desk.sees("还没有验房，请和客户逐项验收并签字。")


def a_defect_is_found(steward: Desk, number: str) -> str:
    """Inspect on a telephone; the defect becomes a repair, linked both ways. Returns the repair's number."""
    inspect(steward, number, "move_ins", "收楼验收", (1, "门锁锁舌松动"))
    page = steward.page
    repair = page.get_by_role("link", name="BX-").first
    said = repair.inner_text().split()[-1]
    repair.click()
    page.wait_for_url(f"**case={said}")
    steward.sees("出入口 门锁：门锁锁舌松动")
    expect(page.get_by_role("link", name=number)).to_be_visible()
    return said


def keys_and_plates(desk: Desk, number: str) -> None:
    desk.open(f"move_ins?case={number}")
    send(desk, open_popover(desk, "登记申请"), "登记申请", "已申请")
    body = open_popover(desk, "订制并记账")
    expect(body.get_by_role("textbox", name="每块制作费")).to_have_value("260.00")
    body.get_by_role("button", name="订制并记账").click()
    send(desk, body, "确定订制并记账", "制作费 260.00 元，已记账")
    body = open_popover(desk, "发放")
    body.get_by_role("textbox", name="卡号、编号").fill("C00801")
    body.get_by_role("textbox", name="持有人").fill(AGENT)
    send(desk, body, "发放", "门禁卡 C00801")
    body = open_popover(desk, "发放")
    body.get_by_role("radio", name="钥匙", exact=True).click()
    desk.settle()
    body.get_by_role("textbox", name="数量").fill("3")
    send(desk, body, "发放", "钥匙 3 把")
    body = open_popover(desk, "登记签收")
    expect(body.get_by_role("textbox", name="签收人")).to_have_value(AGENT)
    send(desk, body, "签收", f"{AGENT} 签收")


def it_is_handed_over(desk: Desk) -> None:
    desk.pick("办理交接")
    desk.press("办理交接")
    desk.sees("已交接")


def a_time_is_booked(desk: Desk) -> None:
    """File the fire document; a time in office hours is refused with the next free ones, then a proposed one taken."""
    page = desk.page
    desk.pick("约搬迁时间")
    desk.sees("还没有登记消防文件（验收合格意见书、备案凭证或开业检查）。")
    desk.pick("登记消防文件")
    desk.choose("消防文件", "消防验收备案凭证")
    page.get_by_role("textbox", name="消防文件文号").fill("廊消备 2026-0312")
    type_day(page, "消防文件日期", clock.today())
    desk.press("登记消防文件")
    sees_no_more(desk, "还没有登记消防文件")
    desk.pick("约搬迁时间")
    day = next_working_day()
    page.get_by_role("textbox", name="搬迁开始").fill(f"{day} 10:00")
    page.get_by_role("textbox", name="搬迁结束").fill(f"{day} 12:00")
    desk.press("约定这个时间")
    free = f"{day:%m-%d} 18:00–20:00、{day:%m-%d} 20:00–22:00、"
    desk.sees(f"办公时间（工作日 08:00–18:00）内不能搬迁。最近可约：{free}")
    # The last one that is proposed, so that none of it is in the way of the move out again.
    page.get_by_role("radio", name=re.compile(r"\d:00–\d")).last.click()
    desk.settle()
    expect(page.get_by_role("textbox", name="搬迁开始")).not_to_have_value(f"{day} 10:00")
    desk.press("约定这个时间")
    desk.sees("已约搬迁")


def next_working_day() -> date:
    day = clock.today() + timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


# ── moving out ───────────────────────────────────────────────────────────────────────────────────────────────────────


def a_move_out_is_applied_for(desk: Desk, let: Let) -> str:
    page = desk.open("move_outs?new=1")
    page.get_by_role("searchbox", name="房屋").fill(SUITE)
    desk.sees(COMPANY)
    desk.pick("提前退租")
    type_day(page, "计划迁出日期", clock.today())
    page.get_by_role("textbox", name="迁出后地址").fill("廊坊市广阳区新华路 8 号")
    page.get_by_role("textbox", name="客户经办人", exact=True).fill(AGENT)
    page.get_by_role("textbox", name="迁出物品").fill("办公桌 12 张\n电脑 20 台\n保险柜 1 个")
    desk.press("登记")
    desk.sees("已申请")
    desk.sees("还缺：《退租迁出申请表》、委托书原件、经办人身份证明。还没有约定迁出时间和路线，请先“约迁出时间”。")
    words = issue(desk, "退租迁出申请表")
    assert f"租赁合同{let.lease}" in words
    assert "1办公桌12张2电脑20台3保险柜1个" in words
    record_signature(desk, "退租迁出申请表")
    tick(desk, "委托书原件", "经办人身份证明")
    return page.url.rsplit("case=", 1)[1]


def the_last_day_is_confirmed(desk: Desk, let: Let) -> None:
    """Book the move for later today, outside office hours; the confirmation names route and last days."""
    page, now = desk.page, clock.local(clock.now())
    # A move that lies in the past cannot be booked, and no bill is final before its day: so it is later today.
    begin = now + timedelta(minutes=5)
    if is_working_day(now.date()) and 8 <= begin.hour < 18:
        begin = begin.replace(hour=18, minute=0)
    end = min(begin + timedelta(hours=2), now.replace(hour=23, minute=59))
    desk.pick("约迁出时间")
    page.get_by_role("textbox", name="搬迁开始").fill(f"{begin:%Y-%m-%d %H:%M}")
    page.get_by_role("textbox", name="搬迁结束").fill(f"{end:%Y-%m-%d %H:%M}")
    page.get_by_role("textbox", name="迁出路线").fill("货梯 → B1 卸货区 → 东门")
    desk.press("约定这个时间")
    sees_no_more(desk, "还没有约定迁出时间和路线")
    desk.pick("确认迁出")
    desk.press("确认迁出")
    desk.sees("服务到期")
    words, today = issue(desk, "迁出确认书"), chinese(now.date())
    assert f"迁出时间{begin:%Y-%m-%d%H:%M}至{end:%H:%M}迁出路线货梯→B1卸货区→东门截止交费日期{today}" in words
    assert f"2.截止交费日期为{today}：" in words
    for service in Service:
        assert f"{''.join(service.label.text.split())}{now:%Y-%m-%d}" in words


def everything_comes_back(desk: Desk, leaving: str) -> None:
    desk.open(f"move_outs?case={leaving}")
    desk.press("全部交回")
    desk.sees("没有在外的钥匙和卡。")
    for left in (1, 0):
        use_up(desk, "撤销", left)
    expect(desk.page.get_by_role("heading", name="客户名牌")).to_have_count(0)
    words = issue(desk, "退房验收单")
    assert "2出入口门锁有缺陷：门锁锁舌松动合格" in words


def a_pass_is_let_out(desk: Desk, director: Desk, guard: Desk) -> None:
    """The lease puts what is uncleared before the director; the guard finds one thing more than the pass names."""
    page = desk.page
    desk.pick("办放行条")
    desk.pick("代办人，持委托书")
    page.get_by_role("textbox", name="委托凭据").fill("委托书 2026-11 号")
    page.get_by_role("textbox", name="放行起始").fill("")  # from now on
    desk.press("登记放行条")
    page.get_by_role("link", name="FX-").first.click()
    page.wait_for_url("**/goods_passes?case=FX-**")
    number = page.url.rsplit("case=", 1)[1]
    desk.sees("待主任决定")
    director.open(f"goods_passes?case={number}")
    director.sees("未结清：应缴 520.00 元；未办结事项 2 件；押金 19,536.00 元未结")
    director.page.get_by_role("textbox", name="理由").fill("押金足以抵扣，同意放行")
    director.press("同意放行")
    director.sees("主任同意放行")
    page.reload()
    desk.press("开具放行条")
    words = desk.reads(page.get_by_role("link", name="打印放行条"))
    assert f"放行单号{number}房屋{SUITE}客户{COMPANY}放行事由搬家迁出取物人{AGENT}（代办人，持委托书）" in words
    assert "序号物品数量说明门岗核对1办公桌12张2电脑20台3保险柜1个" in words
    assert "元" not in words  # never an amount

    at_gate = guard.open("goods_passes")
    at_gate.get_by_role("textbox", name="放行条号").fill(number[-3:])
    guard.press("查找")
    guard.sees("可以放行：核对人和物品")
    guard.press("分次出门，或有出入")
    for thing in ("办公桌", "电脑", "保险柜"):
        at_gate.get_by_test_id("stCheckbox").filter(has_text=thing).locator("label").click()
    at_gate.get_by_role("textbox", name="放行条上没有的").fill("冰箱 1 台")
    guard.press("提交")
    at_gate.wait_for_url("**/goods_passes")
    director.page.reload()
    director.sees("多：冰箱 1 台")
    director.page.get_by_role("textbox", name="理由").fill("客户自购，有发票")
    director.press("准予出门")
    director.sees("已办结")


def final_bills_are_made(cashier: Desk, leaving: str, let: Let) -> None:
    """Make the bills of this month end today; the statement says what goes back."""
    page = cashier.open(f"move_outs?case={leaving}")
    page.get_by_role("textbox", name="退款账户").fill("工行廊坊分行 6222 8888")
    cashier.press("出最终账单")
    cashier.sees("截止日以后的账单作废，当月重出到截止日；多缴的转为待退。")
    cashier.press("确定出最终账单")
    cashier.sees("已结算")
    for back in (let.rent_back, let.fee_back):
        cashier.sees(f"应退还 {back:,.2f} 元")
    words = issue(cashier, "迁出结算单")
    said = f"应退还客户{let.rent_back + let.fee_back:,.2f}元。"
    assert f"{COMPANY}在A号楼A-801的费用结算至{chinese(clock.today())}，结果如下：{said}" in words
    for amount in (let.rent, let.fee, PLATES / 2):
        assert f"{amount:,.2f}" in words


def deposits_are_settled(cashier: Desk) -> None:
    """Set off against each deposit what its payee is owed, and ask for the rest to be paid back."""
    for left in (1, 0):
        use_up(cashier, "抵扣欠费", left, 客户书面同意的凭据="迁出结算单签字")
    for left in (1, 0):
        use_up(cashier, "申请退还", left, 收回的押金收据="收据收回")  # the amount stands there: all that is left


def money_goes_back(let: Let, finance: Desk, director: Desk, cashier: Desk) -> None:
    """Let finance grant both refunds, the director what is above his limit, and the cashier pay them out."""
    with reading(SYSTEM) as s:
        asked = s.execute(select(Correction.id, Correction.amount).order_by(Correction.amount)).all()
    assert [amount for _id, amount in asked] == [let.fee_back, let.rent_back]
    for correction_id, amount in asked:
        for granting in (finance, director) if amount > 2000 else (finance,):
            granting.open(f"corrections?correction={correction_id}")
            granting.press("同意", exact=True)
            granting.sees("已同意")
        cashier.open(f"corrections?correction={correction_id}")
        cashier.press("办理")
        cashier.press("确定办理")
        cashier.sees("办理人　沈洁")


def it_is_closed(desk: Desk, leaving: str, let: Let, folder: Path) -> None:
    """Issue what became of the deposits, read it with another tool too, and close the matter."""
    page = desk.open(f"move_outs?case={leaving}")
    words = issue(desk, "保证金退还、抵扣确认单")
    rent = f"房租押金{LANDLORD}KJG-Y{clock.today().year}-00000116,872.000.00{let.rent:,.2f}{let.rent_back:,.2f}0.00"
    fee = f"{OFFICE}CS-Y{clock.today().year}-0000012,664.000.00{let.fee + PLATES:,.2f}{let.fee_back:,.2f}0.00"
    assert rent in words
    assert fee in words
    if tool := shutil.which("pdftotext"):
        link = number_of(desk, "迁出确认书").get_attribute("href")
        (folder / "paper.pdf").write_bytes(page.context.request.get(f"{desk.office.url}{link}").body())
        said = subprocess.run([tool, folder / "paper.pdf", "-"], capture_output=True, check=True).stdout.decode()
        assert "迁出路线" in said
        assert "货梯 → B1 卸货区 → 东门" in said
    desk.press("办结迁出")  # lies ready, for nothing is missing
    desk.sees("已迁出")


def all_is_stored(let: Let, number: str, leaving: str, repair: str) -> None:
    """Find everything in the database as it should be, to the fen; the unit stands empty from tomorrow on."""
    today, tomorrow = clock.today(), clock.today() + timedelta(days=1)
    first, last_of_first = let.first, today.replace(day=1) - timedelta(days=1)
    with reading(SYSTEM) as s:
        held = s.execute(select(Occupancy.customer_id, Occupancy.starts_on, Occupancy.ends_on)).all()
        assert held == [(let.customer_id, first, today)]
        assert s.get_one(Contract, let.lease_id).ends_on == today
        assert list(s.scalars(select(Deposit.held))) == [0, 0]
        assert set(s.scalars(select(Correction.state))) == {CorrectionState.DONE}
        bills = s.execute(
            select(FeeItem.name, Bill.period_from, Bill.period_to, Bill.amount, Bill.paid)
            .join(FeeItem, FeeItem.id == Bill.fee_item_id)
            .where(Bill.voided_at.is_(None))
        ).all()
        assert sorted(bills) == sorted(
            (name, begins, ends, amount, amount)
            for name, begins, ends, amount in (
                ("房租", first, last_of_first, Decimal("5624.00")),
                ("物业管理费", first, last_of_first, Decimal("888.00")),
                ("房租", today.replace(day=1), today, let.rent),
                ("物业管理费", today.replace(day=1), today, let.fee),
                ("客户名牌制作费", today, today, PLATES / 2),
                ("客户名牌制作费", today, today, PLATES / 2),
            )
        )
        assert [each.findings for each in books.run(s, books.Scope()) if each.findings] == []
        numbers = {each.id: each for each in s.scalars(select(Case))}
        links = {
            (numbers[link.case_id].number, numbers[link.other_id].number, link.kind)
            for link in s.scalars(select(CaseLink))
        }
        assert (repair, number, "defect") in links
        assert sorted((each.process, each.state) for each in numbers.values()) == [
            ("goods_passes", "done"), ("move_ins", "booked"), ("move_outs", "done"), ("repairs", "waiting"),
        ]  # fmt: skip
        assert s.get_one(Unit, let.unit_id).state is UnitState.LET
    with writing(SYSTEM) as s:  # what the clock's duty does in the night
        assert tenancies.follow(s, today, tomorrow) == (1, 0)
        assert s.get_one(Unit, let.unit_id).state is UnitState.VACANT
