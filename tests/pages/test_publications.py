"""收支公示 as staff see it: a period at a glance, handed in, decided beside the figures, posted, asked about (F8)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select

from components.papers.registry import PAPERS
from db.accounts import figures, publications, services, views
from db.accounts.heads import Basis, Head
from db.accounts.tables import Posting, Span, State
from db.clock import today
from db.people import SYSTEM, Role
from db.refused import Refused
from db.registry import ServicePoint
from db.reports.periods import month_before
from db.session import reading, writing
from tests.builders import an_actor, an_estate, an_office
from tests.signed_in import app_as, page_at, press

PAGE = "pages/fees/publications.py"


@pytest.fixture(autouse=True)
def _database(sqlite_engine):
    """Pages are tried on SQLite."""


@pytest.fixture
def office():
    made = an_office()
    month = month_before(today()).first
    with writing(SYSTEM) as s:
        made.finance = an_actor(s, [made.estate], Role.FINANCE, name="曹会计")
        point = ServicePoint(estate_id=made.estate.id, name="物业处", phone="03160002001")
        s.add(point)
        s.flush()
    with writing(made.finance) as s:
        amounts = {(month, Head.MANAGEMENT_FEES): Decimal("2000.00"), (month, Head.UPKEEP): Decimal("1500.50")}
        figures.enter(s, made.estate.id, Basis.ACTUAL, amounts, "记-2026-1001")
        services.keep(s, made.estate.id, [services.Line("保洁", "每日清扫", "赵志强", point.id)])
    made.month = month
    return made


def prepared(office):
    with writing(office.finance) as s:
        return publications.prepare(s, office.estate.id, Span.MONTH, office.month)


def page_of(actor, **params):
    return page_at(actor, PAGE, **{f"publications.{name}": value for name, value in params.items()})


def seen(office, number):
    with reading(office.director) as s:
        return views.view(s, number)


def says(app, text):
    kinds = (app.markdown, app.caption, app.error, app.info, app.warning, app.subheader)
    return any(text in each.value for kind in kinds for each in kind)


@pytest.mark.requirement("F8")
def test_a_month_is_prepared_handed_in_decided_and_posted_on_the_page(office):
    app = page_of(office.finance, period=f"month-{office.month:%Y-%m}")
    assert says(app, "499.50")
    press(app, "publications.prepare")
    with reading(office.finance) as s:
        [listed] = views.listed(s)
    app.text_area(key="publications.hand_in.remark").set_value("1-1-101漏水已修")
    press(app, "publications.hand_in.send")
    assert says(app, "像是房号")
    app.text_area(key="publications.hand_in.remark").set_value("电费增加")
    press(app, "publications.hand_in.send")
    assert seen(office, listed.id).about.state is State.ASKED
    for actor in (office.supervisor, office.director):
        press(page_of(actor, id=listed.id), "publications.decide.grant")
    assert seen(office, listed.id).about.state is State.APPROVED
    app = page_of(office.supervisor, id=listed.id)
    app.query_params["publications.tab"] = "posting"
    app.run()
    app.text_area(key="publications.post.places").set_value("东门公告栏\n大堂")
    press(app, "publications.post.save")
    with reading(SYSTEM) as s:
        assert s.scalars(select(Posting.place).order_by(Posting.id)).all() == ["东门公告栏", "大堂"]
    assert seen(office, listed.id).remark == "电费增加"


def test_a_denial_needs_its_reason_and_shows_it_to_who_prepared_it(office):
    number = prepared(office)
    with writing(office.finance) as s:
        publications.hand_in(s, number)
    app = press(page_of(office.supervisor, id=number), "publications.decide.deny")
    assert [each.value for each in app.error] == ["请写明不同意的理由。"]
    app.text_input(key="publications.decide.note").set_value("少录一笔电费")
    press(app, "publications.decide.deny")
    app = page_of(office.finance, id=number)
    assert any("少录一笔电费" in each.value for each in app.warning)
    assert app.button(key="publications.hand_in.send").label == "提交审批"


def test_who_may_only_look_finds_no_buttons_and_strangers_nothing(office):
    number = prepared(office)
    app = page_of(office.desk, id=number)
    keys = {each.key for each in app.button}
    assert not {"publications.enter", "publications.prepare", "publications.hand_in.send"} & keys
    with writing(SYSTEM) as s:
        stranger = an_actor(s, [an_estate(s)], Role.DIRECTOR)
    app = page_of(stranger, id=number)
    assert says(app, "没有找到这期收支公示")
    app = app_as(office.guard).run()
    app.switch_page(PAGE).run()
    assert says(app, "您没有打开“收支公示”的权限")


@pytest.mark.requirement("F8")
def test_a_question_at_the_desk_becomes_an_inquiry_shown_with_its_state(office):
    number = prepared(office)
    with writing(office.finance) as s:
        publications.hand_in(s, number)
    for actor in (office.supervisor, office.director):
        press(page_of(actor, id=number), "publications.decide.grant")
    with writing(office.finance) as s:
        publications.post(s, number, ["大门"], (today(), today()))
    app = page_of(office.desk, id=number)
    app.query_params["publications.tab"] = "posting"
    app.query_params["publications.do"] = "question"
    app.run()
    app.text_area(key="publications.question.words").set_value("绿化费为什么增加")
    press(app, "publications.question.save")
    assert says(app, "绿化费为什么增加")


def test_the_grid_and_the_service_lines_open_for_who_keeps_the_accounts(office):
    app = page_of(office.finance, do="figures")
    assert says(app, "记\\-2026\\-1001")
    assert app.button(key="publications.figures.save").label == "保存数字"
    app = page_of(office.supervisor, do="services")
    assert app.button(key="publications.services.save").label == "保存服务信息"
    for tab in ("service", "figures", "common", "fund"):
        page_of(office.director, period=f"month-{office.month:%Y-%m}", tab=tab)


def test_it_is_printed_as_pdf_for_who_may_see_it(office):
    number = prepared(office)
    printed = PAPERS["publication"](office.director, str(number), {})
    assert printed.content.startswith(b"%PDF-")
    with writing(SYSTEM) as s:
        stranger = an_actor(s, [an_estate(s)], Role.DIRECTOR)
    with pytest.raises(Refused):
        PAPERS["publication"](stranger, str(number), {})
