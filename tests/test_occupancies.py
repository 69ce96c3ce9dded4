"""Who holds which unit and how they are reached: phones, coming, leaving, a unit that changes hands; the past stays."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from db import identity, occupancies, phones
from db.audit import Audit
from db.people import SYSTEM
from db.refused import Refused
from db.registering import save
from db.registry import Customer, CustomerPhone, Occupancy, Relation
from db.session import reading, writing
from tests.builders import a_customer, an_occupancy, an_office

pytestmark = pytest.mark.usefixtures("engine")


def audits(s, table):
    return s.execute(
        select(Audit.act, Audit.before, Audit.after).where(Audit.table_name == table).order_by(Audit.id)
    ).all()


@pytest.mark.requirement("R2")
def test_phones_are_added_put_first_and_taken_off():
    office = an_office()
    customer_id = office.customer.id

    def numbers(s):
        kept = select(CustomerPhone.number, CustomerPhone.tail).where(CustomerPhone.customer_id == customer_id)
        return s.execute(kept.order_by(CustomerPhone.position)).all()

    with writing(office.desk) as s:
        first_id = phones.add_phone(s, customer_id, "１３８-0013-8000")
        second_id = phones.add_phone(s, customer_id, "0316-2912915转801")
        assert phones.add_phone(s, customer_id, "13800138000") == first_id
        assert numbers(s) == [("13800138000", "00083100831"), ("03162912915-801", "51921926130")]
        phones.put_phone_first(s, customer_id, second_id)
        assert [number for number, _tail in numbers(s)] == ["03162912915-801", "13800138000"]
        phones.remove_phone(s, customer_id, first_id)
        assert [number for number, _tail in numbers(s)] == ["03162912915-801"]
        with pytest.raises(Refused) as refused:
            phones.add_phone(s, customer_id, "一三八")
        assert refused.value.problems == {"number": "电话只能是数字，例如 13800000000 或 0316-2912915。"}
        with pytest.raises(Refused, match="已不在这位客户名下"):
            phones.remove_phone(s, customer_id, first_id)
    with reading(office.desk) as s:
        assert [after["phones"] for _act, _before, after in audits(s, "customers")] == [
            ["13800138000"], ["13800138000", "03162912915-801"], ["03162912915-801", "13800138000"],
            ["03162912915-801"],
        ]  # fmt: skip


@pytest.mark.requirement("R2")
def test_a_unit_changes_hands_and_the_former_owner_ends_the_day_before():
    office = an_office()
    unit_id = office.unit.id
    with writing(office.desk) as s:
        buyer, wife = (save(s, Customer, {"name": name}) for name in ("周海", "林岚"))
        owner_id = occupancies.move_in(s, unit_id, office.customer.id, Relation.OWNER, date(2020, 5, 1))
        tenant_id = occupancies.move_in(s, unit_id, save(s, Customer, {"name": "租客"}), Relation.TENANT)
        with pytest.raises(Refused) as refused:
            occupancies.move_in(s, unit_id, buyer, Relation.OWNER, date(2026, 12, 1))
        assert refused.value.problems == {
            "relation": "这套房屋现在的业主是吴学文。共同拥有请勾选“共有人”，换了业主请用“过户”。"
        }
        new_ids = occupancies.change_owner(s, unit_id, [buyer, wife], date(2026, 12, 1))
    with reading(office.desk) as s:
        rows = s.execute(
            select(Occupancy.id, Occupancy.co_owner, Occupancy.starts_on, Occupancy.ends_on).order_by(Occupancy.id)
        ).all()
        assert rows == [
            (owner_id, False, date(2020, 5, 1), date(2026, 11, 30)),
            (tenant_id, False, None, None),
            (new_ids[0], False, date(2026, 12, 1), None),
            (new_ids[1], True, date(2026, 12, 1), None),
        ]
        assert [act for act, _before, _after in audits(s, "occupancies")] == ["created"] * 2 + ["ended"] + [
            "created"
        ] * 2


def test_a_sale_before_the_owner_came_is_refused():
    office = an_office()
    with writing(SYSTEM) as s:
        an_occupancy(s, office.unit, office.customer, starts_on=date(2026, 5, 1))
        buyer = a_customer(s, office.estate, "周海")
    with writing(office.desk) as s, pytest.raises(Refused) as refused:
        occupancies.change_owner(s, office.unit.id, [buyer.id], date(2026, 5, 1))
    assert refused.value.problems == {"on": "现业主从 2026-05-01 起登记，过户日期要晚于这一天。"}


def test_nobody_is_the_same_twice_in_one_unit_at_a_time():
    office = an_office()
    with writing(office.desk) as s:
        first = occupancies.move_in(s, office.unit.id, office.customer.id, Relation.TENANT, date(2025, 1, 1))
        with pytest.raises(Refused) as refused:
            occupancies.move_in(s, office.unit.id, office.customer.id, Relation.TENANT, date(2026, 1, 1))
        assert refused.value.problems == {"customer_id": "吴学文在这段时间里已登记为租户。"}
        occupancies.move_out(s, first, date(2025, 12, 31), version=1)
        occupancies.move_in(s, office.unit.id, office.customer.id, Relation.TENANT, date(2026, 1, 1))
        with pytest.raises(Refused) as refused:
            occupancies.move_out(s, first, date(2024, 12, 31))
        assert refused.value.problems == {"ends_on": "结束日期不能早于开始日期 2025-01-01。"}


@pytest.mark.requirement("R2")
def test_a_newcomer_comes_with_phone_and_unit_or_not_at_all():
    office = an_office()
    with writing(office.desk) as s:
        customer_id = occupancies.take_in(
            s, {"name": "周海"}, phone="13900139000", unit_id=office.unit.id, starts_on=date(2026, 11, 1), token="f1"
        )
        again = occupancies.take_in(s, {"name": "周海"}, phone="13900139000", unit_id=office.unit.id, token="f1")
    assert again == customer_id
    for values, phone in (({"name": "周海"}, "13900139000"), ({"name": "林岚"}, "坏的")):
        with pytest.raises(Refused), writing(office.desk) as s:
            occupancies.take_in(s, values, phone=phone, unit_id=office.unit.id, relation=Relation.FAMILY)
    with reading(office.desk) as s:
        assert s.scalars(select(Customer.name).order_by(Customer.id)).all() == ["吴学文", "周海"]
        assert s.execute(select(Occupancy.customer_id, Occupancy.starts_on)).all() == [(customer_id, date(2026, 11, 1))]


def test_what_is_odd_about_an_identity_number_is_said_never_refused():
    office = an_office()
    right = "11010519491231002X"
    with writing(office.desk) as s:
        wrong_id = save(s, Customer, {"name": "周海", "id_number": "110105194912310021"})
        first_id = save(s, Customer, {"name": "林岚", "id_number": right})
        assert [str(each) for each in identity.doubts(s, wrong_id)] == ["身份证号码的校验位不对，请核对。"]
        assert identity.doubts(s, first_id) == []
        second_id = save(s, Customer, {"name": "林岚二", "id_number": right.lower()})
        assert [str(each) for each in identity.doubts(s, second_id)] == ["证件号码与林岚相同，请核对是否同一人。"]
        company_id = save(s, Customer, {"name": "华信科技", "kind": "company", "id_number": "91110000600037341M"})
        assert [str(each) for each in identity.doubts(s, company_id)] == ["统一社会信用代码的校验位不对，请核对。"]
