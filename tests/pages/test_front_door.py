"""The front door without a browser: who sees what, what is said when something fails, what is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from components import shell, streamlit_words, words
from components.signin import SESSION
from db import faults, passwords, session, signing_in, users
from db.audit import Audit
from db.paths import ROOT
from db.people import SYSTEM, Role, User
from db.registry import Estate, EstateKind
from tests.builders import an_estate
from tests.signed_in import PATIENCE, anonymous_app, app_as

GOOD = "correct horse"
ENTRIES = shell.entries()
BY_KEY = {entry.key: entry for entry in ENTRIES}


@pytest.fixture(autouse=True)
def _database(sqlite_engine, monkeypatch):
    monkeypatch.setattr(passwords, "ROUNDS", 4)
    yield
    words._spoken.clear()  # to AppTest every app is the same tab


@pytest.fixture
def estate() -> int:
    with session.writing(SYSTEM) as s:
        return an_estate(s, "廊坊科技谷").id


def a_user(estate, *roles, username="lixia", must_change_password=False) -> int:
    kept = passwords.hashed(GOOD)
    with session.writing(SYSTEM) as s:
        return users.add_user(
            s, username=username, name=f"姓名{username}", roles=roles, estates=[estate], password_hash=kept,
            must_change_password=must_change_password,
        ).id  # fmt: skip


def fill(app: AppTest, **texts: str) -> AppTest:
    by_label = {field.label: field for field in app.text_input}
    for label, text in texts.items():
        by_label[label].set_value(text)
    return app


def press(app: AppTest, label: str) -> AppTest:
    found = [button for button in app.button if button.label == label]
    assert len(found) == 1, [button.label for button in app.button]
    return found[0].click().run()


def sign_in(app: AppTest, username="lixia", password=GOOD) -> AppTest:
    return press(fill(app, 用户名=username, 密码=password), "登录")


def shows_only_sign_in(app: AppTest) -> bool:
    assert not app.exception
    return (
        [field.label for field in app.text_input] == ["用户名", "密码"]
        and [button.label for button in app.button] == ["登录"]
        and not app.title
        and not app.dataframe
        and not app.sidebar.children
    )


# ── strangers ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_no_script_lies_directly_in_pages():
    assert list((ROOT / "pages").glob("*.py")) == []


def test_every_page_is_declared_and_every_declared_page_is_there():
    scripts = {path.relative_to(ROOT).as_posix() for path in (ROOT / "pages").rglob("*.py")}
    assert scripts == {entry.path for entry in ENTRIES}
    assert [entry.path for entry in shell.every_entry() if entry.path not in scripts] == []
    assert len({entry.key for entry in ENTRIES}) == len(ENTRIES)


@pytest.mark.requirement("X2")
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.key)
def test_a_stranger_sees_nothing_but_the_sign_in(entry, estate):
    a_user(estate, Role.ADMINISTRATOR)
    app = anonymous_app().run()
    assert shows_only_sign_in(app)
    assert shows_only_sign_in(app.switch_page(entry.path).run())


@pytest.mark.requirement("X2")
def test_a_wrong_password_and_an_unknown_name_are_told_the_same(estate):
    a_user(estate, Role.DESK)
    for name in ("lixia", "nobody"):
        app = sign_in(anonymous_app().run(), name, "wrong password")
        assert [error.value for error in app.error] == ["用户名或密码不正确。"]
        assert SESSION not in app.session_state
    app = press(anonymous_app().run(), "登录")
    assert [error.value for error in app.error] == ["请填写用户名和密码。"]


@pytest.mark.requirement("X2")
def test_signing_in_by_the_form_opens_the_page(estate):
    user_id = a_user(estate, Role.DESK)
    app = sign_in(anonymous_app().run())
    assert not app.exception
    assert app.session_state[shell.errors.ACTOR].user_id == user_id
    assert [text.value for text in app.sidebar.markdown] == ["**姓名lixia**"]


# ── first visit ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("X2")
def test_an_empty_house_lets_its_first_administrator_make_himself():
    app = anonymous_app().run()
    fill(app, 您的姓名="王主任", 用户名="wangzr", 密码=GOOD, 再输一次密码=GOOD, 项目名称="廊坊科技谷")
    app.radio[0].set_value(EstateKind.PARK)
    press(app, "开始使用")
    assert [title.value for title in app.title] == ["开始使用"]
    assert [button.label for button in app.main.button] == ["去导入", "装入演示数据", "以后再说，直接进入首页"]
    with session.reading(SYSTEM) as s:
        assert s.execute(select(Estate.name, Estate.kind)).all() == [("廊坊科技谷", EstateKind.PARK)]
        user = s.scalars(select(User).where(User.username == "wangzr")).one()
        assert ([row.role for row in user.roles], user.must_change_password) == ([Role.ADMINISTRATOR], False)
    assert shows_only_sign_in(anonymous_app().run())


def test_the_first_run_says_what_is_wrong_and_keeps_what_was_typed():
    app = anonymous_app().run()
    fill(app, 您的姓名="王主任", 用户名="wangzr", 密码=GOOD, 再输一次密码="another", 项目名称="")
    press(app, "开始使用")
    assert [error.value for error in app.error] == ["两次输入的密码不一致。"]
    fill(app, 再输一次密码=GOOD)
    press(app, "开始使用")
    assert [error.value for error in app.error] == ["请检查标出的 1 处。\n- 请填写项目名称。"]
    assert {field.label: field.value for field in app.text_input}["您的姓名"] == "王主任"
    assert users.nobody_yet() is True


# ── rights ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("X2")
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR], ids=lambda role: role.value)
def test_the_users_page_is_the_administrators(role, estate):
    app = app_as(a_user(estate, role)).run()
    app.switch_page("pages/system/users.py").run()
    assert [error.value for error in app.error] == ["您没有打开“用户”的权限，如有需要请联系系统管理员。"]
    assert not app.dataframe
    assert not app.main.button


@pytest.mark.requirement("X2")
def test_a_given_password_must_be_changed_before_anything_is_seen(estate):
    a_user(estate, Role.ADMINISTRATOR, must_change_password=True)
    app = sign_in(anonymous_app().run())
    app.switch_page("pages/system/users.py").run()
    assert [field.label for field in app.text_input] == ["当前密码", "新密码", "再输一次新密码"]
    assert not app.dataframe
    fill(app, 当前密码=GOOD, 新密码="another horse", 再输一次新密码="another horse")
    press(app, "修改密码")
    assert not app.error
    assert [title.value for title in app.title] == ["用户"]


@pytest.mark.requirement("X2")
def test_a_disabled_users_open_tab_is_refused_at_the_next_step(estate):
    user_id = a_user(estate, Role.DESK)
    administrator = signing_in.by_session(
        signing_in.start_session(a_user(estate, Role.ADMINISTRATOR, username="admin")).session_id
    ).actor
    app = app_as(user_id).run()
    app.switch_page("pages/system/account.py").run()
    fill(app, 新密码="half typed").run()
    users.set_active(administrator, user_id, active=False)
    assert shows_only_sign_in(app.run())
    assert [info.value for info in app.info] == [
        "登录已结束：长时间没有操作，或在别处退出。请重新登录，刚才填写的内容会保留。"
    ]
    users.set_active(administrator, user_id, active=True)
    sign_in(app)
    assert [title.value for title in app.title] == ["我的账号"]


# ── one screen, several people ───────────────────────────────────────────────────────────────────────────────────────


def _change_over() -> None:
    """As the dialog does, which AppTest cannot keep open between two runs."""
    import streamlit as st

    from components import signin
    from db import signing_in

    actor = signin.who_is_there()
    if st.session_state.get("next") is not None:
        signin.enter(signing_in.start_session(st.session_state.pop("next")))
        actor = signin.who_is_there()
    if signin.is_changing_over():
        st.stop()
    st.write(actor.name)
    st.text_input("note", key="page.note")


@pytest.mark.requirement("X2")
def test_the_next_person_finds_nothing_of_the_one_before(estate):
    first, second = a_user(estate, Role.DESK), a_user(estate, Role.DESK, username="zhao")
    app = AppTest.from_function(_change_over, default_timeout=PATIENCE)
    app.session_state[SESSION] = signing_in.start_session(first).session_id
    app.run()
    app.text_input[0].set_value("楼上漏水").run()
    app.session_state["next"] = second
    app.run()
    assert not app.text_input  # an empty screen, or the browser would keep what stands in the field
    app.run()
    assert [text.value for text in app.markdown] == ["姓名zhao"]
    assert app.text_input[0].value == ""
    with session.reading(SYSTEM) as s:
        acts = s.execute(select(Audit.actor_id, Audit.act).order_by(Audit.id)).all()
    assert [tuple(act) for act in acts] == [(first, "signed_in"), (second, "signed_in"), (first, "signed_out")]


@pytest.mark.requirement("X2")
def test_signing_out_ends_the_session(estate):
    app = app_as(a_user(estate, Role.DESK)).run()
    number = app.session_state[SESSION]
    press(app, "退出")
    assert shows_only_sign_in(app)
    assert [info.value for info in app.info] == ["您已退出登录。"]
    assert signing_in.by_session(number) is None


def test_who_works_for_several_estates_chooses_which_to_look_at(estate):
    with session.writing(SYSTEM) as s:
        other = an_estate(s, "翠湖花园").id
    user_id = a_user(estate, Role.ADMINISTRATOR)
    app = app_as(user_id).run()
    actor = app.session_state[shell.errors.ACTOR]
    assert actor.estates == {estate, other}
    assert app.sidebar.selectbox[0].options == ["全部项目", "廊坊科技谷", "翠湖花园"]
    app.sidebar.selectbox[0].set_value(other).run()
    assert app.session_state[shell.ESTATE] == other
    assert not app.exception


# ── the two pages ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.requirement("X2")
def test_an_administrator_changes_disables_and_resets(estate):
    user_id = a_user(estate, Role.DESK)
    app = app_as(a_user(estate, Role.ADMINISTRATOR, username="admin")).run()
    app.switch_page("pages/system/users.py").run()
    with session.reading(app.session_state[shell.errors.ACTOR]) as s:
        row = [person.id for person in users.staff(s)].index(user_id)
    app.session_state["users.list"] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    app.run()
    fill(app, 姓名="李夏")
    press(app, "保存")
    with session.reading(SYSTEM) as s:
        assert s.get_one(User, user_id).name == "李夏"
    app.session_state["users.list"] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    press(app.run(), "确定重设")
    assert signing_in.sign_in("lixia", app.code[0].value.split("\n")[1], "a").user_id == user_id
    app.session_state["users.list"] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    press(app.run(), "确定停用")
    with session.reading(SYSTEM) as s:
        assert s.get_one(User, user_id).active is False


@pytest.mark.requirement("X2")
def test_my_account_changes_password_and_language(estate):
    user_id = a_user(estate, Role.DESK)
    app = app_as(user_id).run()
    app.switch_page("pages/system/account.py").run()
    fill(app, 当前密码="wrong", 新密码="another horse", 再输一次新密码="another horse")
    press(app, "修改密码")
    assert [error.value for error in app.error] == ["请检查标出的 1 处。\n- 当前密码不正确。"]
    fill(app, 当前密码=GOOD)
    press(app, "修改密码")
    assert [success.value for success in app.success] == ["密码已修改，其他地方的登录都已结束。"]
    app.radio[0].set_value("en").run()
    assert not app.exception
    with session.reading(SYSTEM) as s:
        user = s.get_one(User, user_id)
        assert user.locale == "en"
        assert passwords.matches("another horse", user.password_hash)


# ── what is said when something fails ────────────────────────────────────────────────────────────────────────────────


def _failing_page() -> None:
    import streamlit as st

    from components import errors
    from components.drafts import SECRET
    from db.refused import Refused

    with errors.shown():
        st.text_input("before", key="page.before")
        st.text_input("password", key=f"page.password{SECRET}")
        kind = st.session_state.get("kind")
        if kind == "bug":
            raise ZeroDivisionError
        if kind == "refused":
            raise Refused("不能这样做。", {"a": "缺 a。", "b": "缺 a。"})
        st.text_input("after", key="page.after")


def test_a_refusal_is_told_in_its_own_words():
    app = AppTest.from_function(_failing_page, default_timeout=PATIENCE)
    app.session_state["kind"] = "refused"
    app.run()
    assert [error.value for error in app.error] == ["不能这样做。\n- 缺 a。"]
    assert not app.exception
    assert not faults.log_file().exists()


def test_a_bug_is_written_down_told_by_number_and_loses_nothing_typed():
    app = AppTest.from_function(_failing_page, default_timeout=PATIENCE).run()
    for field in app.text_input:
        field.set_value(f"typed {field.label}")
    app.session_state["kind"] = "bug"
    app.run()
    line = json.loads(Path(faults.log_file()).read_text("utf-8"))
    assert line["error"] == "ZeroDivisionError"
    assert "_failing_page" in "".join(line["traceback"])
    told = (
        "程序出错了，刚才的操作没有完成，您填写的内容还在。请再试一次；"
        f"仍不行请把编号 {line['reference']} 告诉系统管理员。"
    )
    assert [error.value for error in app.error] == [told]
    assert not app.exception
    typed = app.session_state["front.typed"]
    assert (typed["page.before"], typed["page.after"]) == ("typed before", "typed after")
    assert "typed password" not in typed.values()


def test_a_fault_holds_where_but_not_what_was_typed():
    reference = faults.write_fault(ValueError("bad"), actor=7, page="pages/x.py", case=None)
    line = json.loads(faults.log_file().read_text("utf-8"))
    assert {name: line[name] for name in ("reference", "actor", "page", "error", "message")} == {
        "reference": reference, "actor": 7, "page": "pages/x.py", "error": "ValueError", "message": "bad",
    }  # fmt: skip
    assert "case" not in line


def _live_page() -> None:
    import streamlit as st

    from components.live import live

    @live(every="30s")
    def part(actor, word):
        st.write(f"{word} {actor.name}")

    part("hello")


def test_a_live_part_is_told_who_looks_on(estate):
    app = AppTest.from_function(_live_page, default_timeout=PATIENCE)
    app.session_state[SESSION] = signing_in.start_session(a_user(estate, Role.DESK)).session_id
    assert [text.value for text in app.run().markdown] == ["hello 姓名lixia"]


# ── Streamlit's own words ────────────────────────────────────────────────────────────────────────────────────────────


def test_every_word_of_streamlits_that_we_translate_is_still_there():
    import tomllib

    table = tomllib.loads(streamlit_words.TABLE.read_text(encoding="utf-8"))
    said = streamlit_words.scripts_with_words()
    found = {(path.name.split(".")[0], old) for path, words in said.items() for old in words}
    assert {(name, old) for name, words in table.items() for old in words} - found == set()


def test_streamlits_page_carries_the_offices_name_and_no_inline_script():
    page = streamlit_words._page("zh-CN").decode()
    assert '<html lang="zh-CN">' in page
    assert "<title>管家台</title>" in page
    assert "<script>" not in page
    assert "Streamlit" not in page.replace("StreamlitMarkdown", "")
