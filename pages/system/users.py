"""Users 用户: who of the staff may sign in, as what, for which estates."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from components import errors, signin
from components.live import dialog
from components.plain import plain
from components.words import _
from db import users
from db.clock import local
from db.people import Actor, Department, Role, roles_label
from db.refused import Conflict, Refused
from db.session import reading
from db.users import Given, Listed

actor = signin.current_actor()
with reading(actor) as session:
    staff = users.staff(session)
    estates = users.estates_of(session)


def state_of(person: Listed) -> str:
    if not person.active:
        return _("停用")
    if person.locked_until:
        return _("暂停登录至 {time}", time=local(person.locked_until).strftime("%H:%M"))
    if person.must_change_password:
        return _("待改初始密码")
    return _("已登录") if person.sessions else _("正常")


def ask_about(key: str, person: Listed | None) -> tuple[dict[str, object], list[Role], list[int]]:
    """Draw the fields about one person; returns what they hold."""
    one, two = st.columns(2)
    values: dict[str, object] = {
        "name": one.text_input(_("姓名"), person.name if person else "", key=f"{key}.name", max_chars=60),
        "username": two.text_input(
            _("用户名"), person.username if person else "", key=f"{key}.username", max_chars=40,
            help=_("登录时输入，例如姓名的拼音"),
        ),
        "department": one.selectbox(
            _("部门"), list(Department), list(Department).index(person.department) if person else 0,
            format_func=lambda each: str(each.label), key=f"{key}.department",
        ),
        "phone": two.text_input(_("电话"), (person.phone or "") if person else "", key=f"{key}.phone", max_chars=24),
    }  # fmt: skip
    roles = st.multiselect(
        _("角色"), list(Role), [role for role in Role if person and role in person.roles],
        format_func=lambda each: str(each.label), key=f"{key}.roles", placeholder=_("请选择，可以多选"),
        help=_("多个角色的权限相加"),
    )  # fmt: skip
    given = sorted(person.estates & set(estates)) if person else list(estates)[:1]
    chosen = st.multiselect(
        _("项目"), list(estates), given, format_func=lambda each: estates[each], key=f"{key}.estates",
        placeholder=_("请选择，可以多选"), help=_("只看得到所选项目的资料；系统管理员看得到全部项目"),
    )  # fmt: skip
    return values, roles, chosen


def draw_given(_actor: Actor, given: Given) -> None:
    st.markdown(
        _("请把下面的初始密码当面交给 **{name}**。它只显示这一次，首次登录后须改成自己的密码。", name=plain(given.name))
    )
    st.code(f"{given.username}\n{given.password}", language=None)
    if st.button(_("已记下"), type="primary", key="users.noted"):
        st.rerun()


def show_given(given: Given) -> None:
    dialog(_("初始密码"), icon=":material/key:")(draw_given)(given)


def draw_new(actor: Actor) -> None:
    if given := st.session_state.get("users.given"):
        draw_given(actor, given)
        return
    with st.form("users.new", enter_to_submit=False, border=False):
        values, roles, chosen = ask_about("users.new", None)
        pressed = st.form_submit_button(_("建立账号"), type="primary", key="users.new.submit")
    if pressed:
        try:
            st.session_state["users.given"] = users.create_user(actor, values, roles, chosen)
        except Refused as refused:
            errors.show_refused(refused)
        else:
            st.rerun(scope="fragment")


def draw_person(person: Listed) -> None:
    key = f"users.{person.id}"
    seen = st.session_state.setdefault(f"{key}.version", person.version)
    with st.form(f"{key}.form", enter_to_submit=False):
        st.subheader(plain(person.name), anchor=False)
        values, roles, chosen = ask_about(key, person)
        pressed = st.form_submit_button(_("保存"), type="primary", key=f"{key}.submit")
    if pressed:
        try:
            users.change_user(actor, person.id, values, roles, chosen, version=seen)
        except Conflict as conflict:
            st.session_state[f"{key}.version"] = person.version
            errors.show_refused(conflict)
        else:
            for name in [name for name in st.session_state if str(name).startswith(f"{key}.")]:
                del st.session_state[name]
            st.toast(_("已保存。"), icon=":material/check:")
            st.rerun()


def draw_acts(person: Listed) -> None:
    """Draw what ends or opens somebody's way in; each asks once, with its consequence."""
    key = f"users.{person.id}"
    with st.container(border=True):
        st.markdown(_("**登录**"))
        st.caption(
            _("最近操作：{time}", time=local(person.seen_at).strftime("%m-%d %H:%M")) if person.seen_at
            else _("最近 12 小时没有登录")
        )  # fmt: skip
        with st.popover(_("重设密码"), icon=":material/lock_reset:", width="stretch", key=f"{key}.reset_ask"):
            st.markdown(_("原密码立即失效，{name}会从所有设备退出；新密码只显示一次。", name=plain(person.name)))
            if st.button(_("确定重设"), type="primary", key=f"{key}.reset"):
                show_given(users.reset_password(actor, person.id))
        with st.popover(_("全部退出"), icon=":material/logout:", width="stretch", key=f"{key}.end_ask"):
            st.markdown(_("{name}会从所有设备退出，可以再登录。", name=plain(person.name)))
            if st.button(_("确定退出"), type="primary", key=f"{key}.end"):
                ended = users.end_sessions(actor, person.id)
                st.toast(_("已结束 {n} 处登录。", n=ended), icon=":material/check:")
        if not person.active:
            if st.button(_("恢复使用"), icon=":material/person_add:", width="stretch", key=f"{key}.enable"):
                users.set_active(actor, person.id, active=True)
                st.rerun()
            return
        with st.popover(_("停用账号"), icon=":material/person_off:", width="stretch", key=f"{key}.disable_ask"):
            st.markdown(_("{name}立即退出，不能再登录；经办的单和记录都保留，可以随时恢复。", name=plain(person.name)))
            if st.button(_("确定停用"), type="primary", key=f"{key}.disable"):
                users.set_active(actor, person.id, active=False)
                st.rerun()


heading, button = st.columns([5, 1], vertical_alignment="center")
heading.title(_("用户"), anchor=False)
if button.button(_("新增员工"), type="primary", icon=":material/person_add:", width="stretch", key="users.add"):
    st.session_state.pop("users.given", None)
    dialog(_("新增员工"), width="medium")(draw_new)()

table = pd.DataFrame(
    {
        _("姓名"): [person.name for person in staff],
        _("用户名"): [person.username for person in staff],
        _("部门"): [str(person.department.label) for person in staff],
        _("角色"): [roles_label(person.roles) for person in staff],
        _("项目"): [
            _("全部") if Role.ADMINISTRATOR in person.roles
            else _("、").join(name for number, name in estates.items() if number in person.estates)
            for person in staff
        ],
        _("状态"): [state_of(person) for person in staff],
    }
)  # fmt: skip
event = st.dataframe(
    table, hide_index=True, on_select="rerun", selection_mode="single-row", key="users.list", row_height=34
)
if event.selection.rows and (row := event.selection.rows[0]) < len(staff):
    form, acts = st.columns([3, 1], gap="medium")
    with form:
        draw_person(staff[row])
    with acts:
        draw_acts(staff[row])
else:
    st.caption(_("点选一行，可以修改资料、重设密码或停用。"))
