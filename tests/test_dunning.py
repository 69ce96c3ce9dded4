"""Dunning's story, and the rules peculiar to it: what is demanded is true, and nothing unlawful is ever offered."""

from __future__ import annotations

import re
import tomllib
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DatabaseError

from components.papers.fitting import fitted
from components.papers.printing import pdf
from components.papers.shapes import SHAPES
from components.papers.truths import TRUTHS
from db import jobs, office_settings
from db.audit import Audit
from db.cases import Event
from db.clock import moment_of, pretending
from db.ledger import demands, deposits, dunning_runs, limitation, payments, reversals
from db.ledger.arrears import Asked
from db.ledger.dunnings import HAS_COMMITTEE, LIABLE, Dunning, LegalStep, State
from db.ledger.money_tables import DepositKind
from db.ledger.tables import Bill, Delivery, Notice
from db.people import RIGHTS, SYSTEM, Right, Role
from db.process import missing_for, open_case, perform, process_of
from db.processes import PROCESSES
from db.refused import Refused
from db.registry import EstateKind, Relation
from db.session import reading, writing
from db.settings import SettingValue
from tests.builders import a_complaint, a_customer, a_unit, an_occupancy
from tests.money import a_bill, a_tariff, a_till, cash

FIRST_DAY = date(2026, 11, 23)
ROOT = Path(__file__).parent.parent


@pytest.fixture
def till(engine):
    """Make a till whose customer owns the unit and owes August to October."""
    made = a_till()
    with writing(SYSTEM) as s:
        an_occupancy(s, made.unit, made.customer, starts_on=date(2020, 1, 1))
        tariff = a_tariff(s, made.item, late_clause="《物业服务合同》第十二条")
        made.bills = [
            a_bill(s, made.unit, made.item, "100.00", date(2026, month, 1), customer_id=made.customer.id,
                   tariff_id=tariff.id).id
            for month in (8, 9, 10, 12)
        ]  # fmt: skip
    return made


def at(day, hour=4):
    return pretending(moment_of(day) + timedelta(hours=hour))


def opened(till, on=FIRST_DAY, actor=None, **told):
    with at(on), writing(actor or till.desk) as s:
        return open_case(s, "dunning", {"unit_id": till.unit.id} | told).id


def does(till, case_id, action, on=FIRST_DAY, actor=None, **values):
    with at(on), writing(actor or till.desk) as s:
        return perform(s, case_id, action, values)


def stands(case_id):
    with reading(SYSTEM) as s:
        return s.get_one(Dunning, case_id)


def clock_runs(on):
    with at(on, 12):
        return jobs.run_due()


def decided(till, setting, value):
    with writing(SYSTEM) as s:
        s.merge(SettingValue(estate_id=till.estate.id, key=setting.key, value=value))


def at_the_director(till):
    """Carry a dunning through three notices; returns it and the day on which the director has it."""
    case_id, day = opened(till), FIRST_DAY
    for step in ("first", "second", "third"):
        does(till, case_id, step, day, channel="in_person", delivered_on=day, proof="本人签收")
        day += timedelta(days=16)
        clock_runs(day)
    return case_id, day


# ── the story ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("F5")
@pytest.mark.requirement("F9")
def test_three_notices_the_director_a_demand_the_law_and_paid(till):
    case_id = opened(till)
    case = stands(case_id)
    # Three bills of 100.00 due on the 10th of August, September, October: 105, 74 and 44 days on 23 November.
    assert (case.state, case.amount, case.customer_id) == (State.NEW, Decimal("311.15"), till.customer.id)
    assert case.words == "逾期 3 笔共 311.15 元，最早 2026-08-10 到期"

    does(till, case_id, "first", channel="in_person", delivered_on=FIRST_DAY, proof="本人签收")
    case = stands(case_id)
    assert (case.state, case.wait_until) == (State.FIRST, date(2026, 12, 8))
    with pytest.raises(Refused, match="不能发第二次催缴"):
        does(till, case_id, "second", date(2026, 12, 8))
    clock_runs(date(2026, 12, 8))
    assert stands(case_id).state == State.FIRST, "the last day given belongs to the customer"
    clock_runs(date(2026, 12, 9))
    assert stands(case_id).state == State.DUE_SECOND

    does(till, case_id, "second", date(2026, 12, 9), channel="express")
    does(till, case_id, "deliver", date(2026, 12, 11), channel="express", delivered_on=date(2026, 12, 11),
         proof="EMS 1234567890", reached=True)  # fmt: skip
    clock_runs(date(2026, 12, 25))
    does(till, case_id, "third", date(2026, 12, 25), channel="in_person", delivered_on=date(2026, 12, 25), proof="签收")
    clock_runs(date(2027, 1, 10))
    case = stands(case_id)
    assert (case.state, case.escalated_at is not None) == (State.REPORTED, True)

    with pytest.raises(Refused, match="不在您的权限内"):
        does(till, case_id, "demand", date(2027, 1, 10), till.supervisor, channel="express")
    does(till, case_id, "decide", date(2027, 1, 10), till.director, decision="先催告，逾期申请支付令。")
    does(till, case_id, "demand", date(2027, 1, 10), till.director, channel="express")
    with pytest.raises(Refused, match="给客户的期限到 2027-01-25"):
        does(till, case_id, "measure", date(2027, 1, 20), till.director, legal_kind="payment_order")
    does(till, case_id, "measure", date(2027, 1, 26), till.director, legal_kind="payment_order", forum="区人民法院",
         file_number="(2027)民督1号")  # fmt: skip
    does(till, case_id, "measure_ended", date(2027, 2, 20), till.director, outcome="upheld")
    does(till, case_id, "measure", date(2027, 3, 1), till.director, legal_kind="mediation", forum="街道调解委员会")
    with at(date(2027, 3, 5)), writing(till.cashier) as s:
        total = sum(each.total for each in payments.owed(s, [till.unit.id]))
        payments.pay(s, till.unit.id, till.payee.id, [cash(total)])
    case = stands(case_id)
    assert (case.state, case.closed_on, case.debt_key) == (State.PAID, date(2027, 3, 5), None)
    with reading(SYSTEM) as s:
        kinds = list(s.scalars(select(Notice.kind).order_by(Notice.id)))
        assert kinds == ["dunning_first", "dunning_second", "dunning_third", "dunning_demand"]
        steps = s.execute(select(LegalStep.kind, LegalStep.outcome).order_by(LegalStep.id)).all()
        assert steps == [("payment_order", "upheld"), ("mediation", None)]
        last = s.scalars(select(Event).where(Event.case_id == case_id).order_by(Event.id.desc())).first()
        assert (last.action, last.actor_id) == ("settle", SYSTEM.user_id), "money closes it, nobody's decision"


@pytest.mark.requirement("F5")
@pytest.mark.requirement("X6")
def test_its_papers_are_true_numbered_and_never_change(till, engine):
    case_id, day = at_the_director(till)
    does(till, case_id, "demand", day, till.director, channel="express")
    with reading(till.desk) as s:
        ids = list(s.scalars(select(Notice.id).order_by(Notice.id)))
        printed = demands.papers(s, ids)
    assert [template for template, _paper in printed] == ["dunning"] * 4
    for template, paper in printed:
        TRUTHS[template](fitted(paper, SHAPES[template]))
    first, *_between, last = (paper["letters"][0] for _template, paper in printed)
    assert first["number"] == f"CT{till.estate.mark}-20261123-001"
    assert [row["due_on"] for row in first["rows"]] == ["2026-08-10", "2026-09-10", "2026-10-10"]
    assert (first["principal"], first["late_fee_total"], first["pay_by"]) == ("300.00", "11.15", "2026-12-08")
    assert first["late_fee"] == {"clause": "《物业服务合同》第十二条", "rate": "每日万分之五"}
    assert [each["step"] for each in last["earlier"]] == ["第一次催缴通知", "第二次催缴通知", "第三次催缴通知"]
    assert pdf(*printed[0])[:5] == b"%PDF-"
    with pytest.raises(DatabaseError, match="append-only"), engine.begin() as connection:
        connection.execute(update(Notice).values(amount=Decimal(1)))


def test_what_is_not_due_is_never_demanded(till):
    with writing(SYSTEM) as s:
        for bill_id in till.bills[:3]:
            s.get_one(Bill, bill_id).voided_at = moment_of(FIRST_DAY)
    with pytest.raises(Refused, match="没有逾期未缴的账单"):
        opened(till)


def test_a_second_press_finds_the_matter_that_is_open(till):
    case_id = opened(till)
    with pytest.raises(Refused, match=f"已有催缴单 {stands(case_id).number}"):
        opened(till, actor=till.cashier)


# ── contacts, promises, part payment ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("F5")
def test_a_promise_gives_time_and_begins_the_three_years_anew(till):
    case_id = opened(till)
    does(till, case_id, "first", channel="in_person")
    clock_runs(date(2026, 12, 9))
    does(till, case_id, "contact", date(2026, 12, 9), answer="promised", reason="forgot",
         promised_on=date(2026, 12, 20))  # fmt: skip
    case = stands(case_id)
    assert (case.state, case.wait_until, case.reason) == (State.FIRST, date(2026, 12, 20), "forgot")
    with reading(SYSTEM) as s:
        assert [s.get_one(Bill, each).demanded_on for each in till.bills] == [date(2026, 12, 9)] * 3 + [None]
    clock_runs(date(2026, 12, 21))
    assert stands(case_id).state == State.DUE_SECOND
    with pytest.raises(Refused, match="请填写客户答应缴费的日期"):
        does(till, case_id, "contact", date(2026, 12, 21), answer="promised")


@pytest.mark.requirement("F5")
def test_a_part_payment_gives_time_and_its_reversal_takes_the_acknowledgement_back(till):
    case_id = opened(till)
    does(till, case_id, "first", channel="in_person")
    clock_runs(date(2026, 12, 9))
    with at(date(2026, 12, 9)), writing(till.cashier) as s:
        payment = payments.pay(s, till.unit.id, till.payee.id, [cash("150.00")]).payment
    case = stands(case_id)
    assert (case.state, case.wait_until) == (State.FIRST, date(2026, 12, 24))
    assert part_paid(till) == [None, date(2026, 12, 9), None, None], "paid in full needs no three years"
    with at(date(2026, 12, 10)), writing(till.finance) as s:
        reversals.reverse(s, payment.id, "支票退票")
    assert part_paid(till) == [None] * 4


def part_paid(till):
    with reading(SYSTEM) as s:
        return [s.get_one(Bill, each).part_paid_on for each in till.bills]


@pytest.mark.requirement("F5")
def test_only_a_delivery_with_its_proof_begins_the_three_years_anew(till):
    case_id = opened(till)
    does(till, case_id, "first", channel="wechat")
    for reached, proof in ((True, ""), (False, "无人签收，退回")):
        does(till, case_id, "deliver", channel="wechat", delivered_on=FIRST_DAY, proof=proof, reached=reached)
    with reading(SYSTEM) as s:
        bill = s.get_one(Bill, till.bills[0])
        assert (bill.demanded_on, limitation.begins_on(bill)) == (None, date(2026, 8, 10))
    does(till, case_id, "deliver", channel="wechat", delivered_on=FIRST_DAY, proof="微信截图已存档", reached=True)
    with reading(SYSTEM) as s:
        bill = s.get_one(Bill, till.bills[0])
        assert limitation.ends_on(limitation.begins_on(bill)) == date(2029, 11, 23)
        assert len(s.scalars(select(Delivery)).all()) == 3


# ── gates ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("F5")
def test_an_open_complaint_or_dispute_takes_a_supervisor(till):
    case_id = opened(till)
    with writing(till.desk) as s:
        number = a_complaint(s, till).number
    for actor in (till.desk, till.cashier):
        with pytest.raises(Refused, match=f"有未办结的投诉 {number}"):
            does(till, case_id, "first", actor=actor, channel="in_person")
    does(till, case_id, "first", actor=till.supervisor, channel="in_person")
    clock_runs(date(2026, 12, 9))
    with writing(till.supervisor) as s:
        perform(s, s.scalar(select(Event.case_id).where(Event.action == "open").order_by(Event.id.desc())), "withdraw",
                {"note": "客户撤诉"})  # fmt: skip
    does(till, case_id, "contact", date(2026, 12, 9), answer="disputes", reason="disputed")
    with pytest.raises(Refused, match="这户对费用有争议"):
        does(till, case_id, "second", date(2026, 12, 9), channel="in_person")
    does(till, case_id, "agree", date(2026, 12, 9), till.supervisor, note="已核对账单，客户认可")
    assert does(till, case_id, "second", date(2026, 12, 9), channel="in_person").state == State.SECOND


@pytest.mark.requirement("F5")
def test_where_there_is_a_committee_it_is_asked_before_the_demand(till):
    case_id, day = at_the_director(till)
    with at(day), reading(till.director) as s:
        action = process_of("dunning").action("ask_committee")
        assert missing_for(s, s.get_one(Dunning, case_id), action) == ["本项目没有业主委员会。"]
    decided(till, HAS_COMMITTEE, "one")
    with pytest.raises(Refused, match="请先请业委会督促"):
        does(till, case_id, "demand", day, till.director, channel="express")
    does(till, case_id, "ask_committee", day, till.director, channel="in_person")
    with pytest.raises(Refused, match="给客户的期限到"):
        does(till, case_id, "demand", day, till.director, channel="express")
    assert does(till, case_id, "demand", day + timedelta(days=16), till.director, channel="express").state == "demanded"
    with reading(till.desk) as s:
        wanted = select(Notice.id).where(Notice.kind == "dunning_committee")
        ((template, paper),) = demands.papers(s, s.scalars(wanted).all())
    TRUTHS[template](fitted(paper, SHAPES[template]))
    assert till.customer.name not in str(paper), "the committee gets the room, no name"


# ── who owes it in the end ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("F6")
def test_what_a_tenant_leaves_unpaid_moves_to_the_owner_after_notice(engine):
    till = a_till()
    with writing(SYSTEM) as s:
        tenant = a_customer(s, till.estate, "租客")
        an_occupancy(s, till.unit, till.customer)
        an_occupancy(s, till.unit, tenant, Relation.TENANT)
        bill = a_bill(s, till.unit, till.item, "100.00", date(2026, 8, 1), customer_id=tenant.id).id
    case_id = opened(till)
    assert stands(case_id).customer_id == tenant.id
    with pytest.raises(Refused, match="请先通知业主"):
        does(till, case_id, "move_to_owner", actor=till.supervisor, note="租客已搬走")
    does(till, case_id, "tell_owner", channel="in_person", delivered_on=FIRST_DAY, proof="业主签收")
    does(till, case_id, "move_to_owner", actor=till.supervisor, note="租客已搬走")
    case = stands(case_id)
    assert (case.state, case.customer_id) == (State.NEW, till.customer.id)
    with reading(SYSTEM) as s:
        assert s.get_one(Bill, bill).customer_id == till.customer.id
        entry = s.scalars(select(Audit).where(Audit.table_name == "bills", Audit.act == "changed")).one()
        assert (entry.before, entry.after, entry.case_id) == (
            {"customer_id": tenant.id}, {"customer_id": till.customer.id}, case_id,
        )  # fmt: skip
        letter = s.scalars(select(Notice).where(Notice.kind == "dunning_owner")).one().snapshot["letter"]
        assert (letter["customer"], len(letter["remarks"])) == (till.customer.name, 1)


@pytest.mark.requirement("F6")
def test_in_a_park_the_ladder_ends_with_set_off_against_the_deposit(till):
    with pytest.raises(Refused, match="不能以保证金抵扣"):
        does(till, opened(till), "set_off", actor=till.cashier, note="按合同")
    with writing(SYSTEM) as s:
        for case in s.scalars(select(Dunning)):
            perform(s, case.id, "stop", {"note": "重来"})
    decided(till, LIABLE, "deposit")
    with at(FIRST_DAY), writing(till.cashier) as s:
        deposits.take_deposit(
            s, till.unit.id, till.payee.id, DepositKind.FEE, [cash("2664.00")], customer_id=till.customer.id
        )
    case_id, day = at_the_director(till)
    with pytest.raises(Refused, match="请先由管理处主任写明意见"):
        does(till, case_id, "set_off", day, till.cashier, note="按合同第八条")
    does(till, case_id, "decide", day, till.director, decision="同意按合同第八条抵扣")
    does(till, case_id, "set_off", day, till.cashier, note="按合同第八条")
    assert stands(case_id).state == State.PAID
    with pytest.raises(Refused, match="不转给业主|现在是"):
        does(till, case_id, "move_to_owner", day, till.supervisor, note="x")


def test_bills_that_nobody_owes_are_demanded_of_nobody(till):
    with writing(SYSTEM) as s:
        empty = a_unit(s, till.building, room="900")
        a_bill(s, empty, till.item, "100.00", date(2026, 8, 1))
    with at(FIRST_DAY), reading(till.desk) as s:
        plan = dunning_runs.plan(s, Asked(till.desk.estates))
        assert ([each.unit_id for each in plan.debts], plan.nobody) == ([till.unit.id], 1)
    case_id = opened(till, unit_id=empty.id)
    with pytest.raises(Refused, match="这些账单没有缴费人；请先登记住户，再把账单作废重开。"):
        does(till, case_id, "first", channel="letter_box")


def test_how_it_ends_is_the_kind_of_estates_until_the_office_says_otherwise(till):
    from db.ledger.dunnings import Ending, ending_of

    for kind, owner, deposit in ((EstateKind.HOMES, True, False), (EstateKind.PARK, False, True)):
        with writing(SYSTEM) as s:
            s.get_one(type(till.estate), till.estate.id).kind = kind
        with reading(SYSTEM) as s:
            assert ending_of(s, till.estate.id) == Ending(moves_to_owner=owner, takes_deposit=deposit)


# ── never offered ────────────────────────────────────────────────────────────────────────────────────────────────────

MEANS = [
    re.compile(each)
    for each in tomllib.loads((ROOT / "components/papers/forbidden.toml").read_text("utf-8"))["means"]
]
PRESSING = [
    re.compile(each)
    for each in (
        "[停断限切][^，。；]{0,4}[水电气暖热](?!梯)", "[禁限锁停][^，。；]{0,6}(车|门|道闸|电梯|卡)",
        "拒绝?[^，。；]{0,6}(维修|报修|办理)", "扣[留押][^，。；]{0,6}(证|钥匙|货|物)", "(保安|秩序维护).{0,8}催",
        "公[布示开].{0,10}(姓名|名单)|黑名单",
    )
]  # fmt: skip


ON_OTHER_GROUNDS = {
    "不予放行",  # the owner has not agreed to his tenant's removal (O3)
    "取消后放行条不能再用，要放行请另开一张。",
    "不予办理", "不予办理的依据",  # a renovation that the law or a written agreement forbids (D2)
    "只有法律规定或书面约定的依据才能不予办理；办结后客户可以补齐再申请。",
    "停车", "门禁卡、钥匙",  # what ends with a tenancy, by name
    "门禁卡、梯控卡、遥控器：每户每种免费几张", "停车证：到期前多少天列入即将到期", "停车证：临时证最长几天",
}  # fmt: skip
"""Words of formalities that have nothing to do with what is owed; each was looked at."""


def everything_said_of(process):
    yield from (str(each.label) for each in process.actions)
    yield from (str(each.confirm) for each in process.actions if each.confirm)
    yield from (str(each.label) for each in process.states)
    for name in ("", *(each.name for each in process.actions)):
        for field in process.form(name):
            yield from (str(each) for each in (field.label, field.help) if each)
    if process.key == "dunning":
        for field in process.form("contact") + process.form("measure"):
            yield from (str(each.label) for each in field.choices or ())


@pytest.mark.requirement("F5")
def test_no_step_no_setting_and_no_paper_offers_unlawful_pressure():
    said = [text for process in PROCESSES.values() for text in everything_said_of(process)]
    for _title, some in office_settings.groups():
        for each in some:
            said += [str(each.label), str(each.help or ""), *map(str, (each.choices or {}).values())]
    templates = (ROOT / "components/papers/templates").glob("*.typ")
    said += [line for path in templates for line in path.read_text("utf-8").splitlines()]
    found = {text for text in said for means in MEANS + PRESSING if means.search(text)}
    assert found == ON_OTHER_GROUNDS


@pytest.mark.requirement("F5")
def test_guards_have_no_part_in_dunning():
    process = PROCESSES["dunning"]
    assert Role.GUARD not in process.openers | RIGHTS[Right.DUN]
    assert [each.name for each in process.actions if Role.GUARD in each.roles] == []


def test_the_means_would_be_noticed():
    texts = "欠费停水、限制用电、锁车、禁止电梯卡使用、拒绝维修、保安上门催费、公示欠费名单、扣押货物"
    for text in texts.split("、"):
        assert any(means.search(text) for means in MEANS + PRESSING), text
