"""Payment notices: who is told what, once; who was reached (F11)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO

import pytest
import python_calamine
from sqlalchemy import select

from components.papers.printing import pdf
from db.clock import pretending
from db.ledger.money_tables import Balance
from db.ledger.notice_lists import Sought, batches, listed, message_of, standings, workbook
from db.ledger.notices import not_reached, of_month, papers_of, prepare_notices, record_deliveries
from db.ledger.tables import Basis, Channel, Delivery, FeeKind, Notice
from db.people import SYSTEM
from db.refused import Refused
from db.registry import ServicePoint
from db.session import reading, writing
from tests.builders import a_building, a_customer, a_unit
from tests.counting import counted_statements
from tests.money import a_bill, a_fee_item, a_meter, a_payee, a_tariff, a_till, readings_of

DECEMBER, NOVEMBER, OCTOBER = date(2026, 12, 1), date(2026, 11, 1), date(2026, 10, 1)
pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture(autouse=True)
def _late_in_november():
    with pretending(datetime(2026, 11, 28, 2, 0, tzinfo=UTC)):
        yield


@pytest.fixture
def office(engine):
    till = a_till()
    with writing(SYSTEM) as s:
        s.add(ServicePoint(estate_id=till.estate.id, name="服务中心", address="1号楼大堂", phone="03162912915"))
        payee = s.merge(till.payee)
        payee.name, payee.bank, payee.account = "云锦物业", "建设银行", "1300 2233"
        s.merge(till.item).name = "物业管理费"
        till.tariff = a_tariff(s, till.item, late_clause="物业服务合同第十八条")
        till.water = a_fee_item(s, till.payee, FeeKind.WATER, name="水费")
    return till


def owes(office, amount="270.37", month=DECEMBER, *, unit=None, customer=None, item=None, **columns):
    with writing(SYSTEM) as s:
        told = {"customer_id": (customer or office.customer).id, "tariff_id": office.tariff.id, **columns}
        return a_bill(s, unit or office.unit, item or office.item, amount, month, **told)


def paid_ahead(office, payee, amount):
    with writing(SYSTEM) as s:
        ahead = {"unit_id": office.unit.id, "payee_id": payee.id, "estate_id": office.estate.id}
        s.add(Balance(amount=Decimal(amount), **ahead))


def prepare(office, month=DECEMBER, building=None):
    with writing(office.cashier) as s:
        return prepare_notices(s, office.estate.id, month, building.id if building else None)


def the_notices(office):
    with reading(office.cashier) as s:
        return list(s.scalars(select(Notice).order_by(Notice.id)))


@pytest.mark.requirement("F11")
def test_a_unit_is_told_its_bills_its_arrears_apart_and_what_it_has_paid_ahead(office):
    owes(office, "270.37", DECEMBER)
    owes(office, "270.37", OCTOBER)  # due on the 10th: 49 days late on the 28th of November
    paid_ahead(office, office.payee, "100")
    assert prepare(office).made == 1
    (notice,) = the_notices(office)
    assert notice.number == f"JF{office.estate.mark}-20261128-001"
    assert notice.snapshot["notice"] == {
        "number": notice.number, "customer": "吴学文", "unit": "1-1-101", "period": "2026年12月",
        "due_on": "2026-12-10", "total": "270.37",
        "lines": [{
            "item": "物业管理费", "amount": "270.37", "period_from": "2026-12-01", "period_to": "2026-12-28",
            "calculation": "270.37 元",
        }],
        "overdue": [{
            "item": "物业管理费", "due_on": "2026-10-10", "unpaid": "270.37", "amount": "270.37",
            "period_from": "2026-10-01", "period_to": "2026-10-28", "late_fee": "6.62",
        }],  # 270.37 × 0.0005 × 49 = 6.624…
        "late_fee_total": "6.62", "balance": "100.00", "to_pay": "447.36",
        "late_fee": {"clause": "物业服务合同第十八条", "rate": "每日万分之五", "counted_from": "2026-12-11"},
    }  # fmt: skip
    assert notice.amount == Decimal("447.36")
    assert notice.snapshot["head"] == {
        "company": "云锦物业", "estate": notice.snapshot["head"]["estate"], "issued_on": "2026-11-28",
        "phone": "03162912915",
        "ways": [
            "服务中心前台：现金、刷卡、微信、支付宝（1号楼大堂）",
            "银行转账：云锦物业，建设银行，账号 1300 2233，请注明房号",
            "委托收款：已在指定银行开设委托收款账号的，由银行按月划拨，请在账户内留足余额",
        ],
        "remarks": ["违约金计到通知单开出当日，实际按缴清之日计算。"],
    }  # fmt: skip
    with reading(office.cashier) as s:
        assert message_of(s, notice.id).splitlines()[1:6] == [
            "吴学文，您好！您的房屋 1-1-101 2026年12月应缴费用共 447.36 元：", "· 物业管理费 270.37 元",
            "· 以前逾期未缴 270.37 元", "· 违约金(滞纳金)6.62 元", "· 预存抵扣 −100.00 元",
        ]  # fmt: skip
        (paper,) = papers_of(s, of_month(office.estate.id, DECEMBER, None))
    assert pdf("payment_notice", paper).startswith(b"%PDF-")


def test_no_clause_no_late_fee_is_mentioned(office):
    with writing(SYSTEM) as s:
        plain = a_tariff(s, office.water)
    for month in (DECEMBER, OCTOBER):
        owes(office, "60.00", month, item=office.water, tariff_id=plain.id, clause=False)
    prepare(office)
    told = the_notices(office)[0].snapshot["notice"]
    assert {"late_fee", "late_fee_total"} & told.keys() == set()
    assert told["to_pay"] == "120.00"


@pytest.mark.requirement("F11")
def test_again_adds_only_what_is_missing(office):
    owes(office)
    assert [prepare(office).made, prepare(office).made] == [1, 0]
    with writing(SYSTEM) as s:
        other = a_unit(s, office.building, room="102")
    owes(office, unit=other)
    assert prepare(office).made == 1
    owes(office, "45.60", item=office.water)  # billed after the first notice: a second, of its own
    assert prepare(office).made == 1
    assert [(each.unit_id, each.amount) for each in the_notices(office)] == [
        (office.unit.id, Decimal("270.37")), (other.id, Decimal("270.37")), (office.unit.id, Decimal("45.60")),
    ]  # fmt: skip
    with reading(office.cashier) as s:
        made = batches(s, Sought(office.estate.id, DECEMBER))
    assert [(each.building, each.notices) for each in made] == [("1号楼", 1)] * 3


def test_arrears_are_told_once_and_alone_make_no_notice(office):
    owes(office, month=OCTOBER)
    assert prepare(office).made == 0
    owes(office)
    prepare(office)
    owes(office, "45.60", item=office.water)
    prepare(office)
    assert ["overdue" in each.snapshot["notice"] for each in the_notices(office)] == [True, False]


def test_arrears_stay_with_the_owner_before(office):
    with writing(SYSTEM) as s:
        former = a_customer(s, office.estate, "前业主")
    owes(office, month=OCTOBER, customer=former)
    owes(office)
    prepare(office)
    (notice,) = the_notices(office)
    assert (notice.customer_id, notice.amount) == (office.customer.id, Decimal("270.37"))


def test_a_quarter_paid_at_once_stands_on_one_line(office):
    for month, days in ((10, 31), (11, 30), (12, 31)):
        owes(
            office, "270.37", date(2026, month, 1), due_on=date(2026, 12, 10), calculation="96.56 m² × 2.80 元",
            period_to=date(2026, month, days),
        )  # fmt: skip
    prepare(office)
    told = the_notices(office)[0].snapshot["notice"]
    assert told["period"] == "2026年10至12月"
    assert told["lines"] == [{
        "item": "物业管理费", "amount": "811.11", "period_from": "2026-10-01", "period_to": "2026-12-31",
        "calculation": "96.56 m² × 2.80 元，共 3 个月",
    }]  # fmt: skip


def test_what_is_paid_in_part_is_said_and_only_the_rest_is_asked(office):
    owes(office, "270.37", paid=Decimal("170.37"))
    prepare(office)
    assert the_notices(office)[0].snapshot["notice"]["lines"][0] == {
        "item": "物业管理费", "amount": "100.00", "period_from": "2026-12-01", "period_to": "2026-12-28",
        "calculation": "270.37 元；已缴或减免 170.37 元",
    }  # fmt: skip


def test_readings_stand_beside_what_was_counted_from_them(office):
    with writing(SYSTEM) as s:
        price = a_tariff(s, office.water, basis=Basis.METERED)
        meter = a_meter(s, office.unit, office.water, "W1", base="100")
        readings_of(s, meter, NOVEMBER, "15.5")
    owes(
        office, "62.00", NOVEMBER, item=office.water, tariff_id=price.id, due_on=date(2026, 12, 10), clause=False,
        calculation="上期 100.00 本期 115.50 用量 15.50 × 4.00 元 = 62.00 元",
    )  # fmt: skip
    owes(office)
    prepare(office)
    (notice,) = the_notices(office)
    assert notice.snapshot["notice"]["period"] == "2026年12月"
    assert notice.snapshot["notice"]["lines"][1] == {
        "item": "水费", "amount": "62.00", "period_from": "2026-11-01", "period_to": "2026-11-28",
        "calculation": "15.50 × 4.00 元 = 62.00 元",
        "reading": {"previous": "100.00", "current": "115.50", "usage": "15.50 吨", "meter": "W1"},
    }  # fmt: skip
    assert "remarks" not in notice.snapshot["head"]


def test_what_is_paid_ahead_to_one_payee_pays_no_other(office):
    with writing(SYSTEM) as s:
        landlord = a_payee(s, office.estate, "园区公司")
        rent = a_fee_item(s, landlord, FeeKind.RENT, name="房租")
    paid_ahead(office, landlord, "500")
    owes(office, "270.37")
    owes(office, "300.00", item=rent)
    prepare(office)
    told = the_notices(office)[0].snapshot["notice"]
    assert (told["balance"], told["to_pay"]) == ("300.00", "270.37")


def test_a_building_is_marked_with_one_press_and_the_copy_never_changes(office):
    with writing(SYSTEM) as s:
        flats = [a_unit(s, office.building, room=f"20{n}") for n in range(1, 4)]
    for flat in flats:
        owes(office, unit=flat)
    prepare(office, building=office.building)
    with writing(office.cashier) as s:
        ids = not_reached(s, office.estate.id, DECEMBER, office.building.id)
        assert record_deliveries(s, ids[:1], Channel.PHONE, reached=False) == 1
        assert record_deliveries(s, ids[:2], Channel.IN_PERSON) == 2
        rest = not_reached(s, office.estate.id, DECEMBER, office.building.id)
        assert record_deliveries(s, rest, Channel.LETTER_BOX, token="t") == 1
        assert record_deliveries(s, rest, Channel.LETTER_BOX, token="t") == 1
        assert record_deliveries(s, ids, Channel.WECHAT) == 0
    with reading(office.cashier) as s:
        assert [(each.notice_id, each.channel, each.reached) for each in s.scalars(select(Delivery))] == [
            (ids[0], "phone", False), (ids[0], "in_person", True), (ids[1], "in_person", True),
            (ids[2], "letter_box", True),
        ]  # fmt: skip
        shown, total = listed(s, Sought(office.estate.id, DECEMBER, arrived=True))
    assert ([(each.unit, each.channel) for each in shown], total) == (
        [("1-1-201", Channel.IN_PERSON), ("1-1-202", Channel.IN_PERSON), ("1-1-203", Channel.LETTER_BOX)], 3,
    )  # fmt: skip


def test_no_day_before_it_was_made_and_none_to_come(office):
    owes(office)
    prepare(office)
    ids = [each.id for each in the_notices(office)]
    for day in (date(2026, 11, 27), date(2026, 11, 29)):
        with pytest.raises(Refused) as refused, writing(office.cashier) as s:
            record_deliveries(s, ids, Channel.IN_PERSON, on=day)
        assert refused.value.problems == {"on": "送达日期应在通知单开出之后、今天或以前。"}


def test_only_those_who_bill_make_them_and_only_in_their_estates(office):
    owes(office)
    with pytest.raises(Refused) as refused, writing(office.desk) as s:
        prepare_notices(s, office.estate.id, DECEMBER)
    assert str(refused.value) == "您没有“出账、作废账单与发缴费通知”的权限，如有需要请联系管理处主任。"
    stranger = a_till()
    with pytest.raises(Refused) as refused, writing(stranger.cashier) as s:
        prepare_notices(s, office.estate.id, DECEMBER)
    assert str(refused.value) == "您不负责这个项目。"
    prepare(office)
    with reading(stranger.cashier) as s:
        assert listed(s, Sought(office.estate.id, DECEMBER)) == ([], 0)


@pytest.mark.requirement("F11")
def test_how_far_each_building_is_in_three_queries(office):
    with writing(SYSTEM) as s:
        other = a_building(s, office.estate, code="2")
        far = a_unit(s, other)
        near = a_unit(s, office.building, room="102")
    owes(office)
    owes(office, month=OCTOBER, unit=near)  # only arrears
    owes(office, unit=far)
    prepare(office, building=office.building)
    with writing(office.cashier) as s:
        record_deliveries(s, not_reached(s, office.estate.id, DECEMBER), Channel.PHONE, reached=False)
    with reading(office.cashier) as s, counted_statements() as sent:
        found = standings(s, office.estate.id, DECEMBER)
    assert [
        (each.building, each.owing, each.untold, each.late, each.made, each.waiting, each.tried, each.amount)
        for each in found
    ] == [("1号楼", 1, 0, 1, 1, 1, 1, Decimal("270.37")), ("2号楼", 1, 1, 0, 0, 0, 0, 0)]
    assert len(sent) == 3


def test_the_workbook_lists_them_with_totals(office):
    owes(office)
    owes(office, month=OCTOBER)
    prepare(office)
    with writing(office.finance) as s:
        data = workbook(s, Sought(office.estate.id, DECEMBER))
    rows = python_calamine.CalamineWorkbook.from_filelike(BytesIO(data)).get_sheet_by_index(0).to_python()
    assert rows[4][1:9] == [
        "房屋", "客户", "账期", "本期应缴(元)", "逾期未缴(元)", "违约金(元)", "预存抵扣(元)", "共应缴(元)"
    ]
    assert rows[5][1:9] == ["1-1-101", "吴学文", "2026年12月", 270.37, 270.37, 6.62, 0, 547.36]
    assert rows[6][4:9] == [270.37, 270.37, 6.62, 0, 547.36]
