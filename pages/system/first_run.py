"""Getting started 开始使用: bring the office's own data in, or look at the demonstration first."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import streamlit as st

from components import errors, shell, signin
from components.page_title import page_title
from components.papers.printing import pdf
from components.words import _
from db import demo
from db.first_run import load_demonstration
from db.refused import Refused

actor = signin.current_actor()


def load() -> None:
    """Fill in a thread of its own: a press elsewhere meanwhile must not leave half an office."""
    told: list[str] = []
    with ThreadPoolExecutor(1) as filling:
        done = filling.submit(
            load_demonstration, actor, pdf, lambda *words: told.append(" ".join(map(str, words)))
        )  # fmt: skip
        shown = st.empty()
        while not done.done():
            shown.info(_("正在装入演示数据，请稍候……") + "\n\n" + "".join(told[-1:]), icon=":material/hourglass:")
            time.sleep(0.3)
    shown.empty()
    try:
        username = done.result()
    except Refused as refused:
        errors.show_refused(refused)
        return
    st.success(_("演示数据已装入。您仍用“{username}”登录，也可以换成下面的演示账号。", username=username))
    names = (_("用户名"), _("密码"), _("岗位"))
    st.dataframe([dict(zip(names, account, strict=True)) for account in demo.ACCOUNTS], hide_index=True)


page_title(_("开始使用"))
st.markdown(_("系统管理员已设立，您已登录。接下来："))
own, sample = st.columns(2, gap="medium")

with own, st.container(border=True, height="stretch"):
    st.subheader(_("导入本项目的资料"), anchor=False)
    st.markdown(_("把楼栋、房屋、客户、车位的 Excel 表导进来。导入前逐行预览，有误的行会说明原因，整次导入可以撤销。"))
    st.caption(_("没有现成的表也可以先在“档案”里逐个录入。"))
    if st.button(_("去导入"), type="primary", key="first_run.import", icon=":material/upload_file:"):
        st.switch_page(shell.path_of("import_studio"))

with sample, st.container(border=True, height="stretch"):
    st.subheader(_("先看演示数据"), anchor=False)
    st.markdown(_("装入一个园区和一个小区十八个月的虚构业务，各岗位的演示账号可以直接登录试用。约需一分钟。"))
    st.caption(_("演示数据与正式资料请勿混用：试用后换一个空的数据目录再正式启用。"))
    if st.button(_("装入演示数据"), key="first_run.demo", icon=":material/science:"):
        load()

if st.button(_("以后再说，直接进入首页"), type="tertiary", key="first_run.later"):
    signin.go_home()
