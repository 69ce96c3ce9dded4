"""Access cards and keys: handed out, lost, given back, charged beyond the free ones, nothing left behind unnoticed."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from db.clock import moment_of, now, pretending, today
from db.dossiers import card_lists, cards
from db.dossiers.card_lists import Shown, Sought
from db.dossiers.card_tables import Holding, HoldingKind
from db.dossiers.cards import all_returned, something_handed
from db.ledger.tables import Basis, Bill, FeeKind
from db.people import SYSTEM, Role
from db.process import perform
from db.refused import Conflict, Refused
from db.session import reading, writing
from tests.builders import a_customer, a_unit, an_actor, an_estate, an_occupancy
from tests.dossiers import a_move_in
from tests.money import a_fee_item, a_tariff, a_till

DAY = date(2026, 11, 20)
NOON = moment_of(DAY) + timedelta(hours=12)
CARD, KEY = HoldingKind.ACCESS_CARD, HoldingKind.KEY


@pytest.fixture(autouse=True)
def _the_day():
    with pretending(NOON):
        yield


@pytest.fixture
def office(engine):
    made = a_till()
    with writing(SYSTEM) as s:
        made.card_fee = a_fee_item(s, made.payee, FeeKind.OTHER, name="门禁卡工本费")
        a_tariff(s, made.card_fee, "20.00", basis=Basis.ONCE)
    return made


def a_card(s, office, number="0012345", **told):
    return cards.hand_out(s, office.unit.id, CARD, number, customer_id=office.customer.id, **told)


def refusal(act, *args, **told):
    with pytest.raises(Refused) as refused:
        act(*args, **told)
    return refused.value.message


def bills_of(s):
    return s.execute(select(Bill.source, Bill.amount, Bill.calculation, Bill.customer_id).order_by(Bill.id)).all()


@pytest.mark.requirement("A2")
def test_a_card_that_is_out_is_given_to_nobody_else(office):
    with writing(office.desk) as s:
        other = a_unit(s, office.building, room="202")
        card = a_card(s, office, signed_by="吴学文")
        assert (card.holder, card.signed_by, card.shown, card.standing.label.text) == (
            "吴学文", "吴学文", "门禁卡 0012345", "在用",
        )  # fmt: skip
        assert refusal(cards.hand_out, s, other.id, CARD, " 0012345 ") == (
            "门禁卡 0012345 在 1-1-101 吴学文 手上，请先登记交回，或核对卡号。"
        )
        assert cards.hand_out(s, other.id, HoldingKind.LIFT_CARD, "0012345").shown == "梯控卡 0012345"
        cards.give_back(s, card.id, version=1)
        assert cards.hand_out(s, other.id, CARD, "0012345").unit_id == other.id


@pytest.mark.requirement("A2")
def test_of_two_desks_at_once_one_hears_who_has_the_card(office):
    with writing(SYSTEM) as s:
        other = a_unit(s, office.building, room="202")
        an_occupancy(s, other, a_customer(s, office.estate, "林一"))
    both, said = threading.Barrier(2), []

    def press(who, unit_id, holder):
        with pretending(NOON):
            try:
                with writing(who) as s:
                    if s.get_bind().dialect.name == "postgresql":
                        both.wait(timeout=20)
                    cards.hand_out(s, unit_id, CARD, "0012345", holder=holder)
                    said.append(("", holder))
            except Refused as refused:
                said.append((refused.message, holder))

    threads = [
        threading.Thread(target=press, args=told)
        for told in ((office.desk, office.unit.id, "吴学文"), (office.other_desk, other.id, "林一"))
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    (winner,) = [holder for wrong, holder in said if not wrong]
    (wrong,) = [wrong for wrong, _holder in said if wrong]
    place = "1-1-101" if winner == "吴学文" else "1-1-202"
    assert wrong == f"门禁卡 0012345 在 {place} {winner} 手上，请先登记交回，或核对卡号。"
    with reading(SYSTEM) as s:
        assert s.scalars(select(Holding.holder)).all() == [winner]


@pytest.mark.requirement("A2")
def test_two_cards_are_free_the_third_is_charged_once_or_says_why_not(office):
    with writing(office.desk) as s:
        for number in ("01", "02"):
            assert a_card(s, office, number).bill_id is None
        assert refusal(a_card, s, office, "03") == (
            "门禁卡已超过免费张数或属补办，工本费 20.00 元：请选择收费，或在备注写明免收原因。"
        )
        third = a_card(s, office, "03", fee_item_id=office.card_fee.id, token="press")
        assert a_card(s, office, "03", fee_item_id=office.card_fee.id, token="press").id == third.id
        assert bills_of(s) == [
            (f"once:card:{third.id}", Decimal("20.00"), "门禁卡 03 20.00 元 × 1", office.customer.id)
        ]
        assert a_card(s, office, "04", note="老人优待").bill_id is None
        assert cards.hand_out(s, office.unit.id, KEY, count=3, customer_id=office.customer.id).shown == "钥匙 3 把"
        another = a_customer(s, office.estate, "林一")
        assert cards.hand_out(s, office.unit.id, CARD, "05", customer_id=another.id).bill_id is None
        assert refusal(a_card, s, office, "06", fee_item_id=office.item.id) == (
            "这个收费项目今天没有一次性收费标准，请另选。"
        )
        assert s.scalar(select(func.count()).select_from(Bill)) == 1


@pytest.mark.requirement("A2")
def test_a_lost_card_is_to_be_switched_off_and_its_substitute_is_charged(office):
    with writing(office.desk) as s:
        card = a_card(s, office)
        assert refusal(cards.report_lost, s, card.id, " ") == "请写明遗失经过。"
        assert refusal(a_card, s, office, "99", replaces=card.id) == "门禁卡 0012345 没有挂失，不能补办；请先挂失。"
        cards.report_lost(s, card.id, "地铁上丢失", version=1, token="lost")
        cards.report_lost(s, card.id, "地铁上丢失", version=1, token="lost")
        assert (card.version, card.lost_why, card.standing.label.text) == (2, "地铁上丢失", "已挂失")
        assert refusal(a_card, s, office) == ("门禁卡 0012345 已由 1-1-101 吴学文 挂失，不能再发；找回的请先登记交回。")
        assert refusal(a_card, s, office, "99", replaces=card.id) == (
            "门禁卡已超过免费张数或属补办，工本费 20.00 元：请选择收费，或在备注写明免收原因。"
        )
        new = a_card(s, office, "99", replaces=card.id, fee_item_id=office.card_fee.id)
        assert (card.replaced_by, bills_of(s)[0].amount) == (new.id, Decimal("20.00"))
        assert refusal(a_card, s, office, "98", replaces=card.id) == "门禁卡 0012345 已经补办过。"
        estates = frozenset({office.estate.id})
        assert card_lists.counts(s, estates) == {Shown.LEFT: 0, Shown.TO_DISABLE: 1}
        cards.mark_disabled(s, card.id)
        assert (card.disabled_at, card.disabled_by) == (NOON, office.desk.user_id)
        assert card_lists.counts(s, estates) == {Shown.LEFT: 0, Shown.TO_DISABLE: 0}
        cards.give_back(s, card.id, note="找回")
        assert [each.number for each in card_lists.cards(s, Sought(estates, Shown.BACK)).rows] == ["0012345"]


def test_no_card_is_switched_off_for_what_somebody_owes(office):
    with writing(office.desk) as s:
        an_occupancy(s, office.unit, office.customer)
        card = a_card(s, office)
        assert refusal(cards.mark_disabled, s, card.id) == "只有已挂失、或持有人已迁出的才登记停用；不能因欠费停卡。"
        key = cards.hand_out(s, office.unit.id, KEY, count=2)
        cards.report_lost(s, key.id, "丢了")
        assert refusal(cards.mark_disabled, s, key.id) == "钥匙 2 把 不需要停用，或已登记停用。"
        assert card.disabled_at is None


@pytest.mark.requirement("A2", "O2")
def test_who_has_left_and_still_carries_one_is_on_the_list(office):
    with writing(office.desk) as s:
        occupancy = an_occupancy(s, office.unit, office.customer, starts_on=date(2025, 1, 1))
        newcomer = a_customer(s, office.estate, "林一")
        gone, fresh = a_card(s, office), cards.hand_out(s, office.unit.id, CARD, "77", customer_id=newcomer.id)
        estates = frozenset({office.estate.id})
        assert card_lists.left_behind(s, estates) == []
        occupancy.ends_on = DAY
        s.flush()
        assert card_lists.left_behind(s, estates) == []
        occupancy.ends_on = DAY - timedelta(days=1)
        s.flush()
        assert [(each.id, each.what, each.holder, each.left) for each in card_lists.left_behind(s, estates)] == [
            (gone.id, "门禁卡 0012345", "吴学文", True)
        ]
        assert card_lists.card(s, fresh.id).line.left is False
        assert [each.id for each in card_lists.cards(s, Sought(estates, Shown.LEFT)).rows] == [gone.id]
        back = an_occupancy(s, office.unit, office.customer, starts_on=DAY + timedelta(days=30))
        assert card_lists.left_behind(s, estates) == []
        back.ends_on = back.starts_on = DAY - timedelta(days=1)
        s.flush()
        cards.mark_disabled(s, gone.id)
        cards.give_back(s, gone.id)
        assert card_lists.left_behind(s, estates) == []


@pytest.mark.requirement("O2")
def test_nobody_is_through_while_something_is_out_and_it_is_named(office):
    with writing(office.desk) as s:
        case = a_move_in(s, office)
        assert str(something_handed(s, case)) == "还没有发放钥匙或门禁卡，请先登记发放并由客户签收。"
        assert all_returned(s, case) is None
        key = cards.hand_out(s, office.unit.id, KEY, count=3, customer_id=office.customer.id, case_id=case.id)
        card = a_card(s, office, case_id=case.id, holder="吴小文", relation="family")
        assert str(something_handed(s, case)) == "钥匙 3 把、门禁卡 0012345 还没有签收。"
        assert refusal(cards.sign_for, s, case.id, "") == "请填写签收人。"
        assert cards.sign_for(s, case.id, "吴学文") == 2
        assert something_handed(s, case) is None
        assert str(all_returned(s, case)) == (
            "还有没交回的：钥匙 3 把（吴学文）、门禁卡 0012345（吴小文）。请收回，丢失的登记挂失。"
        )
        part = cards.give_back(s, key.id, count=2)
        assert (part.id != key.id, part.count, key.count, part.standing.label.text) == (True, 2, 1, "已交回")
        assert str(all_returned(s, case)) == (
            "还有没交回的：钥匙 1 把（吴学文）、门禁卡 0012345（吴小文）。请收回，丢失的登记挂失。"
        )
        cards.report_lost(s, key.id, "丢了")
        cards.give_back(s, card.id)
        assert (all_returned(s, case), cards.held(s, office.unit.id)) == (None, [])
        assert refusal(cards.give_back, s, card.id) == "门禁卡 0012345 已经交回。"


def test_wrong_hands_wrong_times_wrong_units(office):
    with writing(SYSTEM) as s:
        stranger = an_actor(s, [an_estate(s)], Role.DESK)
        other = a_unit(s, office.building, room="202")
    with writing(office.desk) as s:
        card = a_card(s, office)
        case = a_move_in(s, office)
        assert refusal(cards.hand_out, s, other.id, KEY, case_id=case.id) == (
            f"{case.number} 不是 1-1-202 的手续，请核对房屋。"
        )
        assert refusal(cards.hand_out, s, other.id, CARD) == "请检查标出的 1 处。"
        assert refusal(cards.hand_out, s, other.id, KEY, "1", count=2) == "请检查标出的 1 处。"
        assert refusal(cards.hand_out, s, other.id, KEY, at=now() + timedelta(hours=1)) == (
            "发生时间不能晚于现在，请改正。"
        )
        assert refusal(cards.give_back, s, card.id, at=NOON - timedelta(hours=1)) == "时间不能早于发放时间。"
        assert refusal(cards.give_back, s, card.id, count=2) == "请填写 1 到 1 之间的整数。"
        perform(s, case.id, "withdraw", {"note": "不来了"}, note="不来了")
        assert refusal(cards.hand_out, s, office.unit.id, KEY, case_id=case.id) == (
            f"{case.number} 已办结。请在“门禁卡与钥匙”页登记。"
        )
    with writing(office.cashier) as s:
        assert refusal(cards.give_back, s, card.id).startswith("您没有“发放、挂失、收回门禁卡与钥匙")
    with writing(stranger) as s:
        assert refusal(cards.give_back, s, card.id) == "没有找到这条档案，可能已被删除，或不在您负责的项目内。"
        assert refusal(cards.hand_out, s, office.unit.id, KEY) == "请先选择房屋。"
    with writing(office.desk) as s:
        cards.report_lost(s, card.id, "丢了", version=1)
    with writing(office.other_desk) as s, pytest.raises(Conflict) as conflict:
        cards.give_back(s, card.id, version=1)
    assert conflict.value.message.startswith("这条档案刚被别人改过：王芳 ")
    with reading(SYSTEM) as s:
        assert s.scalar(select(func.count()).select_from(Holding)) == 1


def test_the_register_finds_by_number_holder_customer_and_room_and_pages_in_the_database(office):
    with writing(office.desk) as s:
        an_occupancy(s, office.unit, office.customer)
        for n in range(52):
            cards.hand_out(s, office.unit.id, KEY, f"K{n:03}", holder="张阿姨" if n == 7 else "", relation="help")
        a_card(s, office, "88001")
        estates = frozenset({office.estate.id})
        first = card_lists.cards(s, Sought(estates))
        assert (first.total, len(first.rows), first.rows[0].number) == (53, 50, "88001")
        second = card_lists.cards(s, Sought(estates), first.next)
        assert ([each.number for each in second.rows], second.next) == (["K002", "K001", "K000"], None)

        def found(typed, **told):
            return [each.number for each in card_lists.cards(s, Sought(estates, typed=typed, **told)).rows]

        assert (found("8800"), found("张阿姨"), found("没有的人")) == (["88001"], ["K007"], [])
        assert (found("吴学文"), len(found("1-1-101")), found("", kind=CARD)) == (["88001"], 50, ["88001"])
    with reading(office.quality) as s:
        assert card_lists.cards(s, Sought(frozenset({office.estate.id + 1}))).total == 0
    assert today() == DAY
