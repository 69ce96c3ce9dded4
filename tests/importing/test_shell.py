"""The import from the shell, and the office's own sample workbooks where a folder of them is named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import select

from db import importing
from db.people import SYSTEM, Role
from db.refused import Refused
from db.registry import Estate, Unit
from db.session import reading, writing
from tests.builders import an_actor, an_estate
from tests.importing.conftest import Site, errors
from tests.importing.workbooks import a_roster

pytestmark = pytest.mark.requirement("R5")
SAMPLES = os.environ.get("GUANJIA_SAMPLE_WORKBOOKS", "")


@pytest.fixture
def engine(sqlite_engine):
    return sqlite_engine


@pytest.fixture
def roster(tmp_path):
    file = tmp_path / "名单.xlsx"
    file.write_bytes(a_roster())
    return file


def refusal(*args, **options):
    with pytest.raises(Refused) as refused:
        importing.import_file(*args, **options)
    return refused.value.message


def test_a_file_is_taken_in_by_name(site, roster):
    with reading(SYSTEM) as s:
        estate = s.get_one(Estate, site.estate_id).name
    told = []
    result = importing.import_file(roster, estate, site.supervisor.username, progress=told.append)
    assert result.lines() == [
        "名单.xlsx：新增 11 行，更新 0 行，无变化 0 行，有错误未导入 1 行。",
        "  楼栋：新建 2，更新 0",
        "  房屋：新建 3，更新 0",
        "  客户：新建 3，更新 0",
        "  入住登记：新建 3，更新 0",
        "  车位：新建 2，更新 0",
        "  车辆：新建 1，更新 0",
        "  “房屋信息”第 5 行 G 列 业主编号：客户表和系统里都没有编号为 9 的客户。",
    ]
    assert told[:2] == ["已读取 名单.xlsx，共 5 张表。", "“费用设置”：收费标准在收费模块导入，这里不导入。"]
    assert site.counts()["units"] == 3


def test_an_estate_is_made_when_asked_for(site, roster):
    with writing(SYSTEM) as s:
        director = an_actor(s, [], Role.DIRECTOR)
        an_estate(s, "旧项目")
    assert refusal(roster, "新项目", director.username).startswith("没有项目“新项目”。现有项目：")
    importing.import_file(roster, "新项目", director.username, create=True)
    with reading(SYSTEM) as s:
        assert len(s.scalars(select(Unit.id).join(Estate).where(Estate.name == "新项目")).all()) == 3


@pytest.mark.requirement("X2")
def test_who_may_not_is_told(site, roster, tmp_path):
    assert refusal(roster, "x", "nobody") == "没有用户“nobody”，或已停用。"
    assert refusal(roster, "x", "system") == "没有用户“system”，或已停用。"
    assert refusal(roster, "x", site.desk.username) == "您没有“导入工作簿”的权限，如有需要请联系管理处主任。"
    missing = tmp_path / "没有.xlsx"
    assert refusal(missing, "x", site.supervisor.username) == f"无法读取文件“{missing}”，请检查路径。"


@pytest.mark.skipif(not SAMPLES, reason="GUANJIA_SAMPLE_WORKBOOKS names no folder")
def test_every_sample_workbook_is_taken_in_twice_and_undone(site):
    done = []
    for file in sorted(Path(SAMPLES).glob("*.xls*")):
        before = site.counts()
        planned = site.plan(file.read_bytes(), file.name)
        assert all(sheet.left_out is None or sheet.mapping.kind is importing.Kind.FEES for sheet in planned.sheets)
        with writing(site.supervisor) as s:
            result = importing.run(s, planned)
        again = site.plan(file.read_bytes(), file.name)
        assert (errors(again), again.writes_anything) == (errors(planned), False)
        done += [(result.import_id, before)] if result.import_id else []
    assert done
    for import_id, before in reversed(done):
        site.undo(import_id)
        assert site.counts() == before


@pytest.mark.skipif(not SAMPLES, reason="GUANJIA_SAMPLE_WORKBOOKS names no folder")
def test_sample_workbooks_of_one_layout_hold_the_same_people(site):
    files = sorted(Path(SAMPLES).glob("*.xlsx"))
    first = Site(site.estate_id, site.supervisor, site.desk).take_in(files[0].read_bytes(), files[0].name)
    assert first.count(importing.Verdict.NEW) > 0
    for file in files[1:]:
        planned = site.plan(file.read_bytes(), file.name)
        assert planned.counts[importing.Verdict.NEW] == 0


def test_every_new_estate_gets_a_mark_of_its_own_from_who_may_make_it(site, roster):
    with writing(SYSTEM) as s:
        director = an_actor(s, [s.get_one(Estate, site.estate_id)], Role.DIRECTOR)
    for name in ("东区", "西区", "南区"):
        importing.import_file(roster, name, director.username, create=True)
    with reading(SYSTEM) as s:
        marks = dict(s.execute(select(Estate.name, Estate.mark).where(Estate.name.in_(("东区", "西区", "南区")))).all())
    assert marks == {"东区": "", "西区": "B", "南区": "C"}
    assert refusal(roster, "北区", site.supervisor.username, create=True) == (
        "没有项目“北区”。新建项目请用管理处主任或系统管理员的用户名。"
    )
