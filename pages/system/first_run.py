"""Getting started 开始使用: bring the office's own data in, or look at the demonstration first."""

from __future__ import annotations

import streamlit as st

from components import errors, shell, signin
from components.words import _
from db.refused import Refused

actor = signin.current_actor()

st.title(_("开始使用"), anchor=False)
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
        from db import demo

        bar = st.progress(0.0, text=_("正在装入演示数据……"))
        try:
            demo.fill(progress=lambda share: bar.progress(share, text=_("正在装入演示数据……")))
        except Refused as refused:
            errors.show_refused(refused)
        else:
            bar.empty()
            st.success(_("演示数据已装入。"), icon=":material/check_circle:")
            st.table(demo.accounts())

if st.button(_("以后再说，直接进入首页"), type="tertiary", key="first_run.later"):
    signin.go_home()
