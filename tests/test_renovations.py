"""Renovations: declared, agreed, deposit, permit, passes, daily checks, water, acceptance, the deposit back (D1-D4)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from components.papers.printing import pdf, refuse_unprintable
from db import approvals, checklists, settings
from db.approvals import Verdict
from db.cases import Event, case_by_id
from db.clock import moment_of, pretending, today
from db.dossiers import renovation_money, site_checks, site_links, site_passes, site_safety
from db.dossiers.renovation_tables import Formality, Renovation, ReviewKind, State, WaterResult
from db.dossiers.site_checks import CheckKind, Seen
from db.dossiers.site_passes import Standing
from db.ledger import corrections
from db.ledger.money_tables import Correction, CorrectionState, Deposit, DepositKind, Receipt
from db.ledger.postings import Tender
from db.papers import issuing
from db.people import SYSTEM, Role
from db.process import missing_for, open_case, perform
from db.processes import renovations
from db.processes.renovations import KNOWS, PROCESS
from db.refused import Conflict, Refused
from db.registry import Estate, EstateKind, Relation, Unit, UnitState
from db.session import reading, writing
from tests.builders import a_building, a_complaint, a_unit, an_actor, an_estate, an_occupancy
from tests.dossiers import a_renovation, decide_review, pay_renovation_deposit, tick_off
from tests.money import a_till

pytestmark = pytest.mark.usefixtures("engine")
DAY = date(2026, 9, 1)
HOT = {
    "valid_on": DAY, "from_time": "9:00", "to_time": "11:30", "hot_place": "阳台", "hot_what": "焊空调支架",
    "hot_worker": "张三", "certificate": "T3707", "watcher": "李四", "extinguishers": "4kg 干粉灭火器 2 具",
}  # fmt: skip
WORKERS = "张三 370700198001011234 水电工\n李四，370700198502022345，木工"


@pytest.fixture
def till(engine):
    return a_till()


class Acting:
    """Write as somebody, some days after the first of September 2026, at nine."""

    def __init__(self, who, days=0, hours=9):
        self.clock = pretending(moment_of(DAY + timedelta(days=days)) + timedelta(hours=hours))
        self.session = writing(who)

    def __enter__(self):
        self.clock.__enter__()
        return self.session.__enter__()

    def __exit__(self, *told):
        try:
            return self.session.__exit__(*told)
        finally:
            self.clock.__exit__(*told)


def declared(till, **values):
    with Acting(till.desk) as s:
        return a_renovation(s, till, **values)


def agreed(till, **values):
    """Make a renovation with its papers in, granted by the supervisor."""
    case = declared(till, **values)
    with Acting(till.desk) as s:
        tick_off(s, case)
        perform(s, case.id, "submit")
    with Acting(till.supervisor) as s:
        decide_review(s, case)
    return case


def at_work(till, **values):
    """Make a renovation at work, its deposit paid."""
    case = agreed(till, **values)
    with Acting(till.cashier) as s:
        pay_renovation_deposit(s, case, till.payee)
    with Acting(till.desk) as s:
        perform(s, case.id, "neighbours", {"neighbours_told_on": DAY, "neighbours_told_how": "电梯口张贴"})
        perform(s, case.id, "start")
    return case


def good(kind, **changed):
    return dict.fromkeys(site_checks.POINTS[kind], Seen.GOOD.value) | changed


def finished(till):
    """Make a renovation at work whose water stood, reported as finished."""
    case = at_work(till)
    with Acting(till.desk, 10) as s:
        perform(s, case.id, "start_water_test", {"wet_place": "主卫"})
    with Acting(till.desk, 11, 10) as s:
        perform(s, case.id, "end_water_test", {"water_result": "tight", "neighbour": "1-1-001 李先生看过"})
        perform(s, case.id, "complete", {"note": "客户电话通知"})
    return case


def look(case):
    with reading(SYSTEM) as s:
        return s.scalars(select(Renovation).where(Renovation.id == case.id)).one()


def missing(case, action):
    with reading(SYSTEM) as s:
        return missing_for(s, case_by_id(s, case.id), PROCESS.action(action))


# ── the whole story ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("D1", "D2", "D3", "D4")
def test_a_home_is_renovated_from_the_declaration_to_the_deposit_back(till):
    case = declared(till)
    assert (case.state, case.template) == ("applied", Formality.OWNER)
    assert case.number == f"ZS{till.estate.mark}-20260901-001"
    assert missing(case, "submit") == [
        "还缺：装修申请表、业主身份证明、装修方案和图纸、施工单位营业执照、资质证书、施工负责人身份证、联系电话、施工人员名单。"
    ]
    with Acting(till.desk) as s:
        tick_off(s, case)
        perform(s, case.id, "submit")
    with Acting(till.supervisor) as s:
        (waiting,) = approvals.waiting_for(s)
        said = approvals_subject(s, waiting)
        assert (said.title, said.what) == (
            case.number, "1-1-101 装修 2026-09-01 至 2026-10-01，施工单位 安居装饰有限公司"
        )  # fmt: skip
        decide_review(s, case)
    assert look(case).state == State.AGREED
    assert missing(case, "start") == ["装修押金应收 2,000.00 元，已收 0.00 元。还没有登记告知邻居。"]
    with Acting(till.cashier) as s:
        pay_renovation_deposit(s, case, till.payee)
        deposit = s.scalars(select(Deposit)).one()
        assert (deposit.kind, deposit.held, deposit.case_id, deposit.calculation) == (
            DepositKind.RENOVATION, Decimal("2000.00"), case.id, "每户 2000.00 元"
        )  # fmt: skip
    with Acting(till.desk) as s:
        perform(s, case.id, "neighbours", {"neighbours_told_on": DAY, "neighbours_told_how": "电梯口张贴"})
        perform(s, case.id, "issue_passes", {"workers": WORKERS})
        perform(s, case.id, "start")
        assert s.get_one(Unit, till.unit.id).state is UnitState.FITTING_OUT
    with Acting(till.steward, 1) as s:
        perform(s, case.id, "check", good(CheckKind.DAILY))
        assert [(each.day, each.bad) for each in site_checks.looks_at(s, case.id)] == [(date(2026, 9, 2), ())]
    with Acting(till.desk, 10) as s:
        perform(s, case.id, "start_water_test", {"wet_place": "主卫"})
    with Acting(till.desk, 11, 10) as s:
        perform(s, case.id, "end_water_test", {"water_result": "tight", "neighbour": "1-1-001 李先生看过"})
        perform(s, case.id, "complete")
        assert renovations.no_works_open(s, case_by_id(s, case.id)).text.startswith("装修单 {number}")
        perform(s, case.id, "accept", good(CheckKind.ACCEPTANCE))
        assert renovations.no_works_open(s, case_by_id(s, case.id)) is None
        assert s.get_one(Unit, till.unit.id).state is UnitState.OWNER_OCCUPIED
        assert [each.valid_to for each in site_passes.passes_of(s, case.id)] == [date(2026, 9, 12)] * 2
    assert (look(case).state, look(case).accepted_on) == (State.ACCEPTED, date(2026, 9, 12))
    with Acting(till.desk, 40) as s:
        assert missing_for(s, case_by_id(s, case.id), PROCESS.action("ask_refund")) == [
            "验收合格后要满约定天数，2026-10-12 起可退。"
        ]
    with Acting(till.finance, 41) as s:
        perform(s, case.id, "deduct", {"amount": "300", "reason": "修复电梯轿厢", "consent": "扣款确认单 3 号"})
    with Acting(till.desk, 41) as s:
        number = s.scalars(select(Receipt.number)).one()
        perform(s, case.id, "ask_refund", {"paper": number})
        asked = s.scalars(select(Correction)).one()
        assert (asked.amount, asked.deposit_id) == (Decimal("1700.00"), deposit.id)
        assert asked.state is CorrectionState.WAITING
    with Acting(till.finance, 41) as s:
        approvals.decide(s, approvals.steps_of(s, "deposit_refund", asked.id)[0].id, Verdict.GRANTED)
    with Acting(till.desk, 41) as s, pytest.raises(Refused, match="^还不能办结：还有押金 1,700.00 元没有退。$"):
        perform(s, case.id, "close")
    with Acting(till.cashier, 41) as s:
        corrections.carry_out(s, asked.id, [Tender("cash", Decimal("1700.00"))])
        perform(s, case.id, "close")
        sheet = renovation_money.worksheet(s, case_by_id(s, case.id))
        assert (sheet.due, sheet.taken, sheet.deducted, sheet.paid_back, sheet.held) == tuple(
            map(Decimal, ("2000.00", "2000.00", "300.00", "1700.00", "0.00"))
        )
        assert [(each.amount, each.reason) for each in sheet.deductions] == [
            (Decimal("300.00"), "修复电梯轿厢（扣款确认单 3 号）")
        ]
        assert (sheet.receipts, sheet.refundable_on) == ((number,), date(2026, 10, 12))
    assert (look(case).state, look(case).closed_on) == (State.DONE, date(2026, 10, 12))
    with reading(SYSTEM) as s:
        told = list(s.scalars(select(Event.action).where(Event.case_id == case.id).order_by(Event.id)))
    assert told == [
        "open", "tick", "submit", "agree", "pay_deposit", "neighbours", "issue_passes", "start", "check",
        "start_water_test", "end_water_test", "complete", "accept", "deduct", "ask_refund", "close",
    ]  # fmt: skip


def approvals_subject(s, waiting):
    from db.approval_subjects import SUBJECTS

    return SUBJECTS[waiting.subject].describe(s, [waiting.subject_id])[waiting.subject_id]


@pytest.mark.requirement("D1", "D2")
def test_in_the_park_the_deposit_goes_by_area_and_the_director_decides_what_is_heavy(till):
    with writing(SYSTEM) as s:
        s.get_one(Estate, till.estate.id).kind = EstateKind.PARK
        s.get_one(Unit, till.unit.id).area = Decimal("148.00")
    case = declared(till, touches_fire=True, cost="200000", touches_wet_floor=False)
    assert case.template is Formality.PARK
    with Acting(till.desk) as s:
        tick_off(s, case)
        with pytest.raises(Refused, match="^还不能送审：涉及消防设施，请登记消防设计方案或批准文件。$"):
            perform(s, case.id, "submit")
    with Acting(till.desk) as s:
        perform(s, case.id, "authority", {"authority": "消防救援大队", "authority_document": "廊消审 12 号"})
        perform(s, case.id, "submit")
    with Acting(till.supervisor) as s:
        decide_review(s, case)
    assert look(case).state == State.REVIEWING
    with Acting(till.director) as s:
        decide_review(s, case)
    assert missing(case, "start") == ["装修押金应收 2,960.00 元，已收 0.00 元。"]
    with Acting(till.cashier) as s:
        pay_renovation_deposit(s, case, till.payee, "2960.00")
        assert s.scalars(select(Deposit.calculation)).one() == "148.00 m² × 20.00 元"
    assert missing(case, "start") == [], "in the park the neighbours may be told, and need not"


@pytest.mark.requirement("D1")
def test_a_tenant_who_builds_needs_the_owners_consent(till):
    with writing(SYSTEM) as s:
        an_occupancy(s, till.unit, till.customer, Relation.TENANT)
    case = declared(till)
    assert case.template is Formality.TENANT
    with Acting(till.desk) as s:
        tick_off(s, case, "application", "identity", "drawings", "licence", "responsible", "workers")
        with pytest.raises(Refused, match="^还不能送审：还缺：业主同意装修的书面证明。$"):
            perform(s, case.id, "submit")
    with Acting(till.desk) as s, pytest.raises(Refused) as refused:
        a_renovation(s, till, template="park")
    assert refused.value.problems == {"template": "“园区装修申请”不用于住宅小区，请另选。"}


@pytest.mark.requirement("D2")
def test_structure_and_gas_wait_for_the_authority_and_the_director(till):
    case = declared(till, touches_structure=True)
    with Acting(till.desk) as s:
        tick_off(s, case)
        with pytest.raises(Refused, match="^还不能送审：涉及结构或燃气，请登记主管部门（燃气企业）的批准文件。$"):
            perform(s, case.id, "submit")
    with Acting(till.desk) as s:
        perform(s, case.id, "authority", {"authority": "住建局", "authority_document": "建审 7 号"})
        perform(s, case.id, "submit")
        review = site_review(s, case)
        assert [each.role for each in review] == [Role.SUPERVISOR, Role.DIRECTOR]
    with Acting(till.supervisor) as s, pytest.raises(Refused) as refused:
        perform(s, case.id, "agree")
    assert refused.value.message == (
        "还不能审核通过：装修审核由客服主管在“我的待办”里决定，决定后自动办理。"
    )  # fmt: skip
    assert look(case).state == State.REVIEWING


def site_review(s, case):
    from db.dossiers import renovation_reviews

    review = renovation_reviews.current(s, case.id, ReviewKind.WORKS)
    return approvals.steps_of(s, renovation_reviews.SUBJECT, review.id)


@pytest.mark.requirement("D2")
def test_a_review_denied_comes_back_and_is_asked_anew(till):
    case = declared(till)
    with Acting(till.desk) as s:
        tick_off(s, case)
        perform(s, case.id, "submit")
    with Acting(till.supervisor) as s, pytest.raises(Refused, match="理由"):
        decide_review(s, case, Verdict.DENIED)
    with Acting(till.supervisor) as s:
        decide_review(s, case, Verdict.DENIED, note="请补水电图")
    assert look(case).state == State.APPLIED
    with Acting(till.desk) as s:
        perform(s, case.id, "submit")
        perform(s, case.id, "recall", {"note": "客户要改方案"})
        perform(s, case.id, "submit")
    with Acting(till.supervisor) as s:
        (waiting,) = approvals.waiting_for(s)
        decide_review(s, case)
        assert waiting.verdict is Verdict.GRANTED
    assert look(case).state == State.AGREED
    with reading(SYSTEM) as s:
        notes = dict(s.execute(select(Event.action, Event.note).where(Event.case_id == case.id)).all())
    assert notes["send_back"] == "请补水电图"


@pytest.mark.requirement("D2")
def test_an_office_that_only_registers_agrees_when_the_papers_are_in(till):
    with writing(SYSTEM) as s:
        s.add(settings.SettingValue(estate_id=till.estate.id, key="renovations.review_way", value="registered"))
    case = declared(till)
    with Acting(till.desk) as s:
        tick_off(s, case)
        perform(s, case.id, "submit")
    assert look(case).state == State.AGREED


@pytest.mark.requirement("D2")
def test_refusing_takes_a_leader_and_a_ground_in_law(till):
    case = declared(till)
    with Acting(till.desk) as s, pytest.raises(Refused, match="^“不予办理”不在您的权限内。$"):
        perform(s, case.id, "refuse", {"refusal_ground": "papers", "note": "缺图纸"})
    with Acting(till.supervisor) as s, pytest.raises(Refused) as refused:
        perform(s, case.id, "refuse", {"note": "没交物业费"})
    assert refused.value.problems == {"refusal_ground": "请填写不予办理的依据。"}
    with Acting(till.supervisor) as s:
        perform(s, case.id, "refuse", {"refusal_ground": "gas", "note": "已书面告知"})
    assert (look(case).state, look(case).refusal_ground) == (State.REFUSED, "gas")


# ── before works begin ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("D2")
def test_works_do_not_start_without_papers_deposit_and_neighbours(till):
    case = declared(till)
    with Acting(till.desk) as s:
        tick_off(s, case, "application", "identity", "drawings", "licence", "responsible", "workers")
        perform(s, case.id, "submit")
    with Acting(till.supervisor) as s:
        decide_review(s, case)
    expected = (
        "还不能开工：还缺：装饰装修管理服务协议、装饰装修禁止行为和注意事项告知书、《装修服务手册》签收。"
        "装修押金应收 2,000.00 元，已收 0.00 元。还没有登记告知邻居。"
    )
    for press in range(2):
        with Acting(till.desk) as s, pytest.raises(Refused) as refused:
            perform(s, case.id, "start")
        assert refused.value.message == expected, press
    assert (look(case).state, look(case).started_on) == (State.AGREED, None)
    with reading(SYSTEM) as s:
        assert s.get_one(Unit, till.unit.id).state is UnitState.OWNER_OCCUPIED
    with Acting(till.cashier) as s:
        pay_renovation_deposit(s, case, till.payee, "1999.99")
    assert missing(case, "start")[0].endswith("装修押金应收 2,000.00 元，已收 1,999.99 元。还没有登记告知邻居。")


@pytest.mark.requirement("D2")
def test_a_second_press_takes_one_deposit_and_a_clerk_takes_none(till):
    case = declared(till)
    paid = {"payee_id": till.payee.id, "amount": "2000", "method": "cash"}
    for _press in range(2):
        with Acting(till.cashier) as s:
            perform(s, case.id, "pay_deposit", paid, token="t")
    with reading(SYSTEM) as s:
        assert s.scalars(select(Deposit.held)).all() == [Decimal("2000.00")]
    with Acting(till.desk) as s, pytest.raises(Refused, match="^“收装修押金”不在您的权限内。$"):
        perform(s, case.id, "pay_deposit", paid)
    with Acting(till.supervisor) as s, pytest.raises(Refused, match="还有押金 2,000.00 元没有退"):
        perform(s, case.id, "withdraw", {"note": "不装了"})


def test_a_deposit_is_not_taken_twice_and_one_given_back_is_paid_anew_before_the_works_begin(till):
    case = agreed(till)
    with Acting(till.desk) as s:
        perform(s, case.id, "neighbours", {"neighbours_told_on": DAY, "neighbours_told_how": "电梯口张贴"})
    with Acting(till.cashier) as s:
        pay_renovation_deposit(s, case, till.payee)
        with pytest.raises(Refused) as refused:
            pay_renovation_deposit(s, case, till.payee, "0.01")
        assert refused.value.problems == {"amount": "装修押金应收 2,000.00 元，已收 2,000.00 元，不能多收。"}
    with Acting(till.desk) as s:
        perform(s, case.id, "ask_refund", {"paper": "遗失声明"})
        with pytest.raises(Refused, match="退还申请正在办理"):
            perform(s, case.id, "start")
    with Acting(till.finance) as s:
        s.scalars(select(Correction)).one().state = CorrectionState.DONE
        s.scalars(select(Deposit)).one().held = 0
        s.flush()
    assert missing(case, "start") == ["装修押金应收 2,000.00 元，已收 0.00 元。"]
    with Acting(till.cashier) as s:
        pay_renovation_deposit(s, case, till.payee)
    assert missing(case, "start") == []


def test_no_deposit_where_the_office_takes_none(till):
    with writing(SYSTEM) as s:
        s.add(settings.SettingValue(estate_id=till.estate.id, key="renovations.deposit_home", value=0))
    case = declared(till)
    with reading(SYSTEM) as s:
        lines = {each.key: each for each in checklists.seen(s, case_by_id(s, case.id), KNOWS)}
    assert (lines["deposit"].done, lines["neighbours"].missing) == (True, "还没有登记告知邻居。")
    with Acting(till.cashier) as s, pytest.raises(Refused, match="^装修押金应收 0.00 元，已收 0.00 元，不能多收。$"):
        pay_renovation_deposit(s, case, till.payee)


def test_dates_that_make_no_sense_are_refused(till):
    with Acting(till.desk) as s, pytest.raises(Refused) as refused:
        a_renovation(s, till, planned_from=DAY, planned_to=DAY - timedelta(days=1))
    assert refused.value.problems == {"planned_to": "计划工期的结束日期不能早于开始日期 2026-09-01。"}
    case = agreed(till)
    with Acting(till.cashier) as s:
        pay_renovation_deposit(s, case, till.payee)
    with Acting(till.desk, 31) as s:
        perform(s, case.id, "neighbours", {"neighbours_told_on": DAY, "neighbours_told_how": "上门"})
        with pytest.raises(Refused, match="^计划完工日 2026-10-01 已过，请先更正工期。$"):
            perform(s, case.id, "start")
    with Acting(till.desk, 31) as s:
        perform(s, case.id, "reschedule", {"planned_from": today(), "planned_to": today() + timedelta(days=20)})
        perform(s, case.id, "start")
    assert look(case).state == State.WORKING


@pytest.mark.requirement("X7")
def test_of_two_who_start_the_second_is_told_and_two_sites_in_one_unit_are_refused(till):
    first, second = at_work(till), agreed(till)
    with Acting(till.other_desk) as s, pytest.raises(Conflict, match="王芳"):
        perform(s, first.id, "start", version=1)
    with Acting(till.cashier) as s:
        pay_renovation_deposit(s, second, till.payee)
    with Acting(till.desk) as s:
        perform(s, second.id, "neighbours", {"neighbours_told_on": DAY, "neighbours_told_how": "上门"})
        with pytest.raises(Refused, match=f"^还不能开工：这套房屋的装修单 {first.number} 还在施工，请先验收。$"):
            perform(s, second.id, "start")


# ── passes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("D2")
def test_passes_hold_with_the_works_and_the_guard_sees_it(till):
    case = at_work(till)
    with Acting(till.desk) as s:
        perform(s, case.id, "issue_passes", {"workers": WORKERS})
    with Acting(till.guard, 1) as s:
        one, two = site_passes.valid_on(s, today())
        assert (one.number, one.name, one.id_number, one.trade, one.where) == (
            f"{case.number}-01", "张三", "3707**********1234", "水电工", "1-1-101"
        )  # fmt: skip
        assert two.trade == "木工"
        for typed in (one.number, one.number.lower(), f"https://x/site_passes?pass={one.number}", "张三"):
            assert [each.standing for each in site_passes.look_up(s, typed)] == [Standing.VALID]
        assert site_passes.look_up(s, "ZS-1") == []
        assert [each.standing for each in site_passes.look_up(s, one.number, DAY + timedelta(days=31))] == [
            Standing.EXPIRED
        ]
    with Acting(till.desk, 1) as s:
        perform(s, case.id, "stop", {"note": "先清垃圾"})
        assert [each.standing for each in site_passes.look_up(s, two.number)] == [Standing.STOPPED]
        assert site_passes.valid_on(s, today()) == []
        perform(s, case.id, "resume", {"note": "已清"})
        perform(s, case.id, "return_passes", {"numbers": "01", "lost": True})
        assert [each.standing for each in site_passes.look_up(s, one.number)] == [Standing.RETURNED]
        with pytest.raises(Refused, match="^没有这些在用的出入证：01。$"):
            perform(s, case.id, "return_passes", {"numbers": "01"})
    with Acting(till.desk, 2) as s:
        perform(s, case.id, "return_passes", {"numbers": "全部"})
        assert [each.returned_on for each in site_passes.passes_of(s, case.id)] == [
            date(2026, 9, 2), date(2026, 9, 3)
        ]  # fmt: skip
    with Acting(till.cashier) as s, pytest.raises(Refused, match="^您没有查验出入证的权限。$"):
        site_passes.look_up(s, one.number)
    with writing(SYSTEM) as s:
        stranger = an_actor(s, [an_estate(s)], Role.GUARD)
    with Acting(stranger) as s:
        assert site_passes.look_up(s, one.number) == []


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"workers": "张三"}, {"workers": "第1行缺证件号码。"}),
        ({"workers": "张三 1234"}, {"workers": "第1行的证件号码不对，请核对。"}),
        ({"workers": "张三 370700198001011234\n李四 370700198001011234"},
         {"workers": "证件号码重复：3707**********1234。"}),
        ({"workers": WORKERS, "valid_to": DAY + timedelta(days=31)},
         {"valid_to": "有效期不能超过计划完工日 2026-10-01；要延长请先办理延期。"}),
        ({"workers": WORKERS, "valid_from": DAY - timedelta(days=3), "valid_to": DAY - timedelta(days=1)},
         {"valid_to": "有效期止日 2026-08-31 已经过去。"}),
    ],
)  # fmt: skip
def test_a_pass_that_makes_no_sense_is_refused_whole(till, values, problem):
    case = at_work(till)
    with Acting(till.desk) as s, pytest.raises(Refused) as refused:
        perform(s, case.id, "issue_passes", values)
    assert refused.value.problems == problem
    with reading(SYSTEM) as s:
        assert site_passes.passes_of(s, case.id) == []


def test_a_person_has_one_pass_and_a_second_press_makes_no_more(till):
    case = at_work(till)
    for _press in range(2):
        with Acting(till.desk) as s:
            perform(s, case.id, "issue_passes", {"workers": WORKERS}, token="t")
    with Acting(till.desk) as s, pytest.raises(Refused, match="^张三、李四 已有没收回的出入证，请先收回再补办。$"):
        perform(s, case.id, "issue_passes", {"workers": WORKERS})
    with reading(SYSTEM) as s:
        assert len(site_passes.passes_of(s, case.id)) == 2


# ── during works ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("D3")
def test_sites_not_looked_at_and_overdue_stand_on_the_list(till):
    case = at_work(till)
    with writing(SYSTEM) as s:
        elsewhere = an_estate(s)
        stranger = an_actor(s, [elsewhere], Role.DESK)
    with Acting(till.steward) as s:
        (site,) = site_checks.due_today(s)
        assert (site.number, site.where, site.last_check, site.days_unseen, site.overdue) == (
            case.number, "1-1-101", None, 1, 0
        )  # fmt: skip
        perform(s, case.id, "check", good(CheckKind.DAILY))
        assert site_checks.due_today(s) == []
    with Acting(till.steward, 3) as s:
        (site,) = site_checks.unchecked_sites(s)
        assert (site.last_check, site.days_unseen) == (DAY, 3)
        perform(s, case.id, "check", good(CheckKind.DAILY, waste="bad", findings="楼道堆垃圾"))
        perform(s, case.id, "check", good(CheckKind.DAILY))
        assert site_checks.unchecked_sites(s) == []
        assert [each.bad for each in site_checks.looks_at(s, case.id)] == [(), ("垃圾袋装、及时清运",), ()]
    with Acting(till.steward, 33) as s:
        perform(s, case.id, "check", good(CheckKind.DAILY))
        assert [each.overdue for each in site_checks.overdue_sites(s)] == [3]
        assert [each.number for each in site_checks.to_look_at(s)] == [case.number]
    with Acting(stranger, 33) as s:
        assert site_checks.to_look_at(s) == []
    with Acting(till.guard, 33) as s:
        assert site_checks.to_look_at(s) == []


@pytest.mark.requirement("D3")
def test_what_is_bad_at_a_site_is_put_in_words(till):
    case = at_work(till)
    with Acting(till.steward) as s, pytest.raises(Refused) as refused:
        perform(s, case.id, "check", good(CheckKind.DAILY, structure="bad"))
    assert refused.value.problems == {"findings": "有不合格项，请写明发现的问题。"}
    with Acting(till.guard) as s, pytest.raises(Refused, match="^没有找到这张单"):
        perform(s, case.id, "check", good(CheckKind.DAILY))


@pytest.mark.requirement("D2")
@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({}, None),
        ({"valid_on": DAY - timedelta(days=1)}, {"valid_on": "动火日期不能早于今天。"}),
        ({"valid_on": DAY + timedelta(days=31)}, {"valid_on": "动火日期不能晚于计划完工日 2026-10-01。"}),
        ({"to_time": "8:00"}, {"to_time": "结束时间要晚于开始时间。"}),
        ({"from_time": "早上"}, {"from_time": "请写成 9:00 这样的时间。"}),
        ({"watcher": "张三"}, {"watcher": "监护人不能是动火人本人，请另派一人。"}),
        ({"extinguishers": ""}, {"extinguishers": "请填写灭火器材。"}),
    ],
)
def test_hot_work_is_permitted_for_a_day_with_somebody_watching(till, changed, problem):
    case = at_work(till)
    if problem is None:
        with Acting(till.desk) as s:
            perform(s, case.id, "hot_work", HOT)
            (permit,) = site_safety.hot_works_of(s, case.id)
            number = f"DHZ{till.estate.mark}-20260901-001"
            assert (permit.number, permit.from_time, permit.to_time) == (number, "09:00", "11:30")
            perform(s, case.id, "stop", {"note": "劝停"})
            with pytest.raises(Refused, match="现在是“停工整改”，不能办动火证"):
                perform(s, case.id, "hot_work", HOT)
        return
    with Acting(till.desk) as s, pytest.raises(Refused) as refused:
        perform(s, case.id, "hot_work", HOT | changed)
    assert refused.value.problems == problem


@pytest.mark.requirement("D4")
def test_water_stands_a_day_before_it_proves_anything(till):
    case = at_work(till)
    with Acting(till.desk, 1) as s, pytest.raises(Refused, match="还没有开始闭水试验"):
        perform(s, case.id, "end_water_test", {"water_result": "tight", "neighbour": "楼下看过"})
    with Acting(till.desk, 1) as s:
        perform(s, case.id, "start_water_test", {"wet_place": "主卫"})
    with Acting(till.desk, 2, 8) as s, pytest.raises(Refused) as refused:
        perform(s, case.id, "end_water_test", {"water_result": "tight", "neighbour": "楼下看过"})
    assert refused.value.problems == {"water_ended_at": "闭水要满 24 小时才能判定无渗漏。"}
    with Acting(till.desk, 2, 8) as s:
        perform(s, case.id, "end_water_test", {"water_result": "leaks", "neighbour": "楼下李先生，滴水"})
        perform(s, case.id, "complete")
        with pytest.raises(Refused, match="^还不能验收合格：闭水试验有渗漏，修好后要重做。$"):
            perform(s, case.id, "accept", good(CheckKind.ACCEPTANCE))
    with Acting(till.desk, 3) as s:
        perform(s, case.id, "start_water_test", {"wet_place": "主卫"})
    with Acting(till.desk, 4) as s:
        perform(s, case.id, "end_water_test", {"water_result": "tight", "neighbour": "楼下李先生，无渗漏"})
        perform(s, case.id, "accept", good(CheckKind.ACCEPTANCE))
        assert [each.result for each in site_safety.tests_of(s, case.id)] == [WaterResult.TIGHT, WaterResult.LEAKS]
    assert look(case).state == State.ACCEPTED


@pytest.mark.requirement("D2")
def test_more_time_is_asked_for_and_the_passes_follow(till):
    case = at_work(till)
    until = DAY + timedelta(days=45)
    with Acting(till.desk) as s:
        perform(s, case.id, "issue_passes", {"workers": WORKERS})
        with pytest.raises(Refused) as refused:
            perform(s, case.id, "extend", {"new_end": DAY + timedelta(days=30), "note": "材料晚到"})
        assert refused.value.problems == {"new_end": "延期要晚于原计划完工日 2026-10-01，且不早于今天。"}
    with Acting(till.desk) as s:
        perform(s, case.id, "extend", {"new_end": until, "note": "材料晚到"})
        with pytest.raises(Refused, match="已有一个延期申请在审核"):
            perform(s, case.id, "extend", {"new_end": until, "note": "材料晚到"})
    assert look(case).planned_to == DAY + timedelta(days=30)
    with Acting(till.supervisor) as s:
        decide_review(s, case, Verdict.DENIED, ReviewKind.EXTENSION, "先清完走廊")
    with Acting(till.desk) as s:
        perform(s, case.id, "extend", {"new_end": until, "note": "走廊已清"})
    with Acting(till.supervisor) as s:
        decide_review(s, case, kind=ReviewKind.EXTENSION)
        assert [each.valid_to for each in site_passes.passes_of(s, case.id)] == [until] * 2
    assert (look(case).planned_to, look(case).state) == (until, State.WORKING)


def test_works_that_are_done_ask_for_no_more_time(till):
    case = at_work(till)
    with Acting(till.desk, 3) as s:
        perform(s, case.id, "extend", {"new_end": DAY + timedelta(days=45), "note": "材料晚到"})
        perform(s, case.id, "start_water_test", {"wet_place": "主卫"})
    with Acting(till.desk, 5) as s:
        perform(s, case.id, "end_water_test", {"water_result": "tight", "neighbour": "1-1-001 李先生看过"})
        perform(s, case.id, "complete")
    with Acting(till.supervisor, 5) as s:
        assert approvals.waiting_for(s) == []


@pytest.mark.requirement("D3")
def test_neighbours_complaints_are_proposed_and_linked(till):
    with writing(SYSTEM) as s:
        s.get_one(Unit, till.unit.id).floor = 5
        above = a_unit(s, till.building, room="601", floor=6)
        far = a_unit(s, till.building, room="901", floor=9)
        other = a_unit(s, a_building(s, till.estate, "2"), room="501", floor=5)
    case = at_work(till)
    with Acting(till.desk, 2) as s:
        near = a_complaint(s, till, unit_id=above.id)
        a_complaint(s, till, unit_id=above.id, category="parking")
        a_complaint(s, till, unit_id=far.id)
        a_complaint(s, till, unit_id=other.id)
        heard = site_links.complaints_about(s, case_by_id(s, case.id))
        assert [(each.number, each.where, each.category, each.linked) for each in heard] == [
            (near.number, "1-1-601", "噪声扰民", False)
        ]
        perform(s, case.id, "link_complaint", {"complaint_number": near.number.lower()})
        assert [each.linked for each in site_links.complaints_about(s, case_by_id(s, case.id))] == [True]
        wrongs = (near.number, "已经关联"), ("TS-1", "没有找到投诉单 TS-1"), (case.number, "没有找到投诉单")
        for number, wrong in wrongs:
            with pytest.raises(Refused, match=wrong):
                perform(s, case.id, "link_complaint", {"complaint_number": number})


# ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("D4")
def test_works_found_wanting_are_looked_at_again(till):
    case = finished(till)
    bad = good(CheckKind.ACCEPTANCE, common="bad", findings="走廊墙面划伤")
    again = "^还有 1 项不合格，请用“验收不合格”登记并约复验。$"
    with Acting(till.steward, 12) as s, pytest.raises(Refused, match=again):
        perform(s, case.id, "accept", bad)
    with Acting(till.steward, 12) as s, pytest.raises(Refused, match="^各项都合格，请用“验收合格”。$"):
        perform(s, case.id, "fail_acceptance", good(CheckKind.ACCEPTANCE, reinspect_on=DAY + timedelta(days=15)))
    with Acting(till.steward, 12) as s, pytest.raises(Refused) as refused:
        perform(s, case.id, "fail_acceptance", bad | {"reinspect_on": DAY + timedelta(days=11)})
    assert refused.value.problems == {"reinspect_on": "复验日期不能早于今天。"}
    with Acting(till.steward, 12) as s:
        perform(s, case.id, "fail_acceptance", bad | {"reinspect_on": DAY + timedelta(days=15)})
    assert (look(case).state, look(case).reinspect_on) == (State.COMPLETED, date(2026, 9, 16))
    with Acting(till.steward, 15) as s:
        perform(s, case.id, "accept", good(CheckKind.ACCEPTANCE))
        looks = site_checks.looks_at(s, case.id, CheckKind.ACCEPTANCE)
        assert [(each.day, each.bad) for each in looks] == [
            (date(2026, 9, 16), ()), (date(2026, 9, 13), ("公共部位恢复、垃圾清完",))
        ]  # fmt: skip


@pytest.mark.requirement("D4")
def test_a_deposit_is_deducted_only_with_consent_and_never_below_nothing(till):
    case = finished(till)
    with Acting(till.steward, 12) as s:
        perform(s, case.id, "accept", good(CheckKind.ACCEPTANCE))
    with Acting(till.finance, 13) as s, pytest.raises(Refused) as refused:
        perform(s, case.id, "deduct", {"amount": "100", "reason": "扰民罚款"})
    assert refused.value.problems == {"consent": "请填写客户书面同意的凭据。"}
    with Acting(till.finance, 13) as s, pytest.raises(Refused) as refused:
        perform(s, case.id, "deduct", {"amount": "2000.01", "reason": "电梯", "consent": "确认单"})
    assert refused.value.problems == {"amount": "现存装修押金只有 2,000.00 元。"}
    with Acting(till.desk, 13) as s, pytest.raises(Refused, match="^“押金扣款”不在您的权限内。$"):
        perform(s, case.id, "deduct", {"amount": "1", "reason": "电梯", "consent": "确认单"})
    with Acting(till.desk, 60) as s:
        perform(s, case.id, "ask_refund", {"paper": "遗失声明"})
        with pytest.raises(Refused, match="退还申请正在办理"):
            perform(s, case.id, "ask_refund", {"paper": "遗失声明"})
    with Acting(till.finance, 60) as s, pytest.raises(Refused, match="退还申请正在办理"):
        perform(s, case.id, "deduct", {"amount": "1", "reason": "电梯", "consent": "确认单"})


def test_gates_for_moving_in_and_out_name_the_renovation(till):
    case = declared(till)
    with reading(SYSTEM) as s:
        assert str(renovations.no_works_open(s, case_by_id(s, case.id))) == (
            f"装修单 {case.number} 还是“待送审”，请先验收合格或撤回。"
        )
        assert renovations.open_at(s, till.unit.id).id == case.id
        assert renovations.works_at(s, till.unit.id) is False
    with Acting(till.supervisor) as s:
        perform(s, case.id, "withdraw", {"note": "不装了"})
        assert renovations.open_at(s, till.unit.id) is None
    assert (look(case).state, look(case).counts) == (State.WITHDRAWN, False)


def test_hours_are_said_by_the_offices_settings(till):
    with reading(SYSTEM) as s:
        said = str(renovations.hours_of(s, till.estate.id))
    assert said == "每日 8:00–12:00、14:00–18:00；周六、周日和法定节假日不得进行产生噪声的施工"


def test_who_has_nothing_to_do_with_it_cannot_declare(till):
    with Acting(till.guard) as s, pytest.raises(Refused, match="^您不能登记装修"):
        open_case(s, "renovations", {})


# ── the papers ───────────────────────────────────────────────────────────────────────────────────────────────────────


def printed(s, kind, subject_id):
    """Issue a paper and return its frozen texts, all in one."""
    paper = issuing.issue(s, kind, subject_id, pdf, refuse=refuse_unprintable)
    data = paper.data
    cells = [cell for table in data["tables"] for row in table["rows"] for cell in row["cells"]]
    facts = [f"{each['label']} {each['text']}" for each in data["facts"]]
    return " ".join([data["title"], data["opening"], *data["clauses"], data["closing"], *facts, *cells]), paper


@pytest.mark.requirement("D1", "D2", "D4", "X6")
def test_every_paper_of_a_renovation_is_printed_and_signed_ones_tick_their_lines(till):
    case = declared(till, responsible="张工长", responsible_phone="13800138000")
    with Acting(till.desk) as s:
        application, paper = printed(s, "renovation_application", case.id)
        assert "厨卫翻新，更换洁具" in application
        issuing.record_signature(s, paper.id, "吴学文", DAY)
        tick_off(s, case, "identity", "drawings", "licence", "responsible", "workers")
        perform(s, case.id, "submit")
    with Acting(till.supervisor) as s:
        decide_review(s, case)
    with Acting(till.desk) as s:
        agreement, _paper = printed(s, "renovation_agreement", case.id)
        assert "装修押金 2,000.00 元" in agreement
        assert "满 30 天" in agreement
        assert "甲方不收取罚款，不以停水、停电、停气、停暖、扣留物品等方式要求改正" in agreement
        assert "{" not in agreement
        notice, _paper = printed(s, "renovation_notice", case.id)
        assert "每日 8:00–12:00、14:00–18:00；周六、周日和法定节假日不得进行产生噪声的施工" in notice
        for kind in ("renovation_agreement", "renovation_notice"):
            issuing.record_signature(s, issuing.in_force(s, kind, case.id).id, "吴学文", DAY)
        issuing.record_signature(s, printed(s, "renovation_handbook", case.id)[1].id, "吴学文", DAY)
        with pytest.raises(Refused, match="^还不能开具《装修开工证》：开工后才能开具。$"):
            printed(s, "renovation_permit", case.id)
        assert missing_for(s, case_by_id(s, case.id), PROCESS.action("start")) == [
            "装修押金应收 2,000.00 元，已收 0.00 元。还没有登记告知邻居。"
        ]
    with Acting(till.cashier) as s:
        pay_renovation_deposit(s, case, till.payee)
    with Acting(till.desk) as s:
        perform(s, case.id, "neighbours", {"neighbours_told_on": DAY, "neighbours_told_how": "上门"})
        perform(s, case.id, "start")
        perform(s, case.id, "issue_passes", {"workers": WORKERS})
        permit, _paper = printed(s, "renovation_permit", case.id)
        assert "13800138000" in permit
        one = site_passes.passes_of(s, case.id)[0]
        card, _paper = printed(s, "site_pass", one.id)
        assert "3707**********1234" in card
        assert "370700198001011234" not in card
        perform(s, case.id, "hot_work", HOT)
        (hot,) = site_safety.hot_works_of(s, case.id)
        assert "2026年9月1日" in printed(s, "hot_work", hot.id)[0]
        perform(s, case.id, "check", good(CheckKind.DAILY, waste="bad", findings="楼道堆垃圾"))
        assert "不合格：垃圾袋装、及时清运 楼道堆垃圾" in printed(s, "renovation_checks", case.id)[0]


@pytest.mark.requirement("D3", "D4")
def test_acceptance_and_refund_are_printed_from_what_was_found_and_counted(till):
    case = finished(till)
    with Acting(till.steward, 12) as s:
        perform(s, case.id, "accept", good(CheckKind.ACCEPTANCE, gas="none"))
        acceptance, _paper = printed(s, "renovation_acceptance", case.id)
        assert "主卫：无渗漏（1-1-001 李先生看过）" in acceptance
        assert "燃气设施未改动或合规 不涉及" in acceptance
    with Acting(till.finance, 13) as s:
        perform(s, case.id, "deduct", {"amount": "300", "reason": "修复电梯轿厢", "consent": "扣款确认单 3 号"})
    with Acting(till.steward, 13) as s:
        refund, paper = printed(s, "renovation_refund", case.id)
        assert "扣除 -300.00 修复电梯轿厢（扣款确认单 3 号） 应退 1,700.00" in refund
        assert (paper.data["total"], paper.data["capitals"]) == ("1700.00", "壹仟柒佰元整")
