"""Taking an import back while nothing depends on it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from db import importing
from db.audit import Audit
from db.people import SYSTEM
from db.phones import add_phone
from db.process import open_case
from db.refused import Refused
from db.registering import save
from db.registry import Customer, CustomerPhone, Unit
from db.search_keys import SearchKey
from db.session import reading, writing
from tests.importing.workbooks import PEOPLE, UNITS, a_roster, a_workbook

pytestmark = pytest.mark.requirement("R5")


def refusal(site, import_id):
    with pytest.raises(Refused) as refused:
        site.undo(import_id)
    return refused.value.message


def test_all_that_was_created_goes(site):
    done = site.take_in(a_roster())
    assert site.undo(done.import_id) == {
        "vehicles": 1, "parking_spaces": 2, "occupancies": 3, "customers": 3, "units": 3, "buildings": 2,
    }  # fmt: skip
    assert site.counts() == dict.fromkeys(site.counts(), 0)
    assert site.all(SearchKey.key) == []
    with reading(site.supervisor) as s:
        kept = s.get_one(importing.Import, done.import_id)
        assert kept.undone_by == site.supervisor.user_id
        assert s.scalars(select(Audit.act).where(Audit.table_name == "imports").order_by(Audit.id)).all() == [
            "imported",
            "undone",
        ]
    assert refusal(site, done.import_id) == "这次导入已经撤销过了。"
    assert site.plan(a_roster()).before is None
    assert site.take_in(a_roster()).records == done.records


def test_what_was_changed_is_as_before(site):
    first = site.take_in(a_roster())
    before = (
        site.holders(),
        site.all(Unit.short, Unit.area, Unit.floor),
        site.all(CustomerPhone.number),
        site.all(Customer.name, Customer.sex),
    )
    people = [PEOPLE[0], [2.0, "钱一一", "男", "", 13900139001.0, ""]]
    units = [UNITS[0], [1011.0, 1.0, 1.0, 5.0, "", 99.0, 2.0], [1015.0, 1.0, 1.0, 5.0, "", 99.0, 2.0]]
    second = site.take_in(a_workbook({"业主": people, "房屋": units}))
    assert refusal(site, first.import_id).startswith(
        "不能撤销这次导入：1 条房屋后来被改过（1-1-1011）；1 条客户后来被改过（钱一一）；"
    )
    assert site.undo(second.import_id) == {"units": 2, "customers": 1, "occupancies": 3}
    assert (
        site.holders(), site.all(Unit.short, Unit.area, Unit.floor), site.all(CustomerPhone.number),
        site.all(Customer.name, Customer.sex),
    ) == before  # fmt: skip


def test_a_case_on_an_imported_unit_keeps_the_import(site):
    done = site.take_in(a_roster())
    with writing(site.desk) as s:
        unit_id = s.scalar(select(Unit.id).where(Unit.short == "1-1-1011"))
        open_case(s, "complaints", {"unit_id": unit_id, "words": "楼上装修噪声", "category": "noise"})
    assert refusal(site, done.import_id) == (
        "不能撤销这次导入：楼栋（1号楼）已有 1 条事项；房屋（1-1-1011）已有 1 条事项。"
    )
    assert site.counts()["units"] == 3


def test_a_later_correction_keeps_the_import(site):
    done = site.take_in(a_roster())
    with writing(site.supervisor) as s:
        save(s, Unit, {"layout": "三室"}, s.scalar(select(Unit.id).where(Unit.short == "2-1-201")))
        add_phone(s, s.scalar(select(Customer.id).where(Customer.name == "钱一")), "13700137000")
    assert refusal(site, done.import_id) == (
        "不能撤销这次导入：1 条房屋后来被改过（2-1-201）；1 条客户后来被改过（钱一）。"
    )


def test_a_later_owner_keeps_the_import(site):
    done = site.take_in(a_roster())
    units = [UNITS[0], [1015.0, 1.0, 1.0, 1.0, "", 99.0, 1.0]]
    site.take_in(a_workbook({"房屋": units}))
    assert refusal(site, done.import_id) == (
        "不能撤销这次导入：楼栋（1号楼）已有 1 条房屋；客户（周文彬）已有 1 条入住登记。"
    )


@pytest.mark.requirement("X2")
def test_only_those_who_may_import_may_undo(site):
    done = site.take_in(a_roster())
    with writing(site.desk) as s, pytest.raises(Refused):
        importing.undo(s, done.import_id)
    with writing(SYSTEM) as s, pytest.raises(Refused) as refused:
        importing.undo(s, 4711)
    assert refused.value.message == "没有找到这次导入。"
    assert site.counts()["units"] == 3
