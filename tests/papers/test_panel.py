"""The papers of a matter on its page: issued, opened, signed for, made void; what stands in the way is said."""

from __future__ import annotations

import pytest

from components.papers import address
from db.papers import issuing, wordings
from db.papers.desk_papers import COMPLAINT
from db.session import reading, writing
from tests.builders import a_complaint, a_repair, an_office
from tests.signed_in import page_at, press, unbroken

pytestmark = pytest.mark.usefixtures("sqlite_engine")
COMPLAINTS, REPAIRS = "pages/service/complaints.py", "pages/service/repairs.py"
KEY = "papers.complaints.complaint_form"


def said(app) -> str:
    return "\n".join([each.value for each in app.markdown] + [each.value for each in app.error])


@pytest.mark.requirement("X6")
def test_a_paper_is_issued_opened_and_made_void_on_the_matters_page():
    office = an_office()
    with writing(office.desk) as s:
        case = a_complaint(s, office)
    app = page_at(office.desk, COMPLAINTS, case=case.number)
    assert "单据" in [each.value for each in app.subheader]
    press(app, f"{KEY}.issue")
    with reading(office.desk) as s:
        paper = issuing.in_force(s, "complaint_form", case.id)
    assert f"[{paper.number.replace('-', chr(92) + '-')}]({address('issued', paper.id)})" in said(app)
    assert f"{KEY}.issue" not in [each.key for each in app.button]
    press(app, f"{KEY}.{paper.id}.again")
    with reading(office.desk) as s:
        paper = issuing.in_force(s, "complaint_form", case.id)
        assert paper.number.endswith("-002")
    press(app, f"{KEY}.{paper.id}.voiding.save")
    assert "作废后不能恢复" in "".join(each.value for each in app.warning)
    press(app, f"{KEY}.{paper.id}.voiding.save")
    assert "请写明为什么作废。" in said(app).replace("\\", "")
    app.text_input(key=f"{KEY}.{paper.id}.voiding.reason").input("客户姓名写错")
    press(app, f"{KEY}.{paper.id}.voiding.save")
    press(app, f"{KEY}.{paper.id}.voiding.save")
    assert address("annulled", paper.id) in said(app)
    with reading(office.desk) as s:
        assert issuing.in_force(s, "complaint_form", case.id).number.endswith("-001")
        assert [each.void_reason for each in issuing.papers_of(s, "cases", case.id)] == ["客户姓名写错", ""]


def test_the_page_says_who_issues_and_what_stands_in_the_way():
    office = an_office()
    with writing(office.desk) as s:
        complaint, repair = a_complaint(s, office), a_repair(s, office)
    app = page_at(office.cashier, COMPLAINTS, case=complaint.number)
    assert [each.key for each in app.button if each.key and each.key.startswith(KEY)] == [f"{KEY}.look"]
    app = page_at(office.desk, REPAIRS, case=repair.number)
    assert "派单后才能打印维修单。" in said(app)


def test_whom_a_complaint_is_about_sees_none_of_its_papers():
    office = an_office()
    with writing(office.supervisor) as s:
        case = a_complaint(s, office, about_user_id=office.desk.user_id)
    app = page_at(office.desk, COMPLAINTS, case=case.number)
    assert "单据" not in [each.value for each in app.subheader]


def test_the_wording_is_changed_on_its_page_and_what_is_wrong_is_said():
    office = an_office()
    app = page_at(office.director, "pages/system/papers.py", paper="complaint_form")
    key = f"papers.{office.estate.id}.complaint_form"
    app.text_area(key=f"{key}.closing").input("{nobody}敬上")
    press(app, f"{key}.save")
    assert "没有“{nobody}”这个空格，请从可用的空格里选。" in said(app)
    app.text_area(key=f"{key}.closing").input("{customer}您好，{day}。")
    press(app, f"{key}.save")
    with reading(office.director) as s:
        held = wordings.wording_of(s, office.estate.id, COMPLAINT)
    assert (held.title, held.closing, held.version) == ("", "{customer}您好，{day}。", 1)
    press(app, f"{key}.v0.back")
    with reading(office.director) as s:
        assert wordings.wording_of(s, office.estate.id, COMPLAINT).texts() == (
            wordings.of_the_house("complaint_form").texts()
        )
    unbroken(app)


def test_blank_forms_are_listed_for_everybody():
    office = an_office()
    app = page_at(office.guard, "pages/office/blank_forms.py")
    assert [each.value for each in app.title] == ["空白表格"]
