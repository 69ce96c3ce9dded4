"""The pages 抄表 and 缴费通知 as people find them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from components import reading_grid
from components.papers.payment_notices import payment_notices
from db.clock import today
from db.ledger.meters import standings
from db.ledger.pricing import next_month
from db.ledger.tables import Delivery, FeeKind, Meter, Notice, Reading, ReadingKind
from db.people import SYSTEM
from db.refused import Refused
from db.session import reading, writing
from tests.builders import a_unit
from tests.money import a_bill, a_fee_item, a_meter, a_till, readings_of
from tests.signed_in import page_at

pytestmark = pytest.mark.usefixtures("sqlite_engine")


@pytest.fixture
def office(sqlite_engine):
    till = a_till()
    with writing(SYSTEM) as s:
        till.water = a_fee_item(s, till.payee, FeeKind.WATER, name="水费")
        till.meters = [
            a_meter(s, a_unit(s, till.building, room=f"{n}02"), till.water, number=f"W{n}", base="100")
            for n in range(1, 4)
        ]
        for meter in till.meters:
            readings_of(s, meter, date(2025, 9, 1), "10", "10", "10", "10")  # up to 140
    return till


def page_of(actor, page, **query):
    return page_at(actor, f"pages/fees/{page}.py", **query)


def this_month(office):
    with reading(office.cashier) as s:
        month = today().replace(day=1)
        return [(each.value, each.kind) for each in s.scalars(select(Reading).where(Reading.month >= month))]


def test_one_meter_after_the_other_with_what_is_odd_confirmed(office):
    month = f"{today():%Y-%m}"
    app = page_of(office.technician, "readings", readings__view="steps", readings__month=month)
    app.text_input(key="readings.step.value").set_value("90")
    app = app.button(key="readings.step.save").click().run()
    assert [each.value for each in app.error] == [
        "本期示数小于上期 140.00。请核对表号和示数；表走满归零的请勾“过零”，换了表的请办“换表”。"
    ]
    app.text_input(key="readings.step.value").set_value("190*5")  # a telephone's keys have no point
    app = app.button(key="readings.step.save").click().run()
    assert this_month(office) == []
    app = app.button(key="readings.step.save").click().run()
    assert this_month(office) == [(Decimal("190.50"), ReadingKind.READ)]
    assert [each.value for each in app.subheader] == [r"1\-1\-202"]


def test_what_is_typed_down_the_grid_becomes_rows(office):
    with reading(office.cashier) as s:
        rows = standings(s, [each.id for each in office.meters], today().replace(day=1))
    before = reading_grid._frame(rows, {})
    edited = before.copy()
    edited.loc[0, "value"], edited.loc[1, "value"], edited.loc[1, "sure"] = "１５０.5", "abc", True
    typed, unread = reading_grid.rows_typed(rows, before, edited)
    assert [(each.meter_id, each.value, each.confirmed) for each in typed] == [
        (office.meters[0].id, Decimal("150.50"), False)
    ]
    assert {key: each.reason for key, each in unread.items()} == {
        office.meters[1].id: "“abc”不是数字，请填例如 135.00。"
    }


def test_the_grid_the_workbook_the_register_and_a_meter_open(office):
    for query in ({}, {"readings__view": "files"}, {"readings__view": "meters"}, {"meters__id": "new"}):
        assert not page_of(office.cashier, "readings", **query).error
    app = page_of(office.cashier, "readings", meters__id=str(office.meters[0].id))
    app.text_input(key="meters.replace.final").set_value("141.5")
    app = app.button(key="meters.replace.save").click().run()
    with reading(office.cashier) as s:
        assert s.get_one(Meter, office.meters[0].id).removed_on == today()
        assert s.scalar(select(func.count()).select_from(Meter)) == 4


def test_what_could_not_be_read_is_estimated(office):
    app = page_of(office.cashier, "readings", readings__month=f"{today():%Y-%m}")
    app.multiselect(key="readings.estimate.meters").set_value([office.meters[1].id])
    app = app.button(key="readings.estimate.save").click().run()
    assert [each.value for each in app.error] == ["请写明为什么不能实抄，例如 家中无人。"]
    app.text_input(key="readings.estimate.reason").set_value("家中无人")
    app.button(key="readings.estimate.save").click().run()
    assert this_month(office) == [(Decimal("150.00"), ReadingKind.ESTIMATED)]


@pytest.mark.requirement("F11")
def test_a_buildings_notices_are_made_printed_and_marked_with_a_press_each(office):
    due_month = next_month(today())
    with writing(SYSTEM) as s:
        bill = a_bill(s, office.unit, office.item, month=due_month, customer_id=office.customer.id)
        assert bill.due_on > today()
    app = page_of(office.cashier, "notices", notices__month=f"{due_month:%Y-%m}")
    assert [each.value for each in app.metric] == ["1", "0", "0", "0", "1", "0"]
    app = app.button(key="notices.make").click().run()
    assert [each.value for each in app.metric] == ["1", "1", "0", "1", "0", "0"]
    app = app.button(key="notices.all.reached").click().run()
    assert [each.value for each in app.metric] == ["1", "1", "1", "0", "0", "0"]
    with reading(office.cashier) as s:
        assert [(each.channel, each.reached) for each in s.scalars(select(Delivery))] == [("letter_box", True)]
        number = s.scalars(select(Notice.number)).one()
    printed = payment_notices(office.cashier, number, {"one": "1"})
    assert (printed.name, printed.content[:5]) == (f"缴费通知单-{number}.pdf", b"%PDF-")
    stranger = a_till()
    with pytest.raises(Refused, match="没有可打印的通知单"):
        payment_notices(stranger.cashier, number, {"one": "1"})
