"""One action on many matters."""

from __future__ import annotations

import pytest

from db.bulk import MOST, actions_for_all, perform_all
from db.cases import Case, Event
from db.people import SYSTEM, Role
from db.process import perform, process_of
from db.refused import Refused
from db.session import reading, writing
from tests.builders import a_complaint, a_repair, an_actor, an_estate, an_office


@pytest.fixture
def office(engine):
    return an_office()


def opened(office, make=a_repair, **values):
    with writing(office.desk) as s:
        return make(s, office, **values)


def states(*cases):
    with reading(SYSTEM) as s:
        return [s.get_one(Case, each.id).state for each in cases]


@pytest.mark.requirement("M2")
def test_ten_orders_are_dispatched_in_one_go(office):
    orders = [opened(office) for _n in range(10)]
    hands = {"technicians": (office.technician.user_id,), "charge_kind": "free"}
    with writing(office.desk) as s:
        told = perform_all(s, [each.id for each in orders], "dispatch", hands)
    assert told == [(each.number, None) for each in orders]
    assert states(*orders) == ["dispatched"] * 10


def test_one_refusal_leaves_the_others_done_and_itself_untouched(office):
    first, gone, last = opened(office), opened(office), opened(office)
    with writing(office.desk) as s:
        perform(s, gone.id, "withdraw", {"note": "客户自己修好了"})
    hands = {"technicians": (office.technician.user_id,), "charge_kind": "free"}
    with writing(office.desk) as s:
        told = perform_all(s, [first.id, gone.id, last.id], "dispatch", hands)
    assert told == [
        (first.number, None),
        (gone.number, f"{gone.number} 现在是“已取消”，不能派单。"),
        (last.number, None),
    ]
    assert states(first, gone, last) == ["dispatched", "withdrawn", "dispatched"]


def test_a_row_that_somebody_changed_meanwhile_is_refused_by_name(office):
    order, other = opened(office), opened(office)
    seen = {order.id: 1, other.id: 1}
    with writing(office.other_desk) as s:
        perform(s, order.id, "urge", {})
    with writing(office.desk) as s:
        (_number, why), done = perform_all(s, list(seen), "urge", {}, versions=seen)
    assert why is not None
    assert "李敏" in why
    assert done == (other.number, None)


def test_a_second_press_does_nothing_more(office):
    orders = [opened(office).id for _n in range(3)]
    for _press in range(2):
        with writing(office.desk) as s:
            perform_all(s, orders, "urge", {}, token="press")
    with reading(SYSTEM) as s:
        assert [s.get_one(Case, each).urges for each in orders] == [1, 1, 1]
        assert s.query(Event).filter_by(action="urge").count() == 3


def test_what_is_out_of_sight_is_refused_without_its_number(office):
    order = opened(office)
    with writing(SYSTEM) as s:
        stranger = an_actor(s, [an_estate(s)], Role.DESK)
    with writing(stranger) as s:
        ((number, why),) = perform_all(s, [order.id], "urge", {})
    assert number == f"#{order.id}"
    assert why == "没有找到这张单，可能单号有误，或不在您的工作范围内。"
    assert states(order) == ["waiting"]


def test_more_than_one_transaction_should_hold_are_refused(office):
    with writing(office.desk) as s, pytest.raises(Refused):
        perform_all(s, range(1, MOST + 2), "urge", {})


def test_only_what_every_chosen_row_allows_is_offered(office):
    process = process_of("complaints")

    def offered(actor, *chosen):
        return {each.name for each in actions_for_all(actor, process, chosen)}

    assert "accept" in offered(office.desk, "waiting")
    assert "accept" not in offered(office.desk, "waiting", "working")
    assert "urge" in offered(office.desk, "waiting", "working")
    assert "void" not in offered(office.desk, "waiting")
    assert "void" in offered(office.supervisor, "waiting", "to_visit")
    assert offered(office.supervisor, "done", "waiting") == set()
    assert offered(office.desk) == set()
    assert offered(office.guard, "waiting") == set()


def test_the_complaint_about_oneself_stays_out_of_a_bulk_action(office):
    about_me, other = opened(office, a_complaint, about_user_id=office.steward.user_id), opened(office, a_complaint)
    with writing(office.steward) as s:
        told = dict(perform_all(s, [about_me.id, other.id], "urge", {}))
    assert told[about_me.number] is not None
    assert told[other.number] is None
