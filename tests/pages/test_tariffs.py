"""The page of tariffs as finance keeps it and the desk reads it out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from db.clock import today
from db.ledger.pricing import next_month
from db.ledger.tables import Basis, FeeItem, FeeKind, Payee, Tariff
from db.people import SYSTEM
from db.registry import Relation, UnitUse
from db.session import reading, writing
from tests.builders import a_unit, an_occupancy
from tests.money import a_fee_item, a_tariff, a_till
from tests.signed_in import page_at

TARIFFS = "pages/fees/tariffs.py"


@pytest.fixture(autouse=True)
def _database(sqlite_engine):
    """Pages are tried on SQLite."""


@pytest.fixture
def till():
    made = a_till()
    with writing(SYSTEM) as s:
        made.flat = a_unit(s, made.building, room="102", area=Decimal("96.56"))
        an_occupancy(s, made.flat, made.customer, Relation.OWNER)
        made.tariff = a_tariff(s, made.item, "2.80", name="住宅物业费", use=UnitUse.RESIDENTIAL,
                               filing_number="备〔2020〕1号", late_clause="合同第八条")  # fmt: skip
    return made


def page_of(actor, path=TARIFFS, **params):
    return page_at(actor, path, **params)


def said(app):
    return [each.value for kind in (app.markdown, app.caption, app.error, app.info, app.subheader) for each in kind]


def keys(app):
    return {each.key for each in app.button}


@pytest.mark.requirement("F1")
def test_finance_writes_a_tariff_down_and_what_is_wrong_stays_with_what_was_typed(till):
    app = page_of(till.finance, tariffs__id="new")
    app.selectbox(key="tariffs.create.fee_item_id").set_value(till.item.id)
    app.text_input(key="tariffs.create.name").set_value("商铺物业费")
    app.selectbox(key="tariffs.create.use").set_value("shop")
    app.selectbox(key="tariffs.create.basis").set_value("by_area")
    app.text_input(key="tariffs.create.price").set_value("3.50001")
    app.text_input(key="tariffs.create.late_ppm").set_value("千分之一")
    app.button(key="tariffs.create.save").click().run()
    assert any("请按百分数填写，最多四位小数" in line for line in said(app))
    app.text_input(key="tariffs.create.late_ppm").set_value("0.03")
    app.text_input(key="tariffs.create.late_clause").set_value("合同第九条")
    app.button(key="tariffs.create.save").click().run()
    assert ":red[:small[:material/error: 单价最多四位小数。]]" in said(app)
    assert app.text_input(key="tariffs.create.name").value == "商铺物业费"
    app.text_input(key="tariffs.create.price").set_value("3.5")
    app.button(key="tariffs.create.save").click().run()
    with reading(SYSTEM) as s:
        made = s.scalars(select(Tariff).where(Tariff.id != till.tariff.id)).one()
        assert (made.name, made.use, made.basis, made.price, made.late_ppm, made.late_clause, made.valid_from) == (
            "商铺物业费", UnitUse.SHOP, Basis.BY_AREA, Decimal("3.50"), 300, "合同第九条", next_month(today()),
        )  # fmt: skip
    assert [each.value for each in app.title] == ["商铺物业费"]


@pytest.mark.requirement("F1")
def test_a_new_price_shows_what_it_changes_before_the_yes(till):
    app = page_of(till.finance, tariffs__id=till.tariff.id, do="follow")
    app.text_input(key="tariffs.follow.price").set_value("3")
    app.text_input(key="tariffs.follow.filing_number").set_value("业主大会决定")
    app.button(key="tariffs.follow.preview").click().run()
    assert [(each.label, each.value) for each in app.metric] == [
        ("涉及", "2 户"), ("现在每月(元)", "270.37"), ("以后每月(元)", "289.68"), ("每月相差(元)", "+19.31"),
    ]  # fmt: skip
    app.button(key="tariffs.follow.yes").click().run()
    first = next_month(today())
    with reading(SYSTEM) as s:
        kept = s.execute(select(Tariff.price, Tariff.valid_from, Tariff.filing_number).order_by(Tariff.id)).all()
        assert kept == [
            (Decimal("2.80"), date(2020, 1, 1), "备〔2020〕1号"), (Decimal("3.00"), first, "业主大会决定"),
        ]  # fmt: skip
    assert app.query_params["tariffs.id"] != [str(till.tariff.id)]


@pytest.mark.requirement("F1")
def test_the_desk_reads_out_what_a_unit_pays_and_changes_nothing(till):
    with writing(SYSTEM) as s:
        water = a_fee_item(s, till.payee, FeeKind.WATER, "水费")
        a_tariff(s, water, "6.30", name="代收水费", basis=Basis.METERED, filing_number="156号")
    app = page_of(till.desk)
    assert "tariffs.new" not in keys(app)
    assert [row[:4] for row in app.dataframe[0].value.itertuples(index=False)] == [
        ("住宅物业费", till.item.name, "住宅", "2.80 元/m²·月"), ("代收水费", "水费", "全部房屋", "6.30 元/吨"),
    ]  # fmt: skip
    app.selectbox(key="tariffs.standing").set_value("over").run()
    assert any("没有符合条件的收费标准" in line for line in said(app))
    one = page_of(till.desk, tariffs__id=till.tariff.id, do="end")
    assert not {"tariffs.follow#open", "tariffs.end.save"} & keys(one)
    asked = page_of(till.desk, what="ask", unit=till.flat.id)
    lines = said(asked)
    assert ("每月 270.37 元" in lines, "另按用量" in lines) == (True, True)
    assert any(line.startswith("96\\.56 m² × 2\\.80 元 × 1 月 \\= 270\\.37 元") for line in lines)
    assert any("逾期每日加收 0\\.05% 违约金（合同第八条）" in line for line in lines)


def test_items_and_payees_are_kept_on_their_tabs(till):
    app = page_of(till.finance, what="payees", payees__id="new")
    app.text_input(key="payees.create.name").set_value("园区发展公司")
    app.text_input(key="payees.create.mark").set_value("z")
    app.button(key="payees.create.save").click().run()
    with reading(SYSTEM) as s:
        payee = s.scalars(select(Payee).where(Payee.mark == "Z")).one()
    app = page_of(till.finance, what="fee_items", fee_items__id="new")
    app.text_input(key="fee_items.create.name").set_value("房租")
    app.selectbox(key="fee_items.create.kind").set_value("rent")
    app.selectbox(key="fee_items.create.payee_id").set_value(payee.id)
    app.button(key="fee_items.create.save").click().run()
    with reading(SYSTEM) as s:
        item = s.scalars(select(FeeItem).where(FeeItem.name == "房租")).one()
        assert (item.kind, item.payee_id, item.active) == (FeeKind.RENT, payee.id, True)


@pytest.mark.requirement("F1")
def test_a_units_card_says_what_it_pays(till):
    app = page_of(till.desk, "pages/office/customers.py", unit=till.flat.id)
    app.session_state["customers.tab"] = "收费"
    app.run()
    assert "每月 270.37 元" in said(app)
