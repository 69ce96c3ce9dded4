"""The page of access cards and keys, as the desk presses through it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from db.clock import today
from db.dossiers import cards
from db.dossiers.card_tables import Holding, HoldingKind, Standing
from db.ledger.tables import Basis, Bill, FeeKind
from db.people import SYSTEM
from db.session import reading, writing
from tests.builders import an_occupancy
from tests.money import a_fee_item, a_tariff, a_till
from tests.signed_in import page_at, press, unbroken

pytestmark = pytest.mark.usefixtures("sqlite_engine")
PAGE = "pages/moves/cards.py"


@pytest.mark.requirement("A2")
def test_a_card_is_handed_out_lost_replaced_and_those_of_who_has_left_are_on_my_work():
    till = a_till()
    with writing(SYSTEM) as s:
        occupancy = an_occupancy(s, till.unit, till.customer, starts_on=today() - timedelta(days=400))
        a_tariff(s, a_fee_item(s, till.payee, FeeKind.OTHER, name="门禁卡工本费"), "20.00", basis=Basis.ONCE)
    app = page_at(till.desk, PAGE, new="1", unit=till.unit.id)
    assert app.session_state["cards.new.unit_id"] == till.unit.id
    app.text_input(key="cards.hand_out.number").set_value("8801 8802 8803")
    press(app, "cards.hand_out.save")
    assert [each.value for each in app.error] == [
        r"门禁卡已超过免费张数或属补办，工本费 20\.00 元：请选择收费，或在备注写明免收原因。"
    ]
    assert app.text_input(key="cards.hand_out.number").value == "8801 8802 8803"
    app.text_input(key="cards.hand_out.number").set_value("8801 8802")
    press(app, "cards.hand_out.save")
    app = page_at(till.desk, PAGE)
    assert app.dataframe[0].value["what"].tolist() == ["门禁卡 8802", "门禁卡 8801"]
    with reading(SYSTEM) as s:
        lost = s.scalars(select(Holding).where(Holding.number == "8801")).one()
        assert (lost.kind, lost.bill_id) == (HoldingKind.ACCESS_CARD, None)
    app = page_at(till.desk, PAGE, record=lost.id)
    unbroken(app.segmented_control(key=f"cards.act.{lost.id}").set_value("lost").run())
    app.text_input(key=f"cards.lost.{lost.id}.why").set_value("地铁上丢失")
    press(app, f"cards.lost.{lost.id}.save")
    assert [each.value for each in app.warning] == ["须在门禁系统停用：停用后在这里登记。"]
    unbroken(app.segmented_control(key=f"cards.act.{lost.id}").set_value("again").run())
    app.text_input(key=f"cards.again.{lost.id}.number").set_value("8899")
    press(app, f"cards.again.{lost.id}.save")
    unbroken(app.segmented_control(key=f"cards.act.{lost.id}").set_value("disabled").run())
    press(app, f"cards.disabled.{lost.id}.save")
    with writing(SYSTEM) as s:
        row = s.get_one(Holding, lost.id)
        new = s.get_one(Holding, row.replaced_by)
        assert (row.standing, row.disabled_by, new.number) == (Standing.LOST, till.desk.user_id, "8899")
        assert s.get_one(Bill, new.bill_id).amount == Decimal("20.00")
        s.merge(occupancy).ends_on = today() - timedelta(days=1)
    work = page_at(till.desk, "pages/workbench/my_work.py", part="cards")
    assert [each.label for each in work.get("page_link")][:2] == ["**门禁卡 8802**", "**门禁卡 8899**"]
    with writing(till.desk) as s:
        for each in cards.held(s, till.unit.id):
            cards.give_back(s, each.id)
    assert "cards" not in page_at(till.desk, "pages/workbench/my_work.py").segmented_control[0].options


def test_who_may_not_hand_out_only_looks():
    till = a_till()
    with writing(till.desk) as s:
        card = cards.hand_out(s, till.unit.id, "access_card", "8801")
    app = page_at(till.cashier, PAGE, record=card.id)
    assert [each.key for each in app.segmented_control if each.key.startswith("cards.act")] == []
    assert "cards.new" not in {each.key for each in page_at(till.cashier, PAGE).button}
