"""Choosing one unit or customer by whatever is known of it."""

from __future__ import annotations

import pytest

from db.people import SYSTEM, Role
from db.picking import CUSTOMERS, UNITS, described, living_in, offered, surely_meant
from db.registry import Relation
from db.session import reading, writing
from tests.builders import a_customer, a_phone, a_unit, an_actor, an_estate, an_occupancy, an_office

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture
def office(engine):
    made = an_office()
    with writing(SYSTEM) as s:
        a_phone(s, made.customer, "13800138021")
        an_occupancy(s, made.unit, made.customer)
        made.tenant = a_customer(s, made.estate, "胡军")
        an_occupancy(s, made.unit, made.tenant, Relation.TENANT)
        made.second = a_unit(s, made.building, room="1011")
    return made


@pytest.mark.requirement("X3")
def test_people_lead_to_units_and_units_to_people(office):
    with reading(office.desk) as s:
        for typed in ("吴学文", "8021", "hujun"):
            assert [hit.unit_id for hit in offered(s, UNITS, typed)] == [office.unit.id], typed
        assert [hit.customer_id for hit in offered(s, CUSTOMERS, "1-1-101")] == [office.customer.id, office.tenant.id]
        assert [hit.customer_id for hit in living_in(s, office.unit.id)] == [office.customer.id, office.tenant.id]
        assert living_in(s, office.second.id) == []


def test_the_only_hit_or_the_only_exact_one_is_surely_meant(office):
    with reading(office.desk) as s:
        assert [hit.title for hit in offered(s, UNITS, "1-1-101")] == ["1-1-101", "1-1-1011"]
        assert surely_meant(offered(s, UNITS, "1-1-101")).unit_id == office.unit.id
        assert surely_meant(offered(s, UNITS, "1-1-10")) is None
        assert surely_meant(offered(s, UNITS, "8021")).unit_id == office.unit.id
        assert surely_meant([]) is None


@pytest.mark.requirement("R4")
def test_who_does_not_see_people_picks_units_without_them(office):
    with reading(office.technician) as s:
        assert [(hit.title, hit.subtitle) for hit in offered(s, UNITS, "1-1-101")] == [
            ("1-1-101", "1号楼"), ("1-1-1011", "1号楼"),
        ]  # fmt: skip
        assert offered(s, CUSTOMERS, "1-1-101") == []
        assert offered(s, UNITS, "吴学文") == []
        assert living_in(s, office.unit.id) == []
        assert described(s, CUSTOMERS, office.customer.id) is None
        assert described(s, UNITS, office.unit.id).title == "1-1-101"


@pytest.mark.requirement("X2")
def test_what_is_chosen_is_described_within_the_estates_only(office):
    with writing(SYSTEM) as s:
        stranger = an_actor(s, [an_estate(s)], Role.DESK)
    with reading(stranger) as s:
        assert (described(s, UNITS, office.unit.id), described(s, CUSTOMERS, office.customer.id)) == (None, None)
    with reading(office.desk) as s:
        assert described(s, CUSTOMERS, office.customer.id).subtitle == "1-1-101 业主 · 138****8021"
        assert described(s, UNITS, 99_999) is None
