"""Moving in 入住/入驻: each formality from open to done, and each gate from the wrong side (HB:305-332)."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from db import checklists, settings
from db.approvals import Approval, Verdict, decide
from db.cases import Event, case_by_id, case_by_number
from db.checklists import ItemKind
from db.clock import ZONE, pretending
from db.dossiers import cards, entry_money, household_files, moving_times, plates
from db.dossiers.moving_times import MovingTime
from db.ledger import billing, reversals
from db.ledger.money_tables import Balance, Deposit, DepositKind, Payment, Receipt
from db.ledger.tables import Bill
from db.papers import issuing
from db.people import SYSTEM
from db.process import missing_for, perform, process_of
from db.processes import move_ins
from db.processes.move_ins import BOOK, COMPLETE, HAND_OVER, KNOWS, Formality, MoveIn, State
from db.refused import Conflict, Refused
from db.registry import Customer, CustomerPhone, EstateKind, Occupancy, ParkingTenure, Relation, Unit, UnitState
from db.session import reading, writing
from tests.builders import a_customer, a_phone, a_unit, an_occupancy, an_office
from tests.dossiers import (
    a_move_in,
    a_park,
    a_renovation,
    hand_keys,
    inspect,
    print_nothing,
    sign_paper,
    tick_off,
)
from tests.money import a_bill, a_lease, a_space, cash, wechat

pytestmark = pytest.mark.usefixtures("engine")
NOW = datetime(2026, 11, 24, 10, tzinfo=ZONE)
"""A Tuesday, in office hours."""


@pytest.fixture(autouse=True)
def _tuesday():
    with pretending(NOW):
        yield


def at(day, hour, month=12):
    return datetime(2026, month, day, hour, tzinfo=ZONE)


@pytest.fixture
def park(engine):
    made = a_park()
    with writing(made.desk) as s:
        made.case_id = a_move_in(s, made).id
    return made


@pytest.fixture
def home(engine):
    made = an_office()
    with writing(SYSTEM) as s:
        made.customer = s.merge(made.customer)
        made.customer.occupants = 3
        a_phone(s, made.customer)
    return made


def case_of(office, actor=None):
    with reading(actor or office.desk) as s:
        return s.get_one(MoveIn, office.case_id)


def standing(office, step):
    """Say what stands before a step."""
    with reading(office.desk) as s:
        case = case_by_id(s, office.case_id)
        return missing_for(s, case, process_of("move_ins").action(step))


def do(actor, office, name, values=None, **told):
    with writing(actor) as s:
        return perform(s, office.case_id, name, values or {}, **told)


def refused(sentence, actor, office, name, values=None, **told):
    """Hold that a step is refused with exactly this, and that nothing changed."""
    before = snapshot(office)
    with pytest.raises(Refused) as why:
        do(actor, office, name, values, **told)
    label = move_ins.PROCESS.action(name).label
    assert why.value.message.removeprefix(f"还不能{label}：") == sentence
    assert snapshot(office) == before


def snapshot(office):
    with reading(SYSTEM) as s:
        case = case_by_id(s, office.case_id)
        events = s.scalars(select(Event.id).where(Event.case_id == case.id)).all()
        holds = s.scalars(select(Occupancy.id).where(Occupancy.unit_id == case.unit_id)).all()
        kept = s.scalars(select(MovingTime.case_id)).all()
        return case.state, case.version, len(events), len(holds), len(kept)


def collect(park, *tenders, actor=None, **told):
    with writing(actor or park.cashier) as s:
        return entry_money.collect(s, park.case_id, tenders or [wechat("26048.00")], **told)


def ready_to_hand_over(park):
    """Bring a company to the door: paid, told, papers in, signed, inspected, keys in hand."""
    collect(park)
    with writing(park.desk) as s:
        case = perform(s, park.case_id, "appoint", {"appointed_at": at(1, 9)})
        issuing.issue(s, "move_in_notice", case.id, print_nothing)
        tick_off(s, case, "licence", "authorisation", "agent_identity")
        sign_paper(s, case, "handbook_confirmation")
        sign_paper(s, case, "safety_undertaking")
        inspect(s, case)
        hand_keys(s, case)


def ready_to_book(park):
    ready_to_hand_over(park)
    with writing(park.desk) as s:
        perform(s, park.case_id, HAND_OVER)
        plates.apply(s, park.case_id, ["lobby", "floor"], "云图科技")
        perform(s, park.case_id, "file_fire", {"fire_kind": "acceptance", "fire_number": "廊消验〔2026〕88号",
                                               "fire_on": date(2026, 11, 20)})  # fmt: skip


# ── the park: fees ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_opening_lays_out_the_park_s_list_and_takes_the_lease(park):
    case = case_of(park)
    assert (case.template, case.contract_id, case.starts_on) == (Formality.PARK, park.lease.id, date(2026, 12, 1))
    assert (case.state, case.words, case.assigned_to) == (State.PREPARING, "园区入驻，2026-12-01 起", park.desk.user_id)
    assert case.due_at == at(1, 18)
    with reading(park.desk) as s:
        lines = checklists.seen(s, case, KNOWS)
    assert [(each.key, each.before, each.done) for each in lines] == [
        ("contract", HAND_OVER, True), ("fees", HAND_OVER, False), ("notice", HAND_OVER, False),
        ("licence", HAND_OVER, False), ("authorisation", HAND_OVER, False), ("agent_identity", HAND_OVER, False),
        ("handbook", HAND_OVER, False), ("safety", HAND_OVER, False), ("people", HAND_OVER, True),
        ("inspection", HAND_OVER, False), ("meters", HAND_OVER, True), ("handed", HAND_OVER, False),
        ("plates", BOOK, False), ("works", BOOK, True), ("fire", BOOK, False), ("booked", COMPLETE, False),
    ]  # fmt: skip


@pytest.mark.requirement("I1")
def test_entry_fees_of_148_square_metres_are_collected_in_one_press(park):
    taken = collect(park, wechat("26000.00"), cash("48.00", "50.00"), shown=Decimal("26048.00"), token="once")
    with reading(park.finance) as s:
        deposits = s.scalars(select(Deposit).order_by(Deposit.id)).all()
        assert [(each.kind, each.held, each.payee_id, each.case_id) for each in deposits] == [
            (DepositKind.RENT, Decimal("16872.00"), park.landlord.id, park.case_id),
            (DepositKind.FEE, Decimal("2664.00"), park.payee.id, park.case_id),
        ]
        bills = s.scalars(select(Bill).order_by(Bill.id)).all()
        december = date(2026, 12, 1)
        assert [(each.fee_item_id, each.month, each.amount, each.unpaid, each.source, each.customer_id)
                for each in bills] == [
            (park.rent.id, december, Decimal("5624.00"), Decimal(0), "", park.customer.id),
            (park.item.id, december, Decimal("888.00"), Decimal(0), "", park.customer.id),
        ]  # fmt: skip
        assert [each.payment.amount for each in taken] == [
            Decimal("16872.00"), Decimal("2664.00"), Decimal("5624.00"), Decimal("888.00")
        ]  # fmt: skip
        assert len(s.scalars(select(Receipt)).all()) == 4
        assert s.scalars(select(Balance.amount).where(Balance.amount > 0)).all() == []
    with reading(park.desk) as s:
        case = case_by_id(s, park.case_id)
        assert entry_money.fees_paid(s, case) is None
        last = s.scalars(select(Event).where(Event.case_id == case.id).order_by(Event.id.desc())).first()
        assert (last.action, last.actor_id) == ("collect", park.cashier.user_id)
        assert last.note == (
            "房租押金 16,872.00 元、物业管理费保证金 2,664.00 元、首期房租 5,624.00 元、首期物业管理费 888.00 元；"
            "合计 26,048.00 元"
        )
    again = collect(park, wechat("26048.00"), shown=Decimal("26048.00"), token="once")
    assert [each.payment.id for each in again] == [each.payment.id for each in taken]
    with pytest.raises(Refused, match="^入驻费用已经收齐，不用再收。$"):
        collect(park)


@pytest.mark.requirement("I1")
def test_the_month_s_run_does_not_bill_the_first_month_again(park):
    collect(park)
    with pretending(at(1, 9)), writing(park.cashier) as s:
        made = billing.publish(s, park.estate.id, date(2026, 12, 1), [park.rent.id, park.item.id])
        assert (made.bills, len(s.scalars(select(Bill)).all())) == (0, 2)


@pytest.mark.requirement("I1")
def test_of_a_first_month_that_is_not_whole_the_rest_is_kept_for_the_next(park):
    with writing(SYSTEM) as s:
        lease = s.merge(park.lease)
        lease.starts_on = date(2026, 12, 17)  # 15 of 31 days
    with writing(park.desk) as s:
        perform(s, park.case_id, "correct", {"contract_id": park.lease.id, "starts_on": date(2026, 12, 17)})
    collect(park)
    with reading(park.finance) as s:
        bills = s.scalars(select(Bill).order_by(Bill.id)).all()
        assert [(each.amount, each.unpaid, each.period_from) for each in bills] == [
            (Decimal("2721.29"), Decimal(0), date(2026, 12, 17)), (Decimal("429.68"), Decimal(0), date(2026, 12, 17))
        ]  # fmt: skip
        kept = {row.payee_id: row.amount for row in s.scalars(select(Balance))}
        assert kept == {park.landlord.id: Decimal("2902.71"), park.payee.id: Decimal("458.32")}


@pytest.mark.requirement("I1")
def test_money_that_is_not_what_is_owed_is_refused_and_nothing_is_written(park):
    with writing(SYSTEM) as s:
        s.merge(park.lease)
    wrong = (
        ({}, [cash("26047.00")], "入驻费用应收 26,048.00 元，填的是 26,047.00 元；须一次收齐，请核对。"),
        ({"shown": Decimal(25000)}, [cash("25000.00")],
         "应收金额已变为 26,048.00 元，不是 25,000.00 元（可能刚有人收款或改过标准），请核对后再收。"),
        ({"version": 7}, [cash("26048.00")], None),
    )  # fmt: skip
    for told, tenders, sentence in wrong:
        with pytest.raises(Refused) as why:
            collect(park, *tenders, **told)
        assert sentence is None or why.value.message == sentence
        assert sentence is not None or isinstance(why.value, Conflict)
    with pytest.raises(Refused, match="^您没有“收款、开收据与日结”的权限"):
        collect(park, actor=park.desk)
    with reading(SYSTEM) as s:
        assert [len(s.scalars(select(each)).all()) for each in (Payment, Deposit, Bill)] == [0, 0, 0]
    assert case_of(park).version == 1


def test_a_month_billed_to_somebody_else_is_not_billed_over(park):
    with writing(SYSTEM) as s:
        other = a_customer(s, park.estate, "前租户公司")
        a_bill(s, s.merge(park.unit), park.item, "888.00", date(2026, 12, 1), customer_id=other.id)
    with pytest.raises(Refused) as why:
        collect(park)
    assert why.value.message == (
        f"1-1-101 2026-12 的“{park.item.name}”已给别人出过账，请先在“账单”作废那张账单，再收入驻费用。"
    )
    with reading(SYSTEM) as s:
        assert s.scalars(select(Payment.id)).all() == []


def test_two_cashiers_at_once_collect_once(park):
    said: list[object] = []

    def press(cashier):
        with pretending(NOW):
            try:
                said.append(len(collect(park, actor=cashier)))
            except Refused as why:
                said.append(why.message)

    threads = [threading.Thread(target=press, args=(each,)) for each in (park.cashier, park.other_cashier)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(map(str, said)) == ["4", "入驻费用已经收齐，不用再收。"]
    with reading(SYSTEM) as s:
        assert sum(s.scalars(select(Payment.amount))) == Decimal("26048.00")


# ── the park: notice, papers, hand-over ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("I8")
def test_the_notice_waits_for_the_fees_and_names_papers_and_day(park):
    with pytest.raises(Refused) as why, writing(park.desk) as s:
        issuing.issue(s, "move_in_notice", park.case_id, print_nothing)
    assert why.value.message == (
        "还不能开具《入伙通知书》：入驻费用还没有收齐：房租押金、物业管理费保证金、首期房租、首期物业管理费，"
        "共 26,048.00 元，请收费员收取。 还没有约定收楼时间，请先“约定收楼时间”。"
    )
    collect(park)
    do(park.desk, park, "appoint", {"appointed_at": at(1, 9)})
    with writing(park.desk) as s:
        paper = issuing.issue(s, "move_in_notice", park.case_id, print_nothing)
        assert paper.number == f"RHT{park.estate.mark}-20261124-001"
        assert paper.data["opening"].startswith(
            "廊坊云图科技有限公司：\n贵方租用的 1号楼 1-1-101 已具备交付条件，入驻费用已经收讫。"
            "现请贵方于 2026年12月1日 09:00 到物业服务中心"
        )
        (table,) = paper.data["tables"]
        assert [row["cells"][1:] for row in table["rows"]] == [
            ["营业执照副本复印件", "加盖公章"],
            ["委托书原件", "由公司签署，加盖公章"],
            ["被委托人身份证明", "原件核对、复印件留存，盖“仅供办理入驻使用”章"],
        ]
        assert (
            paper.data["clauses"][1]
            == "现场需要签署：《客户服务手册确认书》、《治安、防火安全责任书》。文本可提前向我们索取阅看。"
        )
    with reading(park.desk) as s:
        assert KNOWS["notice"](s, case_by_id(s, park.case_id)) is None


@pytest.mark.requirement("I1")
def test_the_fee_sheet_says_each_line_and_the_sum_in_capitals(park):
    with writing(park.cashier) as s:
        paper = issuing.issue(s, "entry_fee_sheet", park.case_id, print_nothing)
    assert (paper.data["total"], paper.data["capitals"]) == ("26048.00", "贰万陆仟零肆拾捌元整")
    (table,) = paper.data["tables"]
    assert [row["cells"][1:4] for row in table["rows"]] == [
        ["房租押金", "148.00 m² × 38.00 元 × 1 月 = 5624.00 元；3 个月合计 16872.00 元", "16,872.00"],
        ["物业管理费保证金", "148.00 m² × 6.00 元 × 1 月 = 888.00 元；3 个月合计 2664.00 元", "2,664.00"],
        ["首期房租", "148.00 m² × 38.00 元 × 1 月 = 5624.00 元", "5,624.00"],
        ["首期物业管理费", "148.00 m² × 6.00 元 × 1 月 = 888.00 元", "888.00"],
    ]


@pytest.mark.requirement("I2")
def test_a_missing_paper_blocks_the_hand_over_and_is_named(park):
    ready_to_hand_over(park)
    with writing(park.desk) as s:
        line = next(each for each in checklists.items_of(s, park.case_id) if each.key == "authorisation")
        checklists.take_back(s, park.case_id, line.id, "印章不清")
    refused("还缺：委托书原件。", park.desk, park, HAND_OVER)
    with writing(park.desk) as s:
        checklists.tick(s, park.case_id, {line.id: "12月1日补交"})
        done = next(each for each in checklists.seen(s, case_by_id(s, park.case_id), KNOWS) if each.id == line.id)
    assert (done.done, done.remark, done.by) == (True, "12月1日补交", "王芳")
    assert do(park.desk, park, HAND_OVER).state == State.HANDED_OVER


@pytest.mark.requirement("I2")
def test_everything_that_is_missing_is_said_at_once(park):
    assert standing(park, HAND_OVER) == [(
        "还缺：营业执照副本复印件、委托书原件、被委托人身份证明、《客户服务手册确认书》、《治安、防火安全责任书》。"
        "入驻费用还没有收齐：房租押金、物业管理费保证金、首期房租、首期物业管理费，共 26,048.00 元，请收费员收取。"
        "请先开具《入伙通知书》。还没有验房，请和客户逐项验收并签字。还没有发放钥匙或门禁卡，请先登记发放并由客户签收。"
    )]  # fmt: skip


@pytest.mark.requirement("I3")
def test_the_two_papers_are_issued_signed_and_ticked_by_themselves(park):
    with writing(park.desk) as s:
        case = case_by_id(s, park.case_id)
        handbook, safety = (sign_paper(s, case, kind) for kind in ("handbook_confirmation", "safety_undertaking"))
        assert (safety.data["title"], safety.signed_by, safety.signed_on) == (
            "治安、防火安全责任书", "林经理", date(2026, 11, 24)
        )  # fmt: skip
        assert handbook.data["title"] == "客户服务手册确认书"
        ticked = [each.key for each in checklists.items_of(s, case.id)
                  if each.kind is ItemKind.SIGNED and each.done_at is not None]  # fmt: skip
    assert ticked == ["handbook", "safety"]


def test_the_hand_over_lets_the_unit_begin_on_its_day(park):
    with writing(SYSTEM) as s:
        space = a_space(s, park.estate, ParkingTenure.FREE)
    do(park.desk, park, "correct", {"contract_id": park.lease.id, "starts_on": date(2026, 12, 1),
                                    "parking_space_id": space.id})  # fmt: skip
    ready_to_hand_over(park)
    case = do(park.desk, park, HAND_OVER)
    assert (case.handed_over_on, case.due_at) == (date(2026, 11, 24), None)
    with reading(park.desk) as s:
        (row,) = s.scalars(select(Occupancy).where(Occupancy.unit_id == park.unit.id)).all()
        assert (row.customer_id, row.relation, row.starts_on) == (
            park.customer.id, Relation.TENANT, date(2026, 12, 1)
        )  # fmt: skip
        assert s.get_one(type(space), space.id).customer_id == park.customer.id
        assert s.get_one(Unit, park.unit.id).state is UnitState.VACANT  # until the day has come


# ── the park: renovation, fire, move ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("I6")
def test_the_move_waits_for_plates_works_and_the_fire_document(park):
    ready_to_hand_over(park)
    do(park.desk, park, HAND_OVER)
    with writing(park.desk) as s:
        works = a_renovation(s, park)
    moving = {"move_from": at(5, 9), "move_to": at(5, 12)}
    refused(
        "还没有登记《客户名牌申请表》（大堂名牌、楼层水牌）。"
        f"装修单 {works.number} 还是“待送审”，请先验收合格或撤回。"
        "还没有登记消防文件（验收合格意见书、备案凭证或开业检查）。",
        park.desk, park, BOOK, moving,
    )  # fmt: skip
    with writing(park.desk) as s:
        plates.apply(s, park.case_id, ["lobby", "floor"], "云图科技")
        perform(s, works.id, "withdraw", {"note": "不装了"})
        perform(s, park.case_id, "file_fire", {"fire_kind": "filing", "fire_number": "廊消备〔2026〕12号",
                                               "fire_on": date(2026, 11, 20)})  # fmt: skip
    assert do(park.desk, park, BOOK, moving).state == State.BOOKED


@pytest.mark.requirement("I6")
def test_a_fire_document_has_number_and_a_day_that_has_come(park):
    with pytest.raises(Refused) as why:
        do(park.desk, park, "file_fire", {"fire_kind": "acceptance"})
    assert why.value.problems == {"fire_number": "请填写文号。", "fire_on": "请填写出具日期。"}
    with pytest.raises(Refused) as why:
        do(park.desk, park, "file_fire", {"fire_kind": "acceptance", "fire_number": "1", "fire_on": date(2026, 11, 25)})
    assert why.value.problems == {"fire_on": "出具日期不能晚于今天。"}
    refused("请在备注写明为什么不需办理，由管理处主任审批。", park.desk, park, "file_fire", {"fire_kind": "not_needed"})


@pytest.mark.requirement("I6")
def test_that_no_fire_document_is_needed_is_for_the_director_to_say(park):
    do(park.desk, park, "file_fire", {"fire_kind": "not_needed", "note": "面积不足 300 平米，未装修"})
    with reading(park.desk) as s:
        gate = KNOWS["fire"]
        assert str(gate(s, case_by_id(s, park.case_id))) == "“不需办理消防文件”还在等管理处主任审批。"
    refused("管理处主任没有这样决定。", park.director, park, "agree_fire")
    verdict(park, Verdict.DENIED, "二次装修过，须备案")
    assert (case_of(park).fire_kind, case_of(park).fire_agreed) == (None, False)
    do(park.desk, park, "file_fire", {"fire_kind": "not_needed", "note": "核实未改动消防设施"})
    verdict(park, Verdict.GRANTED)  # the same director may decide what is asked anew
    with reading(park.desk) as s:
        case = case_by_id(s, park.case_id)
        assert gate(s, case) is None
        steps = s.scalars(select(Event.action).where(Event.case_id == case.id).order_by(Event.id)).all()
    assert steps == ["open", "file_fire", "refuse_fire", "file_fire", "agree_fire"]
    refused("管理处主任没有这样决定。", park.director, park, "agree_fire")


def verdict(park, said, note=""):
    with writing(park.director) as s:
        waiting = s.scalar(select(Approval).where(Approval.subject == "fire_exemption",
                                                  Approval.verdict == Verdict.WAITING))  # fmt: skip
        decide(s, waiting.id, said, note)


@pytest.mark.requirement("I7")
def test_inside_office_hours_a_move_is_refused_with_the_next_free_times(park):
    ready_to_book(park)
    refused(
        "办公时间（工作日 08:00–18:00）内不能搬迁。"
        "最近可约：12-02 18:00–20:00、12-02 20:00–22:00、12-03 18:00–20:00。",
        park.desk, park, BOOK, {"move_from": at(2, 14), "move_to": at(2, 16)},
    )  # fmt: skip
    refused("搬迁的结束时间要晚于开始时间。", park.desk, park, BOOK, {"move_from": at(2, 20), "move_to": at(2, 18)})
    refused("搬迁时间已经过去，请约以后的时间。", park.desk, park, BOOK,
            {"move_from": at(21, 9, 11), "move_to": at(21, 12, 11)})  # fmt: skip
    refused("一次搬迁最长 24 小时，请分次预约或改短。", park.desk, park, BOOK,
            {"move_from": at(4, 18), "move_to": at(6, 18)})  # fmt: skip
    case = do(park.desk, park, BOOK, {"move_from": at(2, 18), "move_to": at(2, 21)})
    assert (case.state, case.move_from, case.due_at) == (State.BOOKED, at(2, 18), at(2, 21))


@pytest.mark.requirement("I7")
def test_one_building_takes_one_move_at_a_time(park):
    ready_to_book(park)
    do(park.desk, park, BOOK, {"move_from": at(5, 9), "move_to": at(5, 12)})
    number = case_of(park).number
    with writing(park.desk) as s:
        unit = a_unit(s, s.merge(park.building), room="202")
        other = a_move_in(s, park, unit_id=unit.id)
        with pytest.raises(Refused) as why:
            moving_times.reserve(s, other, at(5, 11), at(5, 13))
        assert why.value.message == (
            f"这段时间本楼已约了 1-1-101 搬迁（{number}）。最近可约：12-05 12:00–14:00、12-05 14:00–16:00、"
            "12-05 16:00–18:00。"
        )
        moving_times.reserve(s, other, at(5, 12), at(5, 13))
    refused(
        f"这段时间本楼已约了 1-1-202 搬迁（{other.number}）。最近可约：12-05 08:00–12:00、12-05 13:00–17:00、"
        "12-05 17:00–21:00。",
        park.desk, park, BOOK, {"move_from": at(5, 9), "move_to": at(5, 13)},
    )  # fmt: skip
    do(park.desk, park, BOOK, {"move_from": at(5, 10), "move_to": at(5, 12)})  # its own time is not in its way
    do(park.desk, park, "unbook", {"note": "改期"})
    with reading(SYSTEM) as s:
        assert s.scalars(select(MovingTime.case_id)).all() == [other.id]


@pytest.mark.requirement("I7")
def test_of_two_who_book_the_same_time_at_once_one_is_told(park):
    with writing(park.desk) as s:
        unit = a_unit(s, s.merge(park.building), room="202")
        cases = [park.case_id, a_move_in(s, park, unit_id=unit.id).id]
    said: list[str] = []

    def book(case_id):
        with pretending(NOW):
            try:
                with writing(park.desk) as s:
                    moving_times.reserve(s, case_by_id(s, case_id), at(5, 9), at(5, 12))
                said.append("kept")
            except Refused as why:
                said.append(why.message[:13])

    threads = [threading.Thread(target=book, args=(each,)) for each in cases]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(said) == ["kept", "这段时间本楼已约了 1-1"]


def test_free_times_are_never_before_now_and_pass_over_working_hours(park):
    with reading(park.desk) as s:
        found = moving_times.free_times(s, park.building.id, date(2026, 11, 20), 4)
    assert [moving_times.said_window(each) for each in found] == [
        "11-24 18:00–20:00", "11-24 20:00–22:00", "11-25 18:00–20:00", "11-25 20:00–22:00"
    ]  # fmt: skip


def test_an_estate_may_decide_otherwise(park):
    with writing(park.director) as s:
        settings.change(s, moving_times.RULE, park.estate.id, moving_times.ANY)
        moving_times.check(s, park.building.id, at(2, 14), at(2, 16), None)


@pytest.mark.requirement("I1", "I2", "I3", "I6", "I7", "I8")
def test_a_company_moves_in_from_open_to_done(park):
    ready_to_book(park)
    do(park.desk, park, BOOK, {"move_from": at(2, 18), "move_to": at(2, 21)})
    refused("约定的搬迁时间 12-02 18:00–21:00 还没到；不搬了请先“取消搬迁预约”。", park.desk, park, COMPLETE)
    with pretending(at(3, 9)):
        case = do(park.desk, park, COMPLETE)
    assert (case.state, case.closed_on, case.handled_by) == (State.DONE, date(2026, 12, 3), park.desk.user_id)
    with reading(park.desk) as s:
        case = case_by_number(s, case.number)
        assert all(each.done for each in checklists.seen(s, case, KNOWS))
        steps = s.scalars(select(Event.action).where(Event.case_id == case.id).order_by(Event.id)).all()
    assert steps == [
        "open", "collect", "appoint", "tick", "tick", "tick", "inspect", "inspect", "inspect", "hand_over",
        "file_fire", "book", "complete",
    ]  # fmt: skip


def test_what_happens_to_keys_later_does_not_undo_a_finished_move_in(park):
    ready_to_book(park)
    do(park.desk, park, BOOK, {"move_from": at(2, 18), "move_to": at(2, 21)})
    with pretending(at(3, 9)), writing(park.desk) as s:
        perform(s, park.case_id, COMPLETE)
        for each in cards.held(s, park.unit.id):
            cards.give_back(s, each.id)
        for each in s.scalars(select(Deposit)):
            each.held = 0
        s.flush()
        assert all(each.done for each in checklists.seen(s, case_by_id(s, park.case_id), KNOWS))


# ── homes ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("I9")
def test_an_owner_moves_in_and_no_fee_holds_his_keys(home):
    with writing(SYSTEM) as s:
        s.merge(home.unit).state = UnitState.UNSOLD
    with writing(home.desk) as s:
        home.case_id = a_move_in(s, home, starts_on=date(2026, 11, 24)).id
    case = case_of(home)
    assert case.template is Formality.OWNER
    assert standing(home, HAND_OVER) == [(
        "还缺：业主身份证明、购房合同或不动产权证书。还没有验房，请和客户逐项验收并签字。"
        "还没有发放钥匙或门禁卡，请先登记发放并由客户签收。"
    )]  # fmt: skip
    with writing(home.desk) as s:
        case = case_by_id(s, home.case_id)
        tick_off(s, case, "identity", "title")
        inspect(s, case, "吴学文")
        hand_keys(s, case, "吴学文")
        assert perform(s, case.id, HAND_OVER).state == State.HANDED_OVER
        unit = s.get_one(Unit, home.unit.id)
        assert (unit.handed_over_on, unit.state) == (date(2026, 11, 24), UnitState.OWNER_OCCUPIED)
        assert s.scalars(select(Occupancy.relation).where(Occupancy.unit_id == unit.id)).all() == [Relation.OWNER]
    refused("还缺：遵守临时管理规约承诺书。", home.desk, home, COMPLETE)
    with writing(home.desk) as s:
        sign_paper(s, case_by_id(s, home.case_id), "owner_undertaking", "吴学文")
        assert perform(s, home.case_id, COMPLETE).state == State.DONE
        assert s.scalars(select(Bill.id)).all() == []


@pytest.mark.requirement("I7", "I9")
def test_at_home_a_move_keeps_the_quiet_hours(home):
    with writing(home.desk) as s:
        case = a_move_in(s, home)
        for hours in ((13, 15), (7, 9), (20, 22)):
            with pytest.raises(Refused, match="^休息时间（12:00–14:00、21:00–08:00）内不能搬迁。最近可约："):
                moving_times.reserve(s, case, at(2, hours[0]), at(2, hours[1]))
        moving_times.reserve(s, case, at(2, 9), at(2, 12))


@pytest.mark.requirement("I9")
def test_an_owner_s_tenant_needs_the_owner_s_word_his_identity_and_a_phone(home):
    with writing(SYSTEM) as s:
        an_occupancy(s, home.unit, home.customer)
        tenant = a_customer(s, home.estate, "何敏")
    with writing(home.desk) as s:
        home.case_id = a_move_in(s, home, customer_id=tenant.id, starts_on=date(2026, 11, 24)).id
    assert case_of(home).template is Formality.TENANT
    assert standing(home, HAND_OVER) == ["还缺：业主告知出租、租户身份证明。客户档案还缺：联系电话、居住/办公人数。"]
    with writing(home.desk) as s:
        told = {"phone": "13700137000", "occupants": "2", "members": "何小雨 13700137001\n何奶奶"}
        household_files.fill(s, home.case_id, told, token="file")
        household_files.fill(s, home.case_id, told, token="file")  # a second press
        assert s.get_one(Customer, tenant.id).occupants == 2
        assert s.scalars(select(CustomerPhone.number).where(CustomerPhone.customer_id == tenant.id)).all() == [
            "13700137000"
        ]
        case = case_by_id(s, home.case_id)
        tick_off(s, case, "lease_told", "identity")
        perform(s, case.id, HAND_OVER)
        assert perform(s, case.id, COMPLETE).state == State.DONE
        rows = s.execute(
            select(Customer.name, Occupancy.relation)
            .join(Customer, Customer.id == Occupancy.customer_id)
            .where(Occupancy.unit_id == home.unit.id)
            .order_by(Occupancy.id)
        ).all()
    assert [tuple(each) for each in rows] == [
        ("吴学文", Relation.OWNER), ("何小雨", Relation.FAMILY), ("何奶奶", Relation.FAMILY), ("何敏", Relation.TENANT)
    ]  # fmt: skip
    with reading(home.desk) as s:
        assert s.get_one(Unit, home.unit.id).state is UnitState.LET


# ── from the wrong side ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_formality_of_another_kind_of_estate_is_refused(home):
    with pytest.raises(Refused) as why, writing(home.desk) as s:
        a_move_in(s, home, template="park")
    assert why.value.message == "“园区入驻”不用于住宅小区，请另选。"
    assert home.estate.kind is EstateKind.HOMES


def test_the_same_customer_is_not_taken_in_twice(park):
    with pytest.raises(Refused) as why, writing(park.desk) as s:
        a_move_in(s, park)
    number = case_of(park).number
    assert why.value.message == f"这位客户在这套房屋已有入住手续 {number}，请打开原单办理。"


def test_a_lease_of_somebody_else_is_refused(park):
    with writing(SYSTEM) as s:
        other = a_lease(s, a_customer(s, park.estate, "别家公司"), park.unit, year=2027)
    told = {"contract_id": other.id, "starts_on": date(2026, 12, 1)}
    refused(f"合同 {other.number} 不是这位客户在这套房屋的，请重新选择。", park.desk, park, "correct", told)
    told = {"contract_id": park.lease.id, "starts_on": date(2026, 11, 30)}
    refused("入住日期要在合同期内（2026-12-01 至 2027-11-30）。", park.desk, park, "correct", told)


def test_wrong_roles_stale_pages_and_the_past_are_refused(park):
    refused("“办理交接”不在您的权限内。", park.cashier, park, HAND_OVER)
    refused("“收入驻费用”不在您的权限内。", park.desk, park, "collect")
    refused("“同意免办消防文件”不在您的权限内。", park.supervisor, park, "agree_fire")
    refused(
        "收楼时间已经过去，请约以后的时间。", park.desk, park, "appoint", {"appointed_at": NOW - timedelta(hours=1)}
    )
    do(park.desk, park, "appoint", {"appointed_at": at(1, 9)})
    with pytest.raises(Conflict, match="王芳"):
        do(park.other_desk, park, "appoint", {"appointed_at": at(1, 10)}, version=1)
    assert case_of(park).appointed_at == at(1, 9)
    number = case_of(park).number
    refused(f"{number} 现在是“办理中”，不能约搬迁时间。", park.desk, park, BOOK,
            {"move_from": at(5, 9), "move_to": at(5, 12)})  # fmt: skip


def test_what_is_paid_goes_back_before_it_is_given_up(park):
    collect(park)
    refused("已收押金 19,536.00 元，请先办退还押金，再撤销。", park.desk, park, "withdraw", {"note": "不租了"})
    with writing(SYSTEM) as s:
        for each in s.scalars(select(Deposit)):
            each.held = 0
    refused("首期费用已收，请先红冲或作废账单，再撤销。", park.desk, park, "withdraw", {"note": "不租了"})
    with writing(park.cashier) as s:
        for each in s.scalars(select(Bill.id)).all():
            billing.void_bill(s, each, "不租了")
    case = do(park.desk, park, "withdraw", {"note": "不租了"})
    assert (case.state, case.counts) == (State.WITHDRAWN, False)


def test_a_first_month_taken_back_leaves_no_bill_with_who_never_came(park):
    collect(park)
    with writing(park.cashier) as s:
        for each in s.scalars(select(Payment.id)).all():
            reversals.void_payment(s, each, "不租了")
    sentence = "首期费用已红冲，账单还在客户名下，请先作废账单，再撤销。"
    refused(sentence, park.desk, park, "withdraw", {"note": "不租了"})
    with writing(park.cashier) as s:
        for each in s.scalars(select(Bill.id)).all():
            billing.void_bill(s, each, "不租了")
    assert do(park.desk, park, "withdraw", {"note": "不租了"}).state == State.WITHDRAWN


def test_keys_and_plates_come_back_before_it_is_given_up(home):
    with writing(home.desk) as s:
        home.case_id = a_move_in(s, home).id
        hand_keys(s, case_by_id(s, home.case_id), "吴学文")
        (plate,) = plates.apply(s, home.case_id, ["lobby"], "云图科技")
    number = f"C{home.case_id:05}"
    left = (
        f"本单发放的还没交回：钥匙 3 把、门禁卡 {number}。请收回，丢失的登记挂失。"
        "还有没拆除或没撤销的名牌：大堂名牌“云图科技”（已申请）。"
    )
    refused(left.replace("。还有", "。 还有"), home.desk, home, "withdraw", {"note": "不来了"})
    with writing(home.desk) as s:
        keys, card = cards.held(s, home.unit.id)
        cards.give_back(s, keys.id)
        cards.report_lost(s, card.id, "没带来")
        plates.take_down(s, plate.id, date(2026, 11, 24))
    assert do(home.desk, home, "withdraw", {"note": "不来了"}).state == State.WITHDRAWN


def test_a_day_outside_the_lease_is_refused_at_once(park):
    do(park.desk, park, "withdraw", {"note": "录错"})
    with writing(park.desk) as s, pytest.raises(Refused) as why:
        a_move_in(s, park, starts_on=date(2026, 11, 30))
    assert why.value.problems == {"starts_on": "入住日期要在合同期内（2026-12-01 至 2027-11-30）。"}


def test_once_handed_over_it_is_left_by_moving_out_not_by_voiding(park):
    ready_to_hand_over(park)
    do(park.desk, park, HAND_OVER)
    with pytest.raises(Refused, match="^还不能作废：2026-11-24 已交接，不能作废；客户不住了请办迁出。"):
        do(park.supervisor, park, "void", {"note": "录错"})


def test_every_known_line_of_the_templates_has_its_gate():
    for template in move_ins.TEMPLATES.values():
        for line in template.lines:
            assert line.kind is not ItemKind.KNOWN or line.key in KNOWS
            assert not line.before or move_ins.PROCESS.action(line.before)
    assert {each.key for each in move_ins.TEMPLATES.values()} == {
        "move_ins.owner", "move_ins.tenant", "move_ins.park"
    }  # fmt: skip
    assert issubclass(MoveIn, move_ins.Case)
