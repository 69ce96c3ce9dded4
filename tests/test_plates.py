"""Name plates: each made once for a company, charged once, down before it leaves."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from db.clock import moment_of, pretending
from db.dossiers import plates
from db.dossiers.plates import Plate, PlateKind, PlateState, plates_applied, plates_down
from db.ledger.tables import Basis, Bill, FeeKind
from db.people import SYSTEM
from db.process import perform
from db.refused import Conflict, Refused
from db.session import reading, writing
from tests.builders import a_unit
from tests.dossiers import a_move_in
from tests.money import a_fee_item, a_tariff, a_till

DAY = date(2026, 11, 20)
NOON = moment_of(DAY) + timedelta(hours=12)
BOTH = (PlateKind.LOBBY, PlateKind.FLOOR)


@pytest.fixture(autouse=True)
def _the_day():
    with pretending(NOON):
        yield


@pytest.fixture
def office(engine):
    made = a_till()
    with writing(SYSTEM) as s:
        made.plate_fee = a_fee_item(s, made.payee, FeeKind.OTHER, name="客户名牌制作费")
        a_tariff(s, made.plate_fee, "180.00", basis=Basis.ONCE)
    return made


def refusal(act, *args, **told):
    with pytest.raises(Refused) as refused:
        act(*args, **told)
    return refused.value


@pytest.mark.requirement("I5")
def test_a_companys_plates_are_made_once_and_charged_once(office):
    with writing(office.desk) as s:
        case = a_move_in(s, office)
        assert str(plates_applied(s, case)) == "还没有登记《客户名牌申请表》（大堂名牌、楼层水牌）。"
        assert plates_down(s, case) is None
        lobby, floor = plates.apply(s, case.id, BOTH, "云图科技", "YUNTU TECH", token="apply")
        assert [each.id for each in plates.apply(s, case.id, BOTH, "云图科技", token="apply")] == [lobby.id, floor.id]
        assert (plates_applied(s, case), lobby.state, floor.text_en) == (None, PlateState.APPLIED, "YUNTU TECH")
        offered, likely = plates.fees(s, case)
        assert (list(offered), likely.price) == ([office.plate_fee.id], Decimal("180.00"))
        plates.order(s, [lobby.id, floor.id], "180", office.plate_fee.id, token="order")
        plates.order(s, [lobby.id, floor.id], "180", office.plate_fee.id, token="order")
        assert refusal(plates.order, s, [floor.id], "180", office.plate_fee.id).message == (
            "“云图科技”的楼层水牌制作中，不再订制和收费。"
        )
        bills = s.execute(select(Bill.source, Bill.amount, Bill.calculation, Bill.customer_id).order_by(Bill.id)).all()
        assert bills == [
            (f"once:plate:{lobby.id}", Decimal("180.00"), "大堂名牌“云图科技”制作费 180.00 元", office.customer.id),
            (f"once:plate:{floor.id}", Decimal("180.00"), "楼层水牌“云图科技”制作费 180.00 元", office.customer.id),
        ]
        plates.put_up(s, lobby.id, DAY)
        second = a_move_in(s, office, unit_id=a_unit(s, office.building, room="202").id)
        assert refusal(plates.apply, s, second.id, [PlateKind.LOBBY], "云图二部").problems == {
            "kinds": "大堂名牌每个客户只做一次，“云图科技”已安装；要重做请先登记拆除。"
        }
        assert str(plates_down(s, case)) == (
            "还有没拆除或没撤销的名牌：大堂名牌“云图科技”（已安装）、楼层水牌“云图科技”（制作中）。"
        )
        for each in (lobby, floor):
            plates.take_down(s, each.id, DAY, note="迁出")
        assert (plates_down(s, case), lobby.state, lobby.note) == (None, PlateState.DOWN, "迁出")
        (again,) = plates.apply(s, second.id, [PlateKind.LOBBY], "云图二部")
        plates.order(s, [again.id], "0", None)
        assert (again.state, again.bill_id, s.scalar(select(func.count()).select_from(Bill))) == (
            PlateState.ORDERED, None, 2,
        )  # fmt: skip


def test_plates_go_one_step_after_another_and_no_day_lies_ahead(office):
    with writing(office.desk) as s:
        case = a_move_in(s, office)
        assert refusal(plates.apply, s, case.id, [], "").problems == {
            "kinds": "请选择要做的名牌。", "text": "请填写名牌上的名称。"
        }  # fmt: skip
        ahead = DAY + timedelta(days=1)
        assert refusal(plates.apply, s, case.id, BOTH, "云图", on=ahead).problems == {"on": "申请日期不能晚于今天。"}
        (lobby,) = plates.apply(s, case.id, ["lobby"], "云图")
        assert refusal(plates.put_up, s, lobby.id, DAY).message == "“云图”的大堂名牌已申请，不能登记安装。"
        assert refusal(plates.order, s, [lobby.id], "", None).problems == {"price": "请填写每块制作费(元)。"}
        assert refusal(plates.order, s, [lobby.id], "180", None).problems == {"fee_item_id": "请选择收费项目。"}
        early = DAY - timedelta(days=1)
        assert refusal(plates.order, s, [lobby.id], "1", office.plate_fee.id, on=early).problems == {
            "on": "订制日期不能早于申请日期 2026-11-20。"
        }
        plates.order(s, [lobby.id], "180", office.plate_fee.id)
        assert refusal(plates.put_up, s, lobby.id, early).message == "安装日期不能早于订制日期 2026-11-20。"
        assert refusal(plates.take_down, s, lobby.id, ahead).message == "日期不能晚于今天。"
        plates.take_down(s, lobby.id, DAY)
        assert refusal(plates.take_down, s, lobby.id, DAY).message == "“云图”的大堂名牌已在 2026-11-20 拆除。"
        perform(s, case.id, "withdraw", {"note": "不来了"}, note="不来了")
        assert refusal(plates.apply, s, case.id, BOTH, "云图").message == f"{case.number} 已办结，不能再申请名牌。"


def test_who_may_not_or_is_too_late_changes_nothing(office):
    with writing(office.desk) as s:
        case = a_move_in(s, office)
        (lobby,) = plates.apply(s, case.id, ["lobby"], "云图")
        plates.order(s, [lobby.id], "0", None)
    with writing(office.cashier) as s:
        assert refusal(plates.apply, s, case.id, BOTH, "云图").message.startswith("您没有“发放、挂失、收回门禁卡与钥匙")
    with writing(office.desk) as s:
        plates.put_up(s, lobby.id, DAY, version=2)
    with writing(office.other_desk) as s, pytest.raises(Conflict):
        plates.take_down(s, lobby.id, DAY, version=2)
    with reading(SYSTEM) as s:
        assert s.get_one(Plate, lobby.id).state is PlateState.UP


@pytest.mark.requirement("I5")
def test_of_two_desks_at_once_one_takes_the_application(engine, office):
    with writing(office.desk) as s:
        case = a_move_in(s, office)
    said = []

    def press(who):
        with pretending(NOON):
            try:
                with writing(who) as s:
                    plates.apply(s, case.id, [PlateKind.LOBBY], "云图")
                    said.append("")
            except Refused as refused:
                said.append(refused.problems.get("kinds", refused.message))

    threads = [threading.Thread(target=press, args=(who,)) for who in (office.desk, office.other_desk)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(said) == ["", "大堂名牌每个客户只做一次，“云图”已申请；要重做请先登记拆除。"]
