"""The very first visit: nobody can sign in yet, so the first administrator makes himself."""

from __future__ import annotations

import streamlit as st

from components import errors, signin
from components.drafts import SECRET
from components.words import _
from db import signing_in, users
from db.refused import Refused
from db.registry import EstateKind


def show() -> None:
    """Draw the first-run page; afterwards its visitor is signed in as administrator."""
    with st.container(horizontal_alignment="center"), st.container(width=460):
        st.space("small")
        st.image(str(signin.LOGO), width=150)
        st.subheader(_("欢迎使用管家台"), anchor=False)
        st.markdown(_("第一次启动。请先设立系统管理员，并写上所管的第一个项目；其他员工和项目以后在系统里添加。"))
        with st.form("first_run.form", enter_to_submit=False):
            name = st.text_input(_("您的姓名"), key="first_run.name", max_chars=60)
            username = st.text_input(
                _("用户名"), key="first_run.username", max_chars=40, help=_("登录时输入，例如姓名的拼音")
            )
            password = st.text_input(
                _("密码"), type="password", key=f"first_run.password{SECRET}",
                help=_("10 到 64 个字符，不限组合，可以用一句话；不能是常见密码，也不能与用户名相同"),
            )  # fmt: skip
            again = st.text_input(_("再输一次密码"), type="password", key=f"first_run.again{SECRET}")
            estate = st.text_input(
                _("项目名称"), key="first_run.estate", max_chars=60, placeholder=_("例如 廊坊科技谷")
            )
            kinds: list[EstateKind] = list(EstateKind)
            kind = st.radio(
                _("项目类型"), kinds, format_func=lambda each: str(each.label), key="first_run.kind", horizontal=True
            )  # fmt: skip
            pressed = st.form_submit_button(_("开始使用"), type="primary", key="first_run.submit")
        if pressed:
            _begin(name, username, (password, again), estate, kind)


def _begin(name: str, username: str, password: tuple[str, str], estate: str, kind: EstateKind) -> None:
    if password[0] != password[1]:
        errors.show_refused(Refused(_("两次输入的密码不一致。")))
        return
    try:
        user_id = users.make_first_administrator(name, username, password[0], estate, kind)
    except Refused as refused:
        errors.show_refused(refused)
        return
    signin.enter(signing_in.start_session(user_id, signin.address()))
    st.switch_page("pages/system/first_run.py")
