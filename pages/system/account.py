"""My account 我的账号: who I am here, my password, my language."""

from __future__ import annotations

import streamlit as st

from components import errors, signin
from components.page_title import page_title
from components.plain import plain
from components.words import _, speak
from db import users
from db.people import roles_label
from db.refused import Refused
from db.session import reading
from db.words import LOCALES, current_locale

actor = signin.current_actor()
with reading(actor) as session:
    estates = users.estates_of(session)

page_title(_("我的账号"))
about, password = st.columns([1, 1], gap="large")

with about:
    with st.container(border=True):
        st.subheader(plain(actor.name), anchor=False)
        st.caption(_("用户名：{username}", username=plain(actor.username)))
        st.markdown(_("角色：{roles}", roles=roles_label(actor.roles)))
        st.markdown(_("项目：{estates}", estates=plain(_("、").join(estates.values())) or _("无")))
        st.caption(_("姓名、角色和项目由系统管理员修改。"))
    with st.container(border=True):
        st.subheader(_("显示语言"), anchor=False)
        locale = st.radio(
            _("显示语言"), list(LOCALES), format_func=LOCALES.__getitem__, key="account.locale", horizontal=True,
            index=list(LOCALES).index(current_locale()), label_visibility="collapsed",
        )  # fmt: skip
        if locale != current_locale():
            try:
                users.choose_language(actor, locale)
            except Refused as refused:
                errors.show_refused(refused)
            else:
                speak(locale)
                signin.language_changed()
                st.rerun()

with password, st.container(border=True):
    st.subheader(_("修改密码"), anchor=False)
    if signin.ask_new_password(actor, "account"):
        st.success(_("密码已修改，其他地方的登录都已结束。"), icon=":material/check_circle:")
