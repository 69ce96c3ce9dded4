"""Goods passes: who may take what, whose word is wanted, and the guard who counts it out."""

from __future__ import annotations

import io
from datetime import timedelta
from decimal import Decimal

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from components.papers import printing
from db import approvals, clock, jobs, settings
from db.approvals import Approval, Verdict
from db.cases import CaseLink, Event
from db.clock import now, today
from db.dossiers import clearance, exits, goods, goods_rules
from db.dossiers.goods_tables import GoodsLine, GoodsPass, Purpose, State
from db.ledger.tables import Bill
from db.papers import handing_out, issuing
from db.people import SYSTEM, Role
from db.process import perform, permitted
from db.processes.goods_passes import APPROVAL, PAPER, open_and_issue, open_pass
from db.records import record_of
from db.refused import Conflict, Refused
from db.registry import CustomerKind, EstateKind, Relation
from db.session import reading, writing
from tests.builders import (
    a_building,
    a_customer,
    a_repair,
    a_unit,
    an_actor,
    an_estate,
    an_occupancy,
    an_office,
)
from tests.money import a_bill, a_fee_item, a_lease, a_payee

pytestmark = pytest.mark.usefixtures("engine")
SOFA = {"taker": "self", "goods": "沙发 1 件"}
NOT_FOUND = "没有找到放行条“{typed}”，请核对单号；没有放行条的物品请客户到前台办理。"


def a_home():
    """Make an office whose customer owns his home."""
    office = an_office()
    with writing(SYSTEM) as s:
        an_occupancy(s, office.unit, office.customer)
    return office


def a_let_home():
    """Make an office whose home is let: `tenant` lives there, `customer` owns it."""
    office = a_home()
    with writing(SYSTEM) as s:
        office.tenant = a_customer(s, office.estate, "沈南")
        an_occupancy(s, office.unit, office.tenant, Relation.TENANT)
    return office


def a_suite(*, holds=True, owed="1000.00"):
    """Make a park whose tenant company owes rent; its lease says that the director decides."""
    office = an_office()
    with writing(SYSTEM) as s:
        estate = an_estate(s, kind=EstateKind.PARK)
        office.unit = a_unit(s, a_building(s, estate, "A"), entrance="", room="1201")
        office.customer = a_customer(s, estate, "科技公司", kind=CustomerKind.COMPANY)
        an_occupancy(s, office.unit, office.customer, Relation.TENANT)
        a_lease(s, office.customer, office.unit, year=today().year, holds_goods=holds)
        office.payee = a_payee(s, estate)
        item = a_fee_item(s, office.payee)
        if owed:
            month = (today().replace(day=1) - timedelta(days=40)).replace(day=1)
            a_bill(s, office.unit, item, owed, month, clause=False, customer_id=office.customer.id)
        for name, role in (("desk", Role.DESK), ("director", Role.DIRECTOR), ("guard", Role.GUARD)):
            setattr(office, name, an_actor(s, [estate], role))
        office.estate = estate
    return office


def told(office, **values):
    return SOFA | {"unit_id": office.unit.id, "customer_id": office.customer.id} | values


def a_pass(office, **values):
    """Issue a pass; by default the owner's for his sofa."""
    with writing(office.desk) as s:
        return open_and_issue(s, told(office, **values))


def a_removal(office, **values):
    return a_pass(office, **{"purpose": "removal", "customer_id": office.tenant.id} | values)


def steps_of(case):
    with reading(SYSTEM) as s:
        return s.scalars(select(Event.action).where(Event.case_id == case.id).order_by(Event.id)).all()


def state_of(case):
    with reading(SYSTEM) as s:
        return s.get_one(GoodsPass, case.id).state


def lines_of(case):
    with reading(SYSTEM) as s:
        return goods.lines_of(s, case.id)


def everything(case):
    """Take down a pass whole: to hold that a refusal changed nothing."""
    with reading(SYSTEM) as s:
        found = s.get_one(GoodsPass, case.id)
        columns = {each.key: getattr(found, each.key) for each in GoodsPass.__mapper__.column_attrs}
        return columns, goods.lines_of(s, case.id), s.scalars(select(Event.id).where(Event.case_id == case.id)).all()


def refuses(case, sentence, act):
    """Hold that an act is refused in these words and changes nothing."""
    before = everything(case)
    with pytest.raises(Refused) as refused:
        act()
    assert refused.value.message == sentence
    assert everything(case) == before


def act(actor, case, action, values=None, **how):
    with writing(actor) as s:
        return perform(s, case.id, action, values or {}, **how)


# ---- what is typed -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("沙发 1 件", [("沙发", 1, "件", "")]),
        ("茶几两张（玻璃面）", [("茶几", 2, "张", "玻璃面")]),
        ("53寸电视 1 台", [("53寸电视", 1, "台", "")]),
        ("桌子２", [("桌子", 2, "", "")]),
        ("笔记本电脑 ThinkPad X1", [("笔记本电脑 ThinkPad X1", 1, "", "")]),
        ("三人沙发一件、茶几 2张", [("三人沙发", 1, "件", ""), ("茶几", 2, "张", "")]),
        ("床上四件套 1 套", [("床上四件套", 1, "套", "")]),
        ("1、沙发 1 件\n2.5米床 1张\n\n3) 纸箱12个 衣物", [("沙发", 1, "件", ""), ("2.5米床", 1, "张", ""),
                                                  ("纸箱", 12, "个", "衣物")]),
        ("杂物（衣服、书） 2 箱", [("杂物（衣服、书）", 2, "箱", "")]),
        ("纸箱 十二 个；自行车", [("纸箱", 12, "个", ""), ("自行车", 1, "", "")]),
        ("打印机：1 台，惠普", [("打印机", 1, "台", "惠普")]),
        ("𠮷野牌茶具 三十套", [("𠮷野牌茶具", 30, "套", "")]),
    ],
)  # fmt: skip
def test_goods_are_read_as_people_write_them(typed, found):
    read = goods.read(typed)
    assert [(each.name, each.count, each.measure, each.note) for each in read] == found
    assert [each.said for each in goods.read(goods.written(read))] == [each.said for each in read]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("  \n ", "请写明放行哪些物品，一行一件，例如：沙发 1 件。"),
        ("\n".join(["椅子 1 把"] * 201), "一张放行条最多 200 行，现在是 201 行，请分开办理。"),
        ("沙发 1 件\n纸箱 0 个", "第 2 行“纸箱”的数量应在 1 到 9999 之间。"),
        ("柜" * 61, "第 1 行太长，请分行写：" + "柜" * 20 + "…"),
    ],
)
def test_goods_that_cannot_stand_on_a_pass_are_refused(typed, sentence):
    with pytest.raises(Refused) as refused:
        goods.read(typed)
    assert (refused.value.message, refused.value.problems) == (sentence, {"goods": sentence})


# ---- a sofa --------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("O3")
def test_a_sofa_goes_out_in_one_press_and_past_the_guard():
    office = a_home()
    case = a_pass(office)
    assert (case.state, case.words, case.taker_name) == (State.ISSUED, "沙发 1 件", "吴学文")
    assert (case.purpose, case.several, case.topic) == (Purpose.ITEMS, False, "items")
    assert clock.local(case.valid_to).hour in {22, 23}
    with reading(office.guard) as s:
        seen = exits.at_the_gate(s, case.number[-3:])
        assert (seen.number, seen.taker_name, seen.unit, seen.holds) == (case.number, "吴学文", "1-1-101", True)
        assert [each.number for each in exits.valid_today(s)] == [case.number]
        (line,) = seen.goods
    for _press in range(2):
        with writing(office.guard) as s:
            exits.check_out(s, case.id, {line.id: 1}, version=seen.version, token="gate-1")
    assert steps_of(case) == ["open", "issue", "check", "finish"]
    assert [(each.name, each.out) for each in lines_of(case)] == [("沙发", 1)]
    with reading(office.guard) as s:
        assert exits.valid_today(s) == []


def test_a_second_press_opens_no_second_pass():
    office = a_home()
    for _press in range(2):
        with writing(office.desk) as s:
            open_and_issue(s, told(office), token="form-1")
    with reading(SYSTEM) as s:
        assert len(s.scalars(select(GoodsPass.id)).all()) == 1
        assert len(s.scalars(select(GoodsLine.id)).all()) == 1


@pytest.mark.requirement("O3")
def test_only_the_customer_or_whom_he_authorised_in_writing_takes_goods():
    office = a_home()
    with writing(SYSTEM) as s:
        stranger = a_customer(s, office.estate, "路人")
        company = a_customer(s, office.estate, "科技公司", kind=CustomerKind.COMPANY)
        an_occupancy(s, office.unit, company, Relation.TENANT)
        gone = a_customer(s, office.estate, "前租户")
        an_occupancy(s, office.unit, gone, Relation.TENANT, ends_on=today() - timedelta(days=31))
    for values, problems in (
        ({"customer_id": stranger.id}, {"customer_id": (
            "这位客户没有登记在这套房屋名下。请选择房屋的客户，来人请按“代办人”登记委托。")}),
        ({"customer_id": gone.id}, {"customer_id": (
            "这位客户没有登记在这套房屋名下。请选择房屋的客户，来人请按“代办人”登记委托。")}),
        ({"taker": "authorised"}, {"taker_name": "请写明代办人姓名。",
                                   "authority": "请写明委托书的编号或日期；没有书面委托的，请客户本人来办。"}),
        ({"taker": "authorised", "taker_name": "王五"},
         {"authority": "请写明委托书的编号或日期；没有书面委托的，请客户本人来办。"}),
        ({"customer_id": company.id},
         {"taker": "单位客户请选“代办人”，并写明盖章的委托书或放行申请的编号、日期。"}),
        ({"valid_to": now() - timedelta(hours=1)}, {"valid_to": "截止时间要晚于起始时间。"}),
        ({"valid_from": now() - timedelta(hours=3), "valid_to": now() - timedelta(hours=1)},
         {"valid_to": "截止时间已经过去，请重新填写。"}),
        ({"valid_to": now() + timedelta(days=8)}, {"valid_to": "一张放行条最长有效 7 天，请缩短或分开办理。"}),
        ({"goods": ""}, {"goods": "请填写物品。"}),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            a_pass(office, **values)
        assert refused.value.problems == problems
    with reading(SYSTEM) as s:
        assert s.scalars(select(GoodsPass.id)).all() == []
        assert s.scalars(select(GoodsLine.id)).all() == []
    case = a_pass(office, customer_id=company.id, taker="authorised", taker_name=" 王五 ", authority="委托书 2026-7")
    assert (case.state, case.taker_name) == (State.ISSUED, "王五")


@pytest.mark.requirement("O3")
def test_arrears_of_a_home_hold_nothing():
    office = a_home()
    with writing(SYSTEM) as s:
        item = a_fee_item(s, a_payee(s, office.estate, "物业公司"))
        a_bill(s, office.unit, item, "500.00", today().replace(year=today().year - 1, day=1), clause=False,
               customer_id=office.customer.id)  # fmt: skip
    with writing(office.desk) as s:
        a_repair(s, office, customer_id=office.customer.id)
    case = a_pass(office, purpose="removal")
    assert case.state == State.ISSUED
    with reading(office.desk) as s:
        standing = clearance.owed_and_open(s, office.unit.id, office.customer.id)
        assert [(each.payee, each.total, each.overdue) for each in standing.owed] == [
            ("物业公司", Decimal("500.00"), Decimal("500.00"))
        ]
        assert [each.words for each in standing.matters] == ["厨房水管漏水"]
        assert standing.words() == "应缴 500.00 元；未办结事项 1 件"
    with pytest.raises(Refused, match="^您没有“查看账单与收款”的权限"), reading(office.guard) as s:
        clearance.owed_and_open(s, office.unit.id, office.customer.id)


# ---- the owner's word ----------------------------------------------------------------------------------------------


@pytest.mark.requirement("O3")
def test_the_owner_is_told_of_his_tenants_removal_and_agrees():
    office = a_let_home()
    case = a_removal(office)
    assert (case.state, case.owner_id, case.several) == (State.WAITING_OWNER, office.customer.id, True)
    assert a_pass(office, customer_id=office.tenant.id).state == State.ISSUED  # a sofa needs no word
    refuses(case, f"{case.number} 现在是“待业主答复”，不能开具放行条。", lambda: act(office.desk, case, "issue"))
    act(office.desk, case, "tell_owner", {"owner_answer": "unreached", "owner_channel": "phone"})
    act(office.desk, case, "tell_owner", {"owner_answer": "agrees", "owner_channel": "wechat"})
    act(office.desk, case, "issue")
    assert steps_of(case) == [
        "open", "ask_owner", "tell_owner", "tell_owner", "owner_agreed", "issue"
    ]  # fmt: skip
    with reading(office.desk) as s:
        found = s.get_one(GoodsPass, case.id)
        assert (found.owner_tries, found.owner_answer, found.owner_channel) == (2, "agrees", "wechat")
        assert found.owner_told_at is not None


@pytest.mark.requirement("O3")
def test_an_owner_who_refuses_or_is_not_reached_leaves_it_to_the_supervisor_with_a_reason():
    office = a_let_home()
    refused, silent = a_removal(office), a_removal(office)
    act(office.desk, refused, "tell_owner", {"owner_answer": "refuses", "owner_channel": "phone"})
    for _try in range(3):
        assert state_of(silent) == State.WAITING_OWNER
        act(office.desk, silent, "tell_owner", {"owner_answer": "unreached", "owner_channel": "phone"})
    assert (state_of(refused), state_of(silent)) == (State.TO_SUPERVISOR, State.TO_SUPERVISOR)
    refuses(refused, "“同意放行”不在您的权限内。", lambda: act(office.desk, refused, "allow", {"note": "家具已点清"}))
    refuses(refused, "请检查标出的 1 处。", lambda: act(office.supervisor, refused, "allow"))
    act(office.supervisor, refused, "refuse", {"note": "家具归属有争议，请双方到场"})
    act(office.supervisor, silent, "allow", {"note": "只带走自己的衣物"})
    act(office.desk, silent, "issue")
    assert (state_of(refused), state_of(silent)) == (State.REFUSED, State.ISSUED)


def test_who_took_it_in_does_not_decide_it():
    office = a_let_home()
    with writing(office.supervisor) as s:
        case = open_pass(s, told(office, customer_id=office.tenant.id, purpose="removal"))
    act(office.supervisor, case, "tell_owner", {"owner_answer": "refuses", "owner_channel": "phone"})
    own = "本单由您登记，请由另一位主管或主任决定。"
    for name, label in (("allow", "同意放行"), ("refuse", "不予放行")):
        refuses(case, f"还不能{label}：{own}", lambda name=name: act(office.supervisor, case, name, {"note": "x"}))
    act(office.director, case, "allow", {"note": "租客出示了购货发票"})
    assert state_of(case) == State.APPLIED


def test_a_tenant_without_known_owner_or_lease_goes_to_the_supervisor_and_settings_decide():
    office = an_office()
    with writing(SYSTEM) as s:
        office.tenant = office.customer
        an_occupancy(s, office.unit, office.customer, Relation.TENANT)
    assert a_removal(office).state == State.TO_SUPERVISOR
    with writing(office.director) as s:
        settings.change(s, goods_rules.OWNER_TOLD, office.estate.id, goods_rules.NEVER)
    assert a_removal(office).state == State.ISSUED
    with writing(office.director) as s:
        settings.change(s, goods_rules.OWNER_TOLD, office.estate.id, goods_rules.ALWAYS)
    assert a_pass(office).state == State.TO_SUPERVISOR


def test_goods_cannot_be_added_behind_somebodys_word():
    office = a_let_home()
    case = a_removal(office)
    sentence = "业主、主管或主任是按原来的物品答复的，不能再改物品；请取消本单，另开一张。"
    more = {"taker": "self", "goods": "沙发 1 件\n冰箱 1 台"}
    refuses(case, sentence, lambda: act(office.desk, case, "correct", more))
    act(office.desk, case, "tell_owner", {"owner_answer": "agrees", "owner_channel": "phone"})
    refuses(case, sentence, lambda: act(office.desk, case, "correct", more))
    mine = a_pass(office)
    act(office.desk, mine, "recall", {"note": "少写一件"})
    act(office.desk, mine, "correct", more)
    assert [each.said for each in lines_of(mine)] == ["沙发 1 件", "冰箱 1 台"]


# ---- a lease that says so ------------------------------------------------------------------------------------------

BY_LETTER = {"taker": "authorised", "taker_name": "王五", "authority": "放行申请 2026-3"}


@pytest.mark.requirement("O3")
def test_a_lease_that_says_so_puts_what_is_uncleared_before_the_director():
    office = a_suite()
    case = a_pass(office, purpose="removal", **BY_LETTER)
    assert (case.state, case.uncleared) == (State.WAITING_DIRECTOR, "应缴 1,000.00 元")
    own = "请在“主任决定”或“我的待办”里写明意见。"
    refuses(case, f"还不能主任同意放行：{own}", lambda: act(office.director, case, "director_agrees"))
    refuses(case, "“主任同意放行”不在您的权限内。", lambda: act(office.desk, case, "director_agrees"))
    refuses(case, "还不能免报主任：应缴 1,000.00 元还没有结清。", lambda: act(office.desk, case, "settled"))
    with reading(office.director) as s:
        (waiting,) = approvals.waiting_for(s)
        said = APPROVAL.describe(s, [case.id])[case.id]
        assert said.what == "A-1201 科技公司 放行 沙发 1 件；未结清：应缴 1,000.00 元"
    with pytest.raises(Refused, match="^提交人不能审批|^这项审批由管理处主任决定"), writing(office.desk) as s:
        approvals.decide(s, waiting.id, Verdict.GRANTED)
    with writing(office.director) as s:
        approvals.decide(s, waiting.id, Verdict.GRANTED, "押金足够")
    act(office.desk, case, "issue")
    assert steps_of(case) == ["open", "ask_director", "director_agrees", "issue"]


@pytest.mark.requirement("O3")
def test_what_the_director_denies_waits_until_it_is_cleared():
    office = a_suite()
    case = a_pass(office, **BY_LETTER)
    assert case.uncleared == "逾期未缴 1,000.00 元"
    with writing(office.director) as s:
        waiting = s.scalar(select(Approval).where(Approval.subject_id == case.id))
        approvals.decide(s, waiting.id, Verdict.DENIED, "先缴清")
    denied = "还不能开具放行条：主任不同意结清前放行（先缴清）。未结清：逾期未缴 1,000.00 元。结清后即可开具。"
    refuses(case, denied, lambda: act(office.desk, case, "issue"))
    again = "还不能报主任决定：本单已报过主任，不再重复报；情况有变请取消本单，另开一张。"
    refuses(case, again, lambda: act(office.desk, case, "ask_director"))
    clear(office)
    act(office.desk, case, "issue")
    assert state_of(case) == State.ISSUED


def clear(office):
    """Let everything the customer owes be waived, as if he had paid."""
    with writing(SYSTEM) as s:
        for bill in s.scalars(select(Bill).where(Bill.unit_id == office.unit.id)):
            bill.waived = bill.amount


def test_what_is_cleared_meanwhile_needs_no_decision():
    office = a_suite()
    case = a_pass(office, purpose="removal", **BY_LETTER)
    clear(office)
    act(office.desk, case, "settled")
    act(office.desk, case, "issue")
    with reading(SYSTEM) as s:
        assert s.scalars(select(Approval.verdict).where(Approval.subject_id == case.id)).all() == ["withdrawn"]


def test_a_lease_that_says_nothing_or_a_customer_who_owes_nothing_is_not_held():
    assert a_pass(a_suite(holds=False), purpose="removal", **BY_LETTER).state == State.ISSUED
    assert a_pass(a_suite(owed=""), purpose="removal", **BY_LETTER).state == State.ISSUED


def test_a_bill_that_comes_due_before_the_pass_is_issued_is_seen():
    office = a_suite(owed="")
    with writing(office.desk) as s:
        case = open_pass(s, told(office, **BY_LETTER))
    with writing(SYSTEM) as s:
        month = (today().replace(day=1) - timedelta(days=40)).replace(day=1)
        a_bill(s, office.unit, a_fee_item(s, office.payee), "80.00", month, clause=False)
    sentence = "还不能开具放行条：租赁合同约定未结清的由主任决定。未结清：逾期未缴 80.00 元。请按“报主任决定”。"
    refuses(case, sentence, lambda: act(office.desk, case, "issue"))
    act(office.desk, case, "ask_director")
    assert state_of(case) == State.WAITING_DIRECTOR
    act(office.desk, case, "withdraw", {"note": "客户改期"})
    with reading(SYSTEM) as s:
        assert s.scalars(select(Approval.verdict)).all() == ["withdrawn"]


# ---- the gate ------------------------------------------------------------------------------------------------------


def at_gate(office, case, counted, more="", **how):
    """Count goods by name, as the guard does."""
    with writing(office.guard) as s:
        ids = {each.name: each.id for each in goods.lines_of(s, case.id)}
        return exits.check_out(s, case.id, {ids[name]: n for name, n in counted.items()}, more=more, **how)


@pytest.mark.requirement("O3")
def test_the_guard_reports_what_is_more_and_what_is_less_and_the_supervisor_decides():
    office = a_home()
    case = a_pass(office, goods="沙发 1 件\n纸箱 5 个")
    at_gate(office, case, {"沙发": 1, "纸箱": 3}, more="冰箱 1 台")
    with reading(office.guard) as s:
        seen = exits.at_the_gate(s, case.number)
        assert (seen.state, seen.difference, seen.holds) == (State.DIFFERS, "多：冰箱 1 台；少：纸箱 2 个", False)
    assert [each.out for each in lines_of(case)] == [0, 0]
    refuses(case, "“准予出门”不在您的权限内。", lambda: act(office.guard, case, "let_go", {"note": "x"}))
    act(office.supervisor, case, "hold_to_pass", {"note": "冰箱送回，另办"})
    assert state_of(case) == State.ISSUED
    at_gate(office, case, {"沙发": 1, "纸箱": 3})
    assert steps_of(case)[-1] == "differ"
    act(office.supervisor, case, "let_go", {"note": "余下 2 个纸箱不搬了"})
    assert (state_of(case), [each.out for each in lines_of(case)]) == (State.DONE, [1, 3])


@pytest.mark.requirement("O3")
def test_a_removal_goes_in_several_loads():
    office = a_home()
    case = a_pass(office, purpose="removal", goods="沙发 1 件\n纸箱 5 个")
    at_gate(office, case, {"纸箱": 3})
    assert (state_of(case), [each.out for each in lines_of(case)]) == (State.CHECKED, [0, 3])
    refuses(case, "请先勾选这次出门的物品。", lambda: at_gate(office, case, {}))
    sentence = "“纸箱”放行条上还剩 2 个，多出的请写在“放行条上没有的”里。"
    refuses(case, sentence, lambda: at_gate(office, case, {"纸箱": 3}))
    at_gate(office, case, {"沙发": 1, "纸箱": 2})
    with reading(SYSTEM) as s:
        found = s.get_one(GoodsPass, case.id)
        assert (found.state, found.exits) == (State.DONE, 2)
        notes = s.scalars(select(Event.note).where(Event.case_id == case.id, Event.action == "partly")).all()
        assert notes == ["纸箱 3 个"]


def test_the_gate_from_the_wrong_side():
    office = a_home()
    start = now()
    case = a_pass(office, valid_from=start + timedelta(hours=2), valid_to=start + timedelta(hours=4))
    unissued = a_pass(office)
    act(office.desk, unissued, "recall", {"note": "改"})
    with writing(SYSTEM) as s:
        other = an_estate(s)
        a_unit(s, a_building(s, other))
        foreign = an_actor(s, [other], Role.GUARD)
        technician = an_actor(s, [office.estate], Role.TECHNICIAN)
    early = f"放行条从 {clock.local(case.valid_from):%m-%d %H:%M} 起有效，现在还不能出门。"
    refuses(case, early, lambda: at_gate(office, case, {"沙发": 1}))
    late = f"放行条已于 {clock.local(case.valid_to):%m-%d %H:%M} 到期，请客户回前台重新办理。"
    with clock.pretending(start + timedelta(hours=5)):
        refuses(case, late, lambda: at_gate(office, case, {"沙发": 1}))
    sentence = f"{unissued.number} 现在是“已登记”，不能全部核对出门。"
    refuses(unissued, sentence, lambda: at_gate(office, unissued, {"沙发": 1}))
    for who in (foreign, technician):
        with pytest.raises(Refused), reading(who) as s:
            exits.at_the_gate(s, case.number)
        with pytest.raises(Refused, match="^没有找到这张放行条"), writing(who) as s:
            exits.check_out(s, case.id, {})
    with pytest.raises(Refused) as refused, reading(office.guard) as s:
        exits.at_the_gate(s, "FX-1")
    assert refused.value.message == NOT_FOUND.format(typed="FX-1")
    with reading(office.guard) as s:
        permitted_here = {each.name for each in permitted(office.guard, s.get_one(GoodsPass, case.id))}
    assert permitted_here == {"check", "partly", "differ"}


def test_two_guards_at_two_gates_let_the_sofa_out_once():
    office = a_home()
    case = a_pass(office)
    seen = case.version
    at_gate(office, case, {"沙发": 1}, version=seen)
    with writing(SYSTEM) as s:
        office.guard = an_actor(s, [office.estate], Role.GUARD, name="另一门岗")
    before = everything(case)
    with pytest.raises(Conflict, match="保安"):
        at_gate(office, case, {"沙发": 0}, more="沙发 1 件", version=seen)
    assert everything(case) == before


def test_a_guard_finds_no_other_matter_and_no_amount():
    office = a_home()
    case = a_pass(office)
    with reading(office.guard) as s:
        seen = exits.at_the_gate(s, case.number)
    assert {each for each in vars(seen) if "phone" in each or "amount" in each or "uncleared" in each} == set()


def test_who_counts_a_removal_out_does_not_read_what_was_owed():
    office = a_suite()
    case = a_pass(office, purpose="removal", **BY_LETTER)
    with writing(office.director) as s:
        approvals.decide(s, approvals.waiting_for(s)[0].id, Verdict.GRANTED, "押金足够")
    act(office.desk, case, "issue")
    at_gate(office, case, {"沙发": 1})
    told = {}
    for who in (office.director, office.guard):
        with reading(who) as s:
            told[who] = {each.name for group in record_of(s, case.number).groups for each in group.facts}
    assert "uncleared" in told[office.director]
    assert "uncleared" not in told[office.guard]


# ---- time ----------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("O3")
def test_the_clock_ends_what_was_not_used_in_time():
    office = a_home()
    unused = a_pass(office)
    removal = a_pass(office, purpose="removal", goods="沙发 1 件\n纸箱 5 个")
    at_gate(office, removal, {"纸箱": 3})
    waiting = a_pass(office)
    at_gate(office, waiting, {"沙发": 1}, more="电视 1 台")
    assert [each for each in jobs.run_due() if "放行条" in each] == []
    with clock.pretending(now() + timedelta(days=1)):
        assert [each for each in jobs.run_due() if "放行条" in each] == ["到期的放行条 2 张。"]
    assert [state_of(each) for each in (unused, removal, waiting)] == [State.EXPIRED, State.DONE, State.DIFFERS]


def test_a_pass_is_not_issued_after_its_time():
    office = a_home()
    with writing(office.desk) as s:
        case = open_pass(s, told(office))
    with clock.pretending(now() + timedelta(days=1)):
        refuses(case, "放行时间已过，请先用“更正”改放行时间。", lambda: act(office.desk, case, "issue"))
        act(office.desk, case, "correct", {"taker": "self", "valid_from": None, "valid_to": None})
        act(office.desk, case, "issue")
    assert state_of(case) == State.ISSUED


def test_a_pass_of_paper_is_entered_later_with_its_own_times():
    office = a_home()
    then = now() - timedelta(days=2)
    with clock.pretending(then):
        office_then = office.customer.id  # the office was there already
    with writing(office.desk) as s:
        case = open_and_issue(s, told(office, customer_id=office_then, valid_to=then + timedelta(hours=2)), at=then)
        perform(s, case.id, "check", at=then + timedelta(hours=1))
    assert (state_of(case), [each.out for each in lines_of(case)]) == (State.DONE, [1])


def test_a_pass_belongs_to_the_matter_it_comes_from():
    office = a_home()
    with writing(office.desk) as s:
        origin = a_repair(s, office)
        case = open_pass(s, told(office), because_of=origin)
        link = s.scalar(select(CaseLink).where(CaseLink.case_id == case.id))
        assert (link.other_id, link.kind) == (origin.id, "goods")


def test_two_hundred_lines_stand_on_one_pass():
    office = a_home()
    typed = "\n".join(f"{'很长的物品名称' * 7}{n} {n} 件 易碎" for n in range(1, 201))
    case = a_pass(office, goods=typed)
    found = lines_of(case)
    assert (len(found), found[-1].count, found[-1].note) == (200, 200, "易碎")
    assert case.words.endswith("等 200 项")


# ---- the paper -----------------------------------------------------------------------------------------------------


def issued_paper(office, case):
    with writing(office.desk) as s:
        return issuing.issue(s, PAPER, case.id, printing.pdf, refuse=printing.refuse_unprintable)


@pytest.mark.requirement("O3")
@pytest.mark.requirement("X6")
def test_the_paper_names_every_one_of_two_hundred_lines():
    office = a_home()
    typed = "\n".join(f"{'很长的物品名称' * 7}编号{n:03} {n} 件 易碎，𠮷野喆㛃" for n in range(1, 201))
    case = a_pass(office, goods=typed, taker="authorised", taker_name="欧阳" * 15, authority="委托书" * 12)
    paper = issued_paper(office, case)
    name, content = handing_out.opened(office.desk, paper.id)
    assert name == f"物品放行条 {paper.number}.pdf"
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]
    text = "".join("".join(pages).split())
    assert [n for n in range(1, 201) if f"编号{n:03}" not in text] == []
    assert all(word in text for word in (case.number, paper.number, "欧阳" * 15, "委托书" * 12, "取物人", "秩序维护员"))
    assert len(pages) > 5


@pytest.mark.requirement("O3")
def test_a_paper_called_back_lets_nothing_out():
    office = a_home()
    case = a_pass(office)
    paper = issued_paper(office, case)
    with reading(office.guard) as s:
        assert exits.at_the_gate(s, paper.number).number == case.number
    act(office.desk, case, "recall", {"note": "少写一件"})
    sentence = "还不能开具《物品放行条》：现在是“已登记”，要先“开具放行条”。"
    refuses(case, sentence, lambda: issued_paper(office, case))
    with pytest.raises(Refused) as refused, reading(office.guard) as s:
        exits.at_the_gate(s, paper.number)
    assert refused.value.message == f"{paper.number} 已作废，不能出门，请客户回前台。"


def test_a_guard_issues_no_paper():
    office = a_home()
    case = a_pass(office)
    at_gate(office, case, {"沙发": 0}, more="沙发 2 件")
    with pytest.raises(Refused) as refused, writing(office.guard) as s:
        issuing.issue(s, PAPER, case.id, printing.pdf)
    assert refused.value.message == "开具《物品放行条》不在您的权限内。"
