"""The import studio, as the supervisor works with it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from db.registry import Customer, CustomerPhone, Unit
from db.session import reading
from tests.builders import an_office
from tests.signed_in import app_as

pytestmark = pytest.mark.usefixtures("sqlite_engine")
FLAT = (
    "花园业主名单,,,\n房号,业主姓名,联系电话,建筑面积(㎡)\n"
    "3-2-501,王小明,13800138000,９６.５６\n3-2-502,李雷,1380013,88.1\n合计,,,184.66\n"
).encode("gbk")


def studio_of(actor):
    return app_as(actor).run().switch_page("pages/office/import_studio.py").run()


def shown(app):
    return [(row.iloc[1], row.iloc[2], row.iloc[3]) for _n, row in app.dataframe[0].value.iterrows()]


@pytest.mark.requirement("R5")
def test_a_roster_is_judged_taken_in_and_undone():
    office = an_office()
    app = studio_of(office.supervisor)
    app.file_uploader(key="import.file").set_value(("名单.csv", FLAT, "text/csv")).run()
    assert not app.exception
    assert [(number, key, verdict) for number, key, verdict in shown(app)] == [(4, "3-2-502", "有错误")]
    app.button(key="import.run").click().run()
    assert [each.value for each in app.warning] == ["有 1 行有错误，没有导入。请下载错误行，改好后只上传那份文件。"]
    with reading(office.supervisor) as s:
        [unit] = s.scalars(select(Unit).where(Unit.short == "3-2-501"))
        assert str(unit.area) == "96.56"
        assert s.scalars(select(CustomerPhone.number)).all() == ["13800138000"]
    again = studio_of(office.supervisor)
    again.file_uploader(key="import.file").set_value(("名单.csv", FLAT, "text/csv")).run()
    assert again.button(key="import.run").disabled
    undo = next(each for each in again.button if str(each.key).startswith("import.undo.sure."))
    undo.click().run()
    with reading(office.supervisor) as s:
        assert s.scalars(select(Customer.name)).all() == ["吴学文"]


@pytest.mark.requirement("R5")
def test_a_file_that_is_no_workbook_gets_a_sentence():
    office = an_office()
    app = studio_of(office.supervisor)
    app.file_uploader(key="import.file").set_value(("名单.xlsx", b"%PDF-1.7 ...", "application/pdf")).run()
    assert not app.exception
    assert len(app.error) == 1
    assert "Traceback" not in app.error[0].value


@pytest.mark.requirement("X2")
def test_the_desk_may_not_import():
    office = an_office()
    app = studio_of(office.desk)
    assert [each.value for each in app.error] == ["您没有打开“导入”的权限，如有需要请联系系统管理员。"]
