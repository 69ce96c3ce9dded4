"""Lists taken away as files: everything found, harmless, by rights, and logged."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from db import exporting, list_words
from db.audit import Audit
from db.clock import pretending
from db.exporting import CSV, EXCEL, export
from db.lists import EVERYTHING, Wanted
from db.people import SYSTEM
from db.process import perform, process_of
from db.processes import PROCESSES
from db.refused import Refused
from db.session import reading, writing
from tests.builders import a_complaint, a_repair, an_office

NOVEMBER = datetime(2026, 11, 10, 2, 30, tzinfo=UTC)


@pytest.fixture
def office(engine):
    with pretending(NOVEMBER):
        yield an_office()


def opened(office, make=a_complaint, **values):
    with writing(office.desk) as s:
        return make(s, office, **values)


def sheet(data: bytes) -> list[list[object]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()


def table(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def logged() -> list[Audit]:
    with reading(SYSTEM) as s:
        return list(s.scalars(select(Audit).where(Audit.act == "exported").order_by(Audit.id)))


@pytest.mark.requirement("R4")
def test_a_workbook_says_what_it_holds_who_made_it_and_when(office):
    case = opened(office, contact_name="吴先生", contact_phone="13800138000")
    made = export(office.supervisor, "complaints", Wanted(), EXCEL)
    rows = sheet(made.data)
    assert [row[0] for row in rows[:3]] == [
        "投诉清单",
        "范围：状态：未办结",
        "制表人：周颖  制表时间：2026-11-10 10:30  共 1 行",
    ]
    line = dict(zip(rows[4], rows[5], strict=True))
    assert (made.rows, made.name) == (1, "投诉清单-20261110-1030.xlsx")
    assert (line["单号"], line["状态"], line["房屋"], line["内容"]) == (
        case.number,
        "待受理",
        "1-1-101",
        "楼上装修噪声",
    )
    assert (line["联系人"], line["联系电话"], line["登记人"]) == ("吴先生", "13800138000", "王芳")
    assert (line["发生时间"], line["登记日期"]) == (datetime(2026, 11, 10, 10, 30), date(2026, 11, 10))  # noqa: DTZ001


@pytest.mark.requirement("R4")
def test_personal_data_leave_masked_without_the_right_and_nobody_sees_who_is_complained_about(office):
    opened(office, contact_phone="13800138000", about_user_id=office.steward.user_id)
    rows = table(export(office.desk, "complaints", Wanted(), CSV).data)
    line = dict(zip(rows[0], rows[1], strict=True))
    assert line["联系电话"] == "138****8000"
    assert "涉及员工" not in line
    rows = table(export(office.director, "complaints", Wanted(), CSV).data)
    line = dict(zip(rows[0], rows[1], strict=True))
    assert (line["联系电话"], line["涉及员工"]) == ("13800138000", "赵强")
    rows = table(export(office.steward, "complaints", Wanted(), CSV).data)
    line = dict(zip(rows[0], rows[1], strict=True))
    assert (line["联系电话"], line["房屋"], line["客户"]) == ("", "", "")


@pytest.mark.requirement("R4", "X7")
def test_each_export_is_in_the_log_with_its_filter_and_its_rows(office):
    opened(office)
    opened(office, category="lift")
    export(office.desk, "complaints", Wanted(standing=EVERYTHING, choices={"category": ("lift",)}), CSV)
    (entry,) = logged()
    assert (entry.actor_id, entry.table_name, entry.ground) == (
        office.desk.user_id, "complaints", "状态：全部；投诉类别：电梯",
    )  # fmt: skip
    assert entry.after == {"rows": 1, "format": "csv", "masked": True}


def test_who_may_not_export_gets_nothing_and_leaves_no_entry(office):
    opened(office)
    for actor in (office.technician, office.guard):
        with pytest.raises(Refused):
            export(actor, "complaints", Wanted(), CSV)
    assert logged() == []


@pytest.mark.parametrize("typed", ["=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(A1)", "\t=1", "=1+1"])
def test_no_cell_becomes_a_formula(office, typed):
    opened(office, words=typed)
    told = typed.strip()
    rows = sheet(export(office.desk, "complaints", Wanted(), EXCEL).data)
    assert dict(zip(rows[4], rows[5], strict=True))["内容"] == told
    rows = table(export(office.desk, "complaints", Wanted(), CSV).data)
    assert dict(zip(rows[0], rows[1], strict=True))["内容"] == f"'{told}"


def test_money_is_a_number_and_a_moment_a_moment(office):
    repair = opened(office, a_repair)
    with writing(office.desk) as s:
        hands = {"technicians": (office.technician.user_id,), "charge_kind": "paid", "quoted": Decimal("60.50")}
        perform(s, repair.id, "dispatch", hands | {"price_agreed": True})
    rows = sheet(export(office.desk, "repairs", Wanted(), EXCEL).data)
    line = dict(zip(rows[4], rows[5], strict=True))
    assert (line["报价(元)"], line["经办人"], line["客户已同意报价"], line["收费(元)"]) == (60.5, "刘师傅", "是", "")
    rows = table(export(office.desk, "repairs", Wanted(), CSV).data)
    line = dict(zip(rows[0], rows[1], strict=True))
    assert (line["报价(元)"], line["派单时间"]) == ("60.50", "2026-11-10 10:30")


def test_all_rows_found_leave_not_the_page(office, monkeypatch):
    numbers = [opened(office).number for _n in range(7)]
    closed = opened(office)
    with writing(office.desk) as s:
        perform(s, closed.id, "withdraw", {"note": "误报"})
    every = exporting.lists.every
    monkeypatch.setattr(exporting.lists, "every", lambda *a, **k: every(*a, **k, batch=3))
    rows = table(export(office.desk, "complaints", Wanted(descending=False), CSV).data)
    assert [row[0] for row in rows[1:]] == numbers


def test_an_empty_list_makes_an_empty_sheet(office):
    made = export(office.desk, "complaints", Wanted(), EXCEL)
    assert (made.rows, len(sheet(made.data))) == (0, 5)
    assert table(export(office.desk, "complaints", Wanted(), CSV).data)[0][:2] == ["单号", "状态"]


def test_too_many_rows_are_refused_with_what_to_do(office, monkeypatch):
    opened(office)
    opened(office)
    monkeypatch.setitem(exporting.MOST, CSV, 1)
    with pytest.raises(Refused) as refused:
        export(office.desk, "complaints", Wanted(), CSV)
    assert refused.value.message == "共 2 行，一次最多导出 1 行，请缩小日期范围后分几次导出。"
    assert logged() == []


@pytest.mark.parametrize("key", PROCESSES)
def test_every_process_is_exported_both_ways(engine, key):
    office = an_office()
    opened(office)
    opened(office, a_repair)
    for kind in (EXCEL, CSV):
        assert export(office.supervisor, key, Wanted(standing=EVERYTHING), kind).data


def test_a_question_is_said_in_words(office):
    wanted = Wanted(
        states=("waiting", "working"), typed=" 噪声 ", opened_from=date(2026, 11, 1), opened_to=date(2026, 11, 10),
        handled_from=date(2026, 11, 1), closed_to=date(2026, 11, 9), building_id=office.building.id,
        assigned_to=office.desk.user_id, choices={"gravity": ("grave", "important")}, late=True, counting=True,
        visited=False, estate_ids=(office.estate.id,), moments={"due_at": (None, date(2026, 11, 10))},
    )  # fmt: skip
    with reading(office.desk) as s:
        told = [(label, said) for _name, label, said in list_words.described(s, process_of("complaints"), wanted)]
    assert told == [
        ("状态", "待受理、处理中"), ("查找", "噪声"), ("登记日期", "2026-11-01 至 2026-11-10"),
        ("处理完毕日期", "2026-11-01 起"), ("办结日期", "2026-11-09 止"), ("办理时限", "2026-11-10 止"),
        ("项目", office.estate.name), ("楼栋", "1号楼"), ("经办人", "王芳"), ("严重程度", "重大、重要"),
        ("仅超时", "是"), ("不含作废、撤销、合并", "是"), ("已回访", "否"),
    ]  # fmt: skip


def test_moments_and_several_states_narrow_a_list(office):
    opened(office)
    with pretending(NOVEMBER + timedelta(days=2)):
        second = opened(office)
        with writing(office.desk) as s:
            perform(s, second.id, "accept")
        with reading(office.desk) as s:
            found = exporting.lists.found
            due = Wanted(moments={"due_at": (date(2026, 11, 12), date(2026, 11, 13))})
            assert [row["number"] for row in found(s, "complaints", due).rows] == [second.number]
            assert found(s, "complaints", Wanted(states=("working", "to_visit"))).total == 1
            assert found(s, "complaints", Wanted(states=("working", "waiting"))).total == 2
