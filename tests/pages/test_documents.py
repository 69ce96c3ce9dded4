"""The register of documents as staff see it: found, opened, moved, held, filed, asked to be destroyed."""

from __future__ import annotations

from datetime import datetime

import pytest

from db import approvals, clock, document_removals
from db.document_categories import Category
from db.document_lists import Wanted, listed
from db.documents import Owner
from db.session import reading, writing
from tests import builders
from tests.signed_in import page_at, press, unbroken
from tests.test_document_lists import file
from tests.test_documents import PDF

PAGE = "pages/office/documents.py"
OLD = datetime(2020, 1, 1, tzinfo=clock.ZONE)


@pytest.fixture(autouse=True)
def _database(sqlite_engine):
    """Pages are tried on SQLite."""


@pytest.fixture
def office():
    made = builders.an_office()
    with writing(made.desk) as s:
        made.case = builders.a_complaint(s, made, customer_id=made.customer.id)
    file(made.desk, Owner(case_id=made.case.id), "现场.pdf")
    file(made.desk, Owner(unit_id=made.unit.id), "户型平面图.pdf")
    made.identity = file(made.desk, Owner(customer_id=made.customer.id), "身份证.pdf")
    return made


def rows_of(app):
    return [tuple(row)[:4] for row in app.dataframe[0].value.itertuples(index=False)]


def said(app):
    return [each.value for kind in (app.markdown, app.caption, app.info, app.error) for each in kind]


@pytest.mark.requirement("R6")
def test_documents_are_found_and_one_says_where_it_belongs(office):
    app = page_at(office.desk, PAGE)
    assert [(name, category, places) for name, _address, category, places in rows_of(app)] == [
        ("身份证.pdf", "身份证件", "吴学文"), ("户型平面图.pdf", "图纸（结构/管线）", "1-1-101"),
        ("现场.pdf", "其他", f"{office.case.number} · 1-1-101 · 吴学文"),
    ]  # fmt: skip
    app.text_input(key="documents.q").set_value("平面").run()
    assert [row[0] for row in rows_of(app)] == ["户型平面图.pdf"]
    app = page_at(office.desk, PAGE, unit=office.unit.id)
    assert [row[0] for row in rows_of(app)] == ["户型平面图.pdf", "现场.pdf"]
    app = page_at(office.desk, PAGE, documents__category="photo")
    assert "没有符合条件的资料。请换一个说法，或去掉筛选。" in said(app)
    app = page_at(office.supervisor, PAGE, document=office.identity)
    assert ":orange-badge[:material/visibility: 含个人信息，每次查看都记入操作日志]" in said(app)


@pytest.mark.requirement("R6")
def test_a_drawing_is_filed_with_its_unit(office):
    app = page_at(office.steward, PAGE, new=1)
    app.session_state["documents.file.unit_id.kept_unit"] = office.unit.id
    app = press(unbroken(app.run()), "documents.file.unit_id.save")
    assert [each.value for each in app.error] == ["请先选择文件。"]
    app.file_uploader[0].set_value(("竣工图.pdf", PDF + b"x", "application/pdf"))
    app = press(app, "documents.file.unit_id.save")
    with reading(office.steward) as s:
        [row] = [each for each in listed(s, Wanted()).rows if each.name == "竣工图.pdf"]
    assert (row.category, row.places[0].words, row.by) == (Category.DRAWING, "1-1-101", "赵强")


@pytest.mark.requirement("R6")
def test_those_past_their_time_are_chosen_and_put_before_the_director(office):
    old = file(office.desk, Owner(unit_id=office.unit.id), "旧照片.pdf", at=OLD, category=Category.PHOTO)
    app = page_at(office.supervisor, PAGE, over=1)
    assert [row[0] for row in rows_of(app)] == ["旧照片.pdf"]
    app.text_input(key="documents.over.reason").set_value("保存满三年")
    app = press(app, "documents.over.ask")
    assert [each.value for each in app.error] == ["请先勾选要销毁的文件。"]
    with writing(office.supervisor) as s:
        removal = document_removals.ask(s, office.estate.id, [old], "保存满三年")
    app = page_at(office.director, PAGE, removal=removal)
    assert [row[0] for row in rows_of(app)] == ["旧照片.pdf"]
    assert any(line.endswith("提请，依据：保存满三年") for line in said(app))
    with reading(office.director) as s:
        assert [each.subject for each in approvals.waiting_for(s)] == ["document_removal"]
    app = page_at(office.desk, PAGE, over=1)
    assert [row[0] for row in rows_of(app)] == ["身份证.pdf", "户型平面图.pdf", "现场.pdf", "旧照片.pdf"]
