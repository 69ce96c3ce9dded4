"""Moving out 迁出: park, tenant and owner from application to done, and each gate from the wrong side (HB:333-337)."""

from __future__ import annotations

import threading
from datetime import date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from db.approvals import Verdict, decide, steps_of
from db.cases import CaseLink, Event, case_by_id
from db.checklists import items_of
from db.clock import ZONE, pretending
from db.dossiers import cards, handover_readings, inspections, move_out_money, plates, tenancies
from db.dossiers.card_tables import Holding
from db.dossiers.handover_readings import Direction, Typed
from db.dossiers.inspection_tables import InspectionKind, PointResult
from db.dossiers.move_out_templates import Formality, Service
from db.dossiers.moving_times import MovingTime
from db.jobs import run_due
from db.ledger import billing, books, corrections, deposits, payments
from db.ledger.money_tables import Correction, CorrectionState, Deposit, DepositKind
from db.ledger.tables import Basis, Bill, FeeKind
from db.papers import issuing
from db.people import SYSTEM
from db.process import missing_for, open_case, perform, process_of
from db.processes import goods_passes, move_outs
from db.processes.move_outs import KNOWS, MoveOut, State
from db.refused import Conflict, Refused
from db.registry import Contract, EstateKind, Occupancy, ParkingSpace, ParkingTenure, Relation, Unit, UnitState
from db.session import reading, writing
from tests.builders import a_customer, an_occupancy
from tests.dossiers import print_nothing, sign_paper, tick_off
from tests.money import Till, a_fee_item, a_lease, a_meter, a_payee, a_space, a_tariff, cash

D = Decimal
NOV, LAST = date(2026, 11, 1), date(2026, 11, 14)


def at(day, hour=10, minute=0, month=11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


def on(day, hour=10, month=11):
    return pretending(at(day, hour, month=month))


class Leaving(Till):
    """A suite of 148 m² let at rent 38 and fee 6, with deposits, a bay and a water meter; November is billed and paid.

    The fee deposit is 2,664.00, the rent deposit 16,872.00; water is not yet billed.
    """

    def __init__(self, s, kind=EstateKind.PARK) -> None:
        super().__init__(s)
        self.estate.kind = kind
        self.unit.area, self.unit.state = D(148), UnitState.LET
        self.customer.name = "廊坊云图科技有限公司"
        told = {"payer": Relation.TENANT}
        self.tenancy = an_occupancy(s, self.unit, self.customer, Relation.TENANT, starts_on=date(2026, 1, 1))
        self.lease = a_lease(s, self.customer, self.unit)
        self.landlord = a_payee(s, self.estate, "科技谷开发公司")
        self.rent, self.water = a_fee_item(s, self.landlord, FeeKind.RENT), a_fee_item(s, self.payee, FeeKind.WATER)
        a_tariff(s, self.item, "6.00", contract_id=self.lease.id, **told)
        a_tariff(s, self.rent, "38.00", basis=Basis.RENT, contract_id=self.lease.id, **told)
        a_tariff(s, self.water, "6.30", basis=Basis.METERED, **told)
        self.meter = a_meter(s, self.unit, self.water, base="100")
        self.bay = a_space(s, self.estate, ParkingTenure.LET, self.customer)


def a_leaving(kind=EstateKind.PARK) -> Leaving:
    with on(1), writing(SYSTEM) as s:
        made = Leaving(s, kind)
    run_due(at(1))
    with on(2):
        with writing(made.finance) as s:
            billing.publish(s, made.estate.id, NOV, [made.item.id, made.rent.id])
        with writing(made.cashier) as s:
            for payee, amount, deposit, held in (
                (made.payee, "888.00", DepositKind.FEE, "2664.00"),
                (made.landlord, "5624.00", DepositKind.RENT, "16872.00"),
            ):
                payments.pay(s, made.unit.id, payee.id, [cash(amount)])
                deposits.take_deposit(s, made.unit.id, payee.id, deposit, [cash(held)], customer_id=made.customer.id)
        with writing(made.desk) as s:
            for number in ("C1", "C2"):
                cards.hand_out(s, made.unit.id, "access_card", number, customer_id=made.customer.id)
    return made


@pytest.fixture
def park(engine):
    return a_leaving()


@pytest.fixture
def suite(sqlite_engine):
    """The same, where one engine is enough."""
    return a_leaving()


def apply(office, **values) -> MoveOut:
    told = {"unit_id": office.unit.id, "customer_id": office.customer.id, "reason": "early", "wished_on": LAST,
            "forwarding_address": "北京市海淀区中关村大街 1 号", "agent_name": "林经理",
            "goods": "办公桌 12 张\n电脑 20 台"} | values  # fmt: skip
    with writing(office.desk) as s:
        return open_case(s, "move_outs", told)


def do(office, case, action, values=None, *, actor=None, **told):
    with writing(actor or office.desk) as s:
        return perform(s, case.id, action, values, **told)


def seen(office, case) -> tuple[int, str, date | None]:
    with reading(office.desk) as s:
        found = case_by_id(s, case.id)
        return found.version, found.state, found.cut_off


def missing(office, case, action) -> list[str]:
    with reading(office.desk) as s:
        return missing_for(s, case_by_id(s, case.id), process_of("move_outs").action(action))


def confirm(office, case, cut_off=LAST, **values):
    with writing(office.desk) as s:
        tick_off(s, case)
        perform(s, case.id, "book", {"move_from": at(14, 9), "move_to": at(14, 12), "route": "货梯 → 东门"})
        return perform(s, case.id, "confirm", {"cut_off": cut_off} | values)


def inspect_out(s, case, **found):
    inspection = inspections.begin(s, case.id, InspectionKind.OUT)
    inspections.note(s, inspection.id, {
        each.id: (PointResult.DEFECT, found[each.label]) if each.label in found else (PointResult.OK, "")
        for each in inspections.points_of(s, inspection.id)
    })  # fmt: skip
    return inspections.sign(s, inspection.id, "林经理", LAST)


def hand_back(office, case):
    """Do all that comes before the final bills: the notice, the inspection, the closing reading."""
    with writing(office.desk) as s:
        issuing.issue(s, "move_out_confirmation", case.id, print_nothing)
        inspect_out(s, case)
    with writing(office.steward) as s:
        handover_readings.take(s, case.id, {office.meter.id: Typed("110")}, Direction.OUT)


def clean(s) -> bool:
    return all(not each.findings for each in books.run(s, books.Scope()))


# ── the park's story ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("O1")
@pytest.mark.requirement("O2")
def test_a_company_leaves_with_its_books_settled(park):
    with on(2):
        case = apply(park)
        assert (case.number, case.state, case.template, case.contract_id) == (
            f"QC{park.estate.mark}-20261102-001", State.APPLIED, Formality.PARK, park.lease.id
        )  # fmt: skip
        assert missing(park, case, "confirm") == [
            "还缺：《退租迁出申请表》、委托书原件、经办人身份证明。还没有约定迁出时间和路线，请先“约迁出时间”。"
        ]
    with on(5):
        with writing(park.desk) as s:
            tick_off(s, case, "authorisation", "agent_identity")
            sign_paper(s, case, "move_out_application")
            perform(s, case.id, "book", {"move_from": at(14, 9), "move_to": at(14, 12), "route": "货梯 → 东门"})
            perform(s, case.id, "confirm", {"cut_off": LAST, "network_until": date(2026, 11, 20)})
        with reading(park.desk) as s:
            assert move_outs.ends_of(s, case.id) == {
                each: date(2026, 11, 20) if each is Service.NETWORK else LAST for each in Service
            }
            assert (s.get_one(Occupancy, park.tenancy.id).ends_on, s.get_one(Contract, park.lease.id).ends_on) == (
                LAST, LAST
            )  # fmt: skip
            assert s.get_one(ParkingSpace, park.bay.id).ends_on == LAST
            assert s.get_one(Unit, park.unit.id).state is UnitState.LET
        assert missing(park, case, "settle")[0] == (
            "请先开具《迁出确认书》。还没有验房，请和客户逐项验收并签字。还没有抄表："
            f"{park.water.name}。"
        )
    with on(14):
        hand_back(park, case)
        assert missing(park, case, "settle") == []
        settled = do(park, case, "settle", {"refund_account": "工行 6222 … 8888"}, actor=park.cashier)
        assert (settled.state, settled.settled_on) == (State.SETTLED, LAST)
        # 888 × 14/30 = 414.40 and 5,624 × 14/30 = 2,624.53; of the fee's 473.60 the water's 63.00 is paid.
        assert settled.final["freed"] == {str(park.payee.id): "410.60", str(park.landlord.id): "2999.47"}
        with reading(park.cashier) as s:
            rows = s.execute(select(Bill.fee_item_id, Bill.period_to, Bill.amount, Bill.paid)
                             .where(Bill.voided_at.is_(None)).order_by(Bill.id)).all()  # fmt: skip
            assert sorted(rows) == sorted([
                (park.item.id, LAST, D("414.40"), D("414.40")), (park.rent.id, LAST, D("2624.53"), D("2624.53")),
                (park.water.id, LAST, D("63.00"), D("63.00")),
            ])  # fmt: skip
            asked = s.execute(select(Correction.amount, Correction.state, Correction.evidence)).all()
            assert asked == [(D("410.60"), CorrectionState.WAITING, "工行 6222 … 8888"),
                             (D("2999.47"), CorrectionState.WAITING, "工行 6222 … 8888")]  # fmt: skip
    leave_with_deposits_returned(park, case)
    run_due(at(15, 3))
    with reading(SYSTEM) as s:
        assert s.get_one(Unit, park.unit.id).state is UnitState.VACANT
        bay = s.get_one(ParkingSpace, park.bay.id)
        assert (bay.tenure, bay.customer_id) == (ParkingTenure.FREE, None)
        assert clean(s)


def leave_with_deposits_returned(park, case):
    """Give the deposits back, one card back and one lost; the director's consent is not waited for to close."""
    with on(14, 15):
        assert "".join(missing(park, case, "complete")) == (
            "还缺：《迁出结算单》。还有没交回的：门禁卡 C1（廊坊云图科技有限公司）、门禁卡 C2（廊坊云图科技有限公司）。"
            "请收回，丢失的登记挂失。还没处理的押金：物业管理费保证金 2,664.00 元、房租押金 16,872.00 元。"
            "请抵扣欠费、按损坏扣款，或申请退还。"
        )
        with writing(park.cashier) as s:
            for held in move_out_money.view(s, case_by_id(s, case.id)).deposits:
                move_out_money.give_back(s, case.id, held.id, held.held, paper="收据收回", token=f"t{held.id}")
        with writing(park.desk) as s:
            first, second = cards.held(s, park.unit.id)
            cards.give_back(s, first.id)
            cards.report_lost(s, second.id, "搬家时丢失")
            sign_paper(s, case, "move_out_statement")
        done = do(park, case, "complete")
        assert (done.state, done.closed_on) == (State.DONE, LAST)
        with reading(park.desk) as s:
            last = s.scalars(select(Event).where(Event.case_id == case.id).order_by(Event.id.desc())).first()
            assert (last.action, last.note) == ("complete", "")  # nothing is owed


@pytest.mark.requirement("O2")
def test_what_is_owed_is_set_off_and_damage_deducted_and_what_is_left_stays_his_debt(park):
    with on(2):
        case = apply(park)
        confirm(park, case)
        with writing(SYSTEM) as s:
            other = a_fee_item(s, park.payee, FeeKind.AIR_CONDITIONING)
            for amount, month in (("3000.00", date(2026, 9, 1)),):
                s.add(Bill(
                    estate_id=park.estate.id, building_id=park.building.id, unit_id=park.unit.id, fee_item_id=other.id,
                    customer_id=park.customer.id, payee_id=park.payee.id, month=month, source="", period_from=month,
                    period_to=month, amount=D(amount), calculation="", due_on=date(2026, 9, 10), made_by=1,
                    made_at=at(1),
                ))  # fmt: skip
    with on(14):
        hand_back(park, case)
        do(park, case, "settle", actor=park.finance)
        with reading(park.finance) as s:
            shown = move_out_money.view(s, case_by_id(s, case.id))
            # Of 473.60 paid for days after him 63.00 went to water and 410.60 to September.
            assert (shown.due, [(each.held, each.owed) for each in shown.deposits], shown.ahead[0].payee_id) == (
                D("2589.40"), [(D("2664.00"), D("2589.40")), (D("16872.00"), D(0))], park.landlord.id
            )  # fmt: skip
            fee, rent = shown.deposits
        with writing(park.finance) as s:
            assert move_out_money.set_off(s, case.id, fee.id, token="a") == D("2589.40")
        with writing(park.finance) as s:
            move_out_money.set_off(s, case.id, fee.id, token="a")
            move_out_money.deduct(s, case.id, fee.id, D("74.60"), reason="玻璃门修复", consent="验收单签字", token="b")
            move_out_money.give_back(s, case.id, rent.id, rent.held, paper="遗失声明", token="c")
        with reading(park.finance) as s:
            assert s.get_one(Deposit, fee.id).held == 0
            assert move_out_money.deposits_decided(s, case_by_id(s, case.id)) is None
            assert move_out_money.debt_said(s, case_by_id(s, case.id)) == ""
            notes = s.scalars(
                select(Event.note).where(Event.case_id == case.id, Event.action == "money").order_by(Event.id)
            )
            assert list(notes) == [
                "押金抵扣欠费：物业管理费保证金",
                "物业管理费保证金扣款 74.60 元：玻璃门修复",
                "申请退还房租押金 16,872.00 元",
            ]
        assert_money_gates_hold(park, case, rent)


def assert_money_gates_hold(park, case, rent):
    for actor, sentence in ((park.desk, "不在您的权限内"), (park.guard, "没有找到")):
        with pytest.raises(Refused, match=sentence), writing(actor) as s:
            move_out_money.give_back(s, case.id, rent.id, D(1), paper="x")
    with pytest.raises(Refused, match="已有一笔退还押金正在办理"), writing(park.cashier) as s:
        move_out_money.give_back(s, case.id, rent.id, D(1), paper="x")
    with writing(SYSTEM) as s:
        foreign = Leaving(s)
        other = Deposit(estate_id=foreign.estate.id, payee_id=foreign.payee.id, unit_id=foreign.unit.id,
                        customer_id=foreign.customer.id, kind=DepositKind.RENT, taken_on=NOV)  # fmt: skip
        s.add(other)
        s.flush()
    with pytest.raises(Refused, match="没有找到这笔押金"), writing(park.cashier) as s:
        move_out_money.set_off(s, case.id, other.id)


@pytest.mark.requirement("O2")
def test_arrears_hold_back_nothing_and_stay_his_debt_with_an_address(park):
    with on(2):
        case = apply(park)
        confirm(park, case)
        with writing(SYSTEM) as s:
            s.query(Deposit).update({Deposit.held: 0})
    with on(14):
        hand_back(park, case)
    with on(20):
        with writing(SYSTEM) as s:  # somebody bills a month that nobody had paid
            item = a_fee_item(s, park.payee, FeeKind.OTHER)
            a_tariff(s, item, "100.00", basis=Basis.FIXED, payer=Relation.TENANT)
        do(park, case, "settle", actor=park.cashier)
        with writing(park.desk) as s:
            for each in cards.held(s, park.unit.id):
                cards.give_back(s, each.id)
            sign_paper(s, case, "move_out_statement")
        done = do(park, case, "complete")
        assert (done.state, done.forwarding_address) == (State.DONE, "北京市海淀区中关村大街 1 号")
    with reading(park.desk) as s:
        bill = s.scalars(select(Bill).where(Bill.fee_item_id == item.id)).one()
        assert (bill.customer_id, bill.amount, bill.period_to) == (park.customer.id, D("46.67"), LAST)


@pytest.mark.requirement("O3")
def test_a_goods_pass_is_opened_from_it_whatever_is_owed(suite):
    with on(2):
        case = apply(suite)
        with writing(suite.desk) as s:
            opened = goods_passes.open_pass(
                s, {"unit_id": suite.unit.id, "customer_id": suite.customer.id, "taker": "self",
                    "goods": case.goods, "purpose": "removal"}, because_of=case,
            )  # fmt: skip
            link = s.scalars(select(CaseLink)).one()
            assert (link.case_id, link.other_id, link.kind) == (opened.id, case.id, "goods")


# ── homes ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def home(engine):
    return a_leaving(EstateKind.HOMES)


@pytest.mark.requirement("O2")
def test_a_homes_tenant_leaves_by_a_shorter_list_and_his_deposit_is_set_off_only_with_his_consent(home):
    with on(2):
        case = apply(home)
        assert case.template is Formality.TENANT
        with writing(home.desk) as s:
            tick_off(s, case)
            perform(s, case.id, "confirm", {"cut_off": LAST})
            keys = [each.key for each in items_of(s, case.id)]
        assert keys == ["application", "identity", "owner_told", "meters", "cards", "money", "statement"]
    with on(14):
        with writing(home.steward) as s:
            handover_readings.take(s, case.id, {home.meter.id: Typed("200")}, Direction.OUT)
        do(home, case, "settle", actor=home.cashier)
        with writing(home.cashier) as s:
            fee = move_out_money.view(s, case_by_id(s, case.id)).deposits[0]
            assert fee.owed == D("156.40")  # 630.00 of water − 473.60
        with pytest.raises(Refused, match="要有客户的书面同意"), writing(home.finance) as s:
            move_out_money.set_off(s, case.id, fee.id)
        with writing(home.finance) as s:
            assert move_out_money.set_off(s, case.id, fee.id, "结算单签字") == D("156.40")


@pytest.mark.requirement("O2")
def test_an_owner_who_sold_leaves_and_the_new_owner_holds_it_from_the_day_after(home):
    with writing(SYSTEM) as s:
        home.seller, home.buyer = a_customer(s, home.estate, "卖方"), a_customer(s, home.estate, "买方")
        owner = an_occupancy(s, home.unit, home.seller)
        kin = an_occupancy(s, home.unit, a_customer(s, home.estate, "卖方母亲"), Relation.FAMILY)
        lift = a_fee_item(s, home.payee, FeeKind.OTHER)
        a_tariff(s, lift, "30.00", basis=Basis.FIXED)
    with on(2):
        with writing(home.finance) as s:
            billing.publish(s, home.estate.id, NOV, [lift.id])
        case = apply(home, customer_id=home.seller.id, reason="sold")
        assert case.template is Formality.OWNER
        with writing(home.desk) as s:
            tick_off(s, case)
            perform(s, case.id, "confirm", {"cut_off": LAST, "successor_id": home.buyer.id})
    with on(15):
        with writing(home.steward) as s:
            handover_readings.take(s, case.id, {home.meter.id: Typed("110")}, Direction.OUT)
        do(home, case, "settle", actor=home.cashier)
    with reading(SYSTEM) as s:
        assert (s.get_one(Occupancy, owner.id).ends_on, s.get_one(Occupancy, kin.id).ends_on) == (LAST, LAST)
        rows = s.execute(
            select(Bill.customer_id, Bill.period_from, Bill.period_to, Bill.amount)
            .where(Bill.fee_item_id == lift.id, Bill.voided_at.is_(None)).order_by(Bill.period_from)
        )  # fmt: skip
        assert rows.all() == [
            (home.seller.id, NOV, LAST, D("14.00")),
            (home.buyer.id, date(2026, 11, 15), date(2026, 11, 30), D("16.00")),
        ]
        assert s.get_one(Occupancy, home.tenancy.id).ends_on is None  # sale breaks no lease


@pytest.mark.requirement("O1")
def test_a_sale_put_off_moves_the_new_owners_day_and_one_given_up_leaves_him_out(home):
    with writing(SYSTEM) as s:
        seller, buyer = a_customer(s, home.estate, "卖方"), a_customer(s, home.estate, "买方")
        an_occupancy(s, home.unit, seller)

    def owners():
        with reading(SYSTEM) as s:
            rows = select(Occupancy.customer_id, Occupancy.starts_on, Occupancy.ends_on).where(
                Occupancy.unit_id == home.unit.id, Occupancy.relation == Relation.OWNER
            )
            return s.execute(rows.order_by(Occupancy.id)).all()

    with on(5):
        case = apply(home, customer_id=seller.id, reason="sold")
        with writing(home.desk) as s:
            tick_off(s, case)
            perform(s, case.id, "confirm", {"cut_off": LAST, "successor_id": buyer.id})
        assert owners() == [(seller.id, None, LAST), (buyer.id, date(2026, 11, 15), None)]
        do(home, case, "change", {"cut_off": date(2026, 11, 20), "note": "过户推迟"})
        assert owners() == [(seller.id, None, date(2026, 11, 20)), (buyer.id, date(2026, 11, 21), None)]
        do(home, case, "withdraw", {"note": "不卖了"})
    assert owners() == [(seller.id, None, None)]


def test_who_owned_it_before_stays_when_his_co_owner_does_not_sell_to_him(suite):
    with writing(SYSTEM) as s:
        s.merge(suite.estate).kind = EstateKind.HOMES
        husband, wife = a_customer(s, suite.estate, "卖方"), a_customer(s, suite.estate, "配偶")
        for who, told in ((husband, {}), (wife, {"co_owner": True})):
            an_occupancy(s, suite.unit, who, starts_on=date(2020, 1, 1), **told)
    with on(5):
        case = apply(suite, customer_id=wife.id, reason="sold")
        with writing(suite.desk) as s:
            tick_off(s, case)
            perform(s, case.id, "confirm", {"cut_off": LAST, "successor_id": husband.id})
        do(suite, case, "withdraw", {"note": "不卖了"})
    with reading(SYSTEM) as s:
        held = select(Occupancy.customer_id, Occupancy.ends_on).where(Occupancy.relation == Relation.OWNER)
        assert s.execute(held.order_by(Occupancy.id)).all() == [(husband.id, None), (wife.id, None)]


def test_only_an_owner_who_sells_names_a_new_owner_and_not_himself(home):
    with writing(SYSTEM) as s:
        seller, buyer = a_customer(s, home.estate, "卖方"), a_customer(s, home.estate, "买方")
        an_occupancy(s, home.unit, seller)
    sentence = "新业主只在业主过户迁出时填写，且不能是迁出的客户本人，请改正。"
    with on(5):
        for leaving, successor in ((home.customer, buyer), (seller, seller)):
            case = apply(home, customer_id=leaving.id)
            with writing(home.desk) as s:
                tick_off(s, case)
                perform(s, case.id, "book", {"move_from": at(14, 9), "move_to": at(14, 12), "route": "东门"})
            told = refused(home, case, "confirm", {"cut_off": LAST, "successor_id": successor.id})
            assert told == f"{sentence} {sentence}"
            do(home, case, "withdraw", {"note": "不走了"})


# ── the dates change, he stays ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("O1")
def test_another_last_day_is_confirmed_anew_and_the_old_paper_does_not_stand(suite):
    with on(5):
        case = apply(suite)
        confirm(suite, case, network_until=date(2026, 11, 25))
        with writing(suite.desk) as s:
            old = issuing.issue(s, "move_out_confirmation", case.id, print_nothing)
        with pytest.raises(Refused, match="搬迁到 2026-11-14，费用截止日不能早于这一天"):
            do(suite, case, "change", {"cut_off": date(2026, 11, 13), "note": "早走一天"})
        do(suite, case, "change", {"cut_off": date(2026, 11, 20), "note": "晚走"})
        with reading(suite.desk) as s:
            ends = move_outs.ends_of(s, case.id)
            assert (ends[Service.FEES], ends[Service.POWER], ends[Service.NETWORK]) == (
                date(2026, 11, 20), date(2026, 11, 20), date(2026, 11, 25)
            )  # fmt: skip
            assert s.get_one(Occupancy, suite.tenancy.id).ends_on == date(2026, 11, 20)
            assert issuing.in_force(s, "move_out_confirmation", case.id) is None
            assert s.get_one(type(old), old.id).void_reason == "费用截止日已改"


@pytest.mark.requirement("O1")
def test_who_withdraws_keeps_the_last_day_that_was_entered_before(suite):
    with writing(SYSTEM) as s:
        s.get_one(Occupancy, suite.tenancy.id).ends_on = date(2026, 12, 31)
    with on(5):
        case = apply(suite)
        confirm(suite, case)
        do(suite, case, "change", {"cut_off": date(2026, 11, 20), "note": "晚走"})
        do(suite, case, "withdraw", {"note": "续租"})
    with reading(suite.desk) as s:
        assert s.get_one(Occupancy, suite.tenancy.id).ends_on == date(2026, 12, 31)


@pytest.mark.requirement("O1")
def test_who_withdraws_is_as_he_was_and_after_the_day_it_is_too_late(suite):
    with on(5):
        case = apply(suite)
        confirm(suite, case)
        do(suite, case, "withdraw", {"note": "续租"})
        with reading(suite.desk) as s:
            assert (s.get_one(Occupancy, suite.tenancy.id).ends_on, s.get_one(ParkingSpace, suite.bay.id).ends_on) == (
                None, None
            )  # fmt: skip
            assert s.get_one(Contract, suite.lease.id).ends_on == date(2026, 12, 31)
            assert s.scalars(select(MovingTime)).all() == []
        again = apply(suite)
        confirm(suite, again)
    with on(16), pytest.raises(Refused, match="2026-11-14 已经过去，住户登记已结束；客户不走了请重新办理入住"):
        do(suite, again, "withdraw", {"note": "续租"})
    assert seen(suite, again)[1] == State.CONFIRMED


# ── from the wrong side ──────────────────────────────────────────────────────────────────────────────────────────────


def refused(office, case, action, values=None, **told) -> str:
    before = seen(office, case)
    with pytest.raises(Refused) as caught:
        do(office, case, action, values, **told)
    assert seen(office, case) == before
    return " ".join([caught.value.message, *map(str, dict.fromkeys(caught.value.problems.values()))])


@pytest.mark.requirement("O1")
def test_the_application_is_refused_for_strangers_past_days_and_a_second_time(suite):
    with on(10):
        with pytest.raises(Refused, match="请检查标出的|计划迁出日期不能早于 2026-11-10"):
            apply(suite, wished_on=date(2026, 11, 9))
        with writing(SYSTEM) as s:
            stranger = a_customer(s, suite.estate, "路人")
        with pytest.raises(Refused, match="这位客户现在没有登记为这套房屋的业主或租户"):
            apply(suite, customer_id=stranger.id)
        case = apply(suite)
        with pytest.raises(Refused, match=f"这位客户在这套房屋已有迁出手续 {case.number}，请打开原单办理"):
            apply(suite)
        with pytest.raises(Refused, match="您不能登记迁出"), writing(suite.cashier) as s:
            open_case(s, "move_outs", {"unit_id": suite.unit.id})


@pytest.mark.requirement("O1")
def test_the_confirmation_waits_for_papers_a_free_time_and_a_day_to_come(suite):
    with on(10):
        case = apply(suite)
        wrong = refused(suite, case, "confirm", {"cut_off": LAST})
        assert wrong.startswith("还不能确认迁出：还缺：《退租迁出申请表》、委托书原件、经办人身份证明。")
        office = {"move_from": at(16, 10), "move_to": at(16, 12), "route": "货梯"}  # a Monday
        assert refused(suite, case, "book", office).startswith(
            "办公时间（工作日 08:00–18:00）内不能搬迁。最近可约：11-16 18:00–20:00"
        )
        past = {"move_from": at(9, 19), "move_to": at(9, 20), "route": "货梯"}
        assert refused(suite, case, "book", past).startswith("搬迁时间已经过去，请约以后的时间。")
        with writing(suite.desk) as s:
            tick_off(s, case)
            perform(s, case.id, "book", {"move_from": at(14, 9), "move_to": at(14, 12), "route": "货梯"})
        for day, sentence in (
            (date(2026, 11, 9), "费用截止日不能早于 2026-11-10，请改正。"),
            (date(2026, 11, 13), "搬迁到 2026-11-14，费用截止日不能早于这一天。"),
        ):
            assert refused(suite, case, "confirm", {"cut_off": day}).startswith(sentence)
        told = {"cut_off": LAST, "power_until": date(2026, 11, 1)}
        assert refused(suite, case, "confirm", told).startswith("供电不能早于 2026-11-10")
        assert "不在您的权限内" in refused(suite, case, "confirm", {"cut_off": LAST}, actor=suite.cashier)
        with reading(suite.desk) as s:
            assert s.get_one(Occupancy, suite.tenancy.id).ends_on is None


@pytest.mark.requirement("O2")
def test_the_final_bills_wait_for_hand_back_the_day_and_the_right_person(park):
    with on(10):
        case = apply(park)
        assert "现在是“已申请”，不能出最终账单" in refused(park, case, "settle", actor=park.cashier)
        confirm(park, case)
        assert refused(park, case, "settle", actor=park.cashier) == (
            "还不能出最终账单：请先开具《迁出确认书》。还没有验房，请和客户逐项验收并签字。"
            f"还没有抄表：{park.water.name}。 费用截止日 2026-11-14 还没到；提前走了请先“改截止日”。"
        )
        hand_back_on_the_day(park, case)
    with on(14):
        assert "“出最终账单”不在您的权限内" in refused(park, case, "settle", actor=park.desk)
        stale = seen(park, case)[0]
        with writing(park.desk) as s:
            perform(s, case.id, "urge", {})
        with pytest.raises(Conflict):
            do(park, case, "settle", actor=park.cashier, version=stale)
        with writing(SYSTEM) as s:
            works = open_case(s, "renovations", {
                "unit_id": park.unit.id, "customer_id": park.customer.id, "words": "复原", "planned_from": LAST,
                "planned_to": date(2026, 11, 20), "contractor": "安居装饰有限公司",
            })  # fmt: skip
        assert f"装修单 {works.number} 还是“" in refused(park, case, "settle", actor=park.cashier)


def hand_back_on_the_day(park, case):
    with on(14):
        hand_back(park, case)


@pytest.mark.requirement("O2")
def test_two_who_press_at_once_make_one_set_of_final_bills(park):
    with on(5):
        case = apply(park)
        confirm(park, case)
    with on(14):
        hand_back(park, case)
        version = seen(park, case)[0]
    gate, results = threading.Barrier(2), []

    def press(actor):
        with on(14):
            gate.wait()
            try:
                do(park, case, "settle", actor=actor, version=version)
                results.append("done")
            except Refused as refusal:
                results.append(type(refusal).__name__)

    threads = [threading.Thread(target=press, args=(actor,)) for actor in (park.cashier, park.finance)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(results) == ["Conflict", "done"]
    with reading(SYSTEM) as s:
        assert len(s.scalars(select(Bill).where(Bill.voided_at.is_(None))).all()) == 3
        assert clean(s)


@pytest.mark.requirement("O2")
@pytest.mark.requirement("A2")
def test_nobody_is_done_while_a_card_or_a_plate_is_out(suite):
    with on(5):
        case = apply(suite)
        confirm(suite, case)
    with on(14):
        hand_back(suite, case)
        with writing(suite.desk) as s:
            (made,) = plates.apply(s, case.id, ["lobby"], "云图科技")
        do(suite, case, "settle", actor=suite.cashier)
        wrong = refused(suite, case, "complete")
        assert "还有没交回的：门禁卡 C1" in wrong
        assert "还有没拆除或没撤销的名牌：大堂名牌“云图科技”（已申请）。" in wrong
        with writing(suite.desk) as s:
            for each in s.scalars(select(Holding)):
                cards.report_lost(s, each.id, "找不到")
            plates.take_down(s, made.id, LAST)
        assert "没交回" not in refused(suite, case, "complete")


# ── money granted and paid out ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("O2")
def test_what_was_paid_beyond_his_last_day_is_paid_out_by_consent_and_nobody_else_uses_it(park):
    with on(5):
        case = apply(park)
        confirm(park, case)
    with on(14):
        hand_back(park, case)
        do(park, case, "settle", actor=park.cashier)
    with writing(SYSTEM) as s:  # the suite is vacant now, and its fee is the owner's
        a_tariff(s, park.item, "3.00")
    with on(1, month=12), writing(park.finance) as s:
        billing.publish(s, park.estate.id, date(2026, 12, 1), [park.item.id])
        assert s.scalars(select(Bill.paid).where(Bill.month == date(2026, 12, 1))).all() == [0]
        first = s.scalars(select(Correction).order_by(Correction.id)).first()
        (step,) = steps_of(s, first.kind.value, first.id)
        decide(s, step.id, Verdict.GRANTED, "")
    with on(1, 11, month=12), writing(park.cashier) as s:
        corrections.carry_out(s, first.id, [cash("410.60")])
        assert payments.balances_of(s, [park.unit.id]) == {(park.unit.id, park.landlord.id): D("2999.47")}
        assert clean(s)


def test_every_line_that_the_house_knows_is_asked(park):
    from db.dossiers.move_out_templates import TEMPLATES

    known = {each.key for template in TEMPLATES.values() for each in template.lines if each.kind.value == "known"}
    assert known == set(KNOWS)
    assert tenancies.HOLDING == (Relation.OWNER, Relation.TENANT)
