"""Home, my work, settings and the log, as each role sees them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from db import office_settings
from db.approvals import Approval, Verdict
from db.audit_trail import ACTS, Asked, entries
from db.clock import now, pretending
from db.people import SYSTEM
from db.process import perform
from db.refused import Refused
from db.session import reading, writing
from db.settings import CONTRACT_WARNING_DAYS, value_of
from tests.builders import a_complaint, a_repair, an_office, handle, the_visit_of
from tests.counting import counted_statements
from tests.signed_in import app_as, press

pytestmark = pytest.mark.usefixtures("sqlite_engine")


@pytest.fixture
def office():
    return an_office()


def opened(office, make=a_complaint, **values):
    with writing(office.desk) as s:
        return make(s, office, **values)


def home(actor):
    app = app_as(actor).run()
    assert not app.exception, app.exception[0].value
    assert [each.value for each in app.error] == []
    return app


def page(actor, path, **params):
    app = home(actor)
    for name, value in params.items():
        app.query_params[name] = value
    app.switch_page(path).run()
    assert not app.exception, app.exception[0].value
    return app


def metrics(app):
    return {each.label: (each.value, each.delta) for each in app.metric}


def save(app):
    next(each for each in app.button if each.label == "保存").click()
    app.run()
    assert not app.exception, app.exception[0].value


@pytest.mark.requirement("X1", "C7", "Q2")
def test_home_shows_the_four_objectives_and_says_what_waits(office):
    assert metrics(home(office.supervisor)) == {
        "客户服务满意率": ("—", "等待满意度调查"),
        "投诉处理回访率": ("本期无", "无数据"),
        "管理费收缴率": ("本期无", "无数据"),
        "有偿服务满意率": ("本期无", "无数据"),
    }
    with writing(office.desk) as s:
        visit = the_visit_of(s, handle(s, a_complaint(s, office)))
    with writing(office.other_desk) as s:
        perform(s, visit.id, "reached", {"solved": "yes", "satisfaction": "very", "manner": "phone"})
    app = home(office.supervisor)
    assert metrics(app)["投诉处理回访率"] == ("100.0%", "达标（件数少）")
    titles = [each.value for each in app.markdown]
    assert "**投诉类别与楼栋**　:gray[{}]".format(f"{now():%Y}年{now().astimezone().month}月") in titles


def test_home_tells_what_presses(office):
    with pretending(now() - timedelta(days=2)):
        late = opened(office)
    opened(office, a_repair)
    app = home(office.supervisor)
    numbers = {caption.value: title.value for caption, title in zip(app.caption, app.title[1:], strict=False)}
    assert numbers["已超时"] == ":red[1]"
    assert [each.split()[-1] for each in app.dataframe[0].value["number"]] == [late.number]


def test_the_director_sees_objectives_first(office):
    opened(office)

    def order(actor):
        tree = home(actor)
        names = [each.label if each.type == "metric" else each.value for each in tree.main if each.type in
                 {"metric", "caption"}]  # fmt: skip
        return names.index("客户服务满意率") < names.index("已超时")

    assert (order(office.director), order(office.supervisor)) == (True, False)


def test_technicians_and_guards_see_their_work_instead_of_figures(office):
    order = opened(office, a_repair)
    with writing(office.desk) as s:
        perform(s, order.id, "dispatch", {"technicians": (office.technician.user_id,), "charge_kind": "free"})
    app = home(office.technician)
    assert (metrics(app), app.title[0].value) == ({}, "我的待办")
    assert any("厨房水管漏水" in each.value for each in app.markdown)
    assert metrics(home(office.guard)) == {}


def test_home_takes_the_same_few_queries_however_much_there_is(office):
    opened(office)
    app = home(office.supervisor)

    def asked() -> int:
        with counted_statements() as sent:
            app.run()
        return len(sent)

    app.run()
    before = asked()
    for _n in range(6):
        opened(office)
        opened(office, a_repair)
    assert asked() == before <= 22


@pytest.mark.requirement("X5")
def test_my_work_opens_the_part_in_the_address(office):
    opened(office)
    app = page(office.supervisor, "pages/workbench/my_work.py", part="superior")
    control = next(each for each in app.segmented_control if each.key == "work.part")
    assert control.value == "superior"
    assert any("没有超时、将到时限或上报的事项" in each.value for each in app.markdown)
    control.set_value("all").run()
    assert app.query_params["part"] in ("all", ["all"])
    assert any("楼上装修噪声" in each.value for each in app.markdown)


def test_a_late_entry_is_approved_from_my_work_and_a_refusal_needs_a_reason(office):
    with pretending(now() - timedelta(days=3)):
        case = opened(office)
    with writing(office.desk) as s:
        perform(s, case.id, "accept", at=now() - timedelta(days=2))
    with reading(SYSTEM) as s:
        asked = s.scalars(select(Approval)).one().id
    app = page(office.supervisor, "pages/workbench/my_work.py", part="approve")
    press(app, f"work.approval.{asked}.deny")
    assert [each.value for each in app.error] == ["请写明不同意的理由。"]
    app.text_input(key=f"work.approval.{asked}.note").set_value("时间不对")
    press(app, f"work.approval.{asked}.deny")
    with reading(SYSTEM) as s:
        approval = s.get_one(Approval, asked)
        assert (approval.verdict, approval.note, approval.decided_by) == (
            Verdict.DENIED, "时间不对", office.supervisor.user_id,
        )  # fmt: skip


def test_settings_are_changed_and_a_wrong_one_saves_nothing(office):
    app = page(office.director, "pages/system/settings.py")
    prefix = f"settings.{office.estate.id}"
    app.text_input(key=f"{prefix}.house.contract_warning_days").set_value("30")
    app.text_input(key=f"{prefix}.reports.return_visit_target").set_value("一百")
    save(app)
    assert "投诉处理回访率目标（%）：请填写 1 到 100 之间的整数。" in app.error[0].value
    with reading(SYSTEM) as s:
        assert value_of(s, CONTRACT_WARNING_DAYS, office.estate.id) == 60
    app.text_input(key=f"{prefix}.reports.return_visit_target").set_value("60")
    save(app)
    assert list(app.error) == []
    with reading(SYSTEM) as s:
        assert value_of(s, CONTRACT_WARNING_DAYS, office.estate.id) == 30
    with reading(office.director) as s:
        changed = entries(s, Asked(table="settings"))
    assert [(each.who, each.act, each.about, each.changes[0].before, each.changes[0].after) for each in changed] == [
        ("郑主任", "修改", "投诉处理回访率目标（%）", "50", "60"),
        ("郑主任", "修改", "合同到期提前多少天提醒", "60", "30"),
    ]


def test_every_setting_has_a_place_and_words_for_its_default(office):
    keys = [each.key for _title, some in office_settings.groups() for each in some]
    assert len(keys) == len(set(keys)) > 15
    with reading(office.desk) as s, pytest.raises(Refused):
        office_settings.decided(s, office.estate.id)


def test_the_log_says_in_words_who_did_what(office):
    home(office.desk)
    app = page(office.director, "pages/system/audit.py")
    rows = app.dataframe[0].value
    assert set(rows["act"]) == {"登录"}
    assert set(rows["who"]) <= {"郑主任", "王芳"}
    app.selectbox(key="audit.act").set_value("exported").run()
    assert [each.value for each in app.info] == ["没有符合条件的记录，请放宽条件。"]
    assert "录" in str(ACTS["signed_in"])
    with reading(office.desk) as s, pytest.raises(Refused):
        entries(s, Asked())


@pytest.mark.requirement("X3")
def test_the_search_page_finds_and_leads_on(office):
    with writing(SYSTEM) as s:
        from db.search import rebuild

        rebuild(s)
    case = opened(office)
    app = page(office.desk, "pages/workbench/search.py", q=case.number)
    (link, *_lists) = app.get("page_link")
    assert (link.proto.label, link.proto.query_string) == (
        f"**{case.number.replace('-', chr(92) + '-')}**",
        f"case={case.number}",
    )
    app.text_input(key="search.typed").set_value("没有这个人").run()
    assert len(app.info) == 1
