"""Settings 设置: what each estate's office has decided for itself, with what holds until it does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from components import errors, shell
from components.page_title import page_title
from components.plain import plain
from components.signin import current_actor
from components.words import _
from db import office_settings
from db.office_settings import Decided
from db.people import Actor
from db.refused import Refused
from db.session import reading, writing
from db.users import estates_of

ABREAST = 3
"""So many choices stand side by side; more are unfolded."""


def choose_estate(actor: Actor) -> int:
    """Return the estate whose settings are shown: the one looked at, else one to be picked."""
    with reading(actor) as session:
        names = estates_of(session)
    looked_at = shell.estate_ids(actor)
    if len(looked_at) == 1:
        estate = next(iter(looked_at))
        st.caption(_("{estate}的设置；每个项目各有一套。", estate=names[estate]))
        return estate
    return st.selectbox(
        _("项目"), list(names), format_func=names.__getitem__, key="settings.estate", width=280,
        help=_("每个项目各有一套设置"),
    )  # fmt: skip


def key_of(estate: int, each: Decided) -> str:
    return f"settings.{estate}.{each.setting.key}"


def draw_group(estate: int, decided: Sequence[Decided]) -> None:
    with st.container(border=True):
        for each in decided:
            draw(estate, each)


def draw(estate: int, each: Decided) -> None:
    """One setting: what it decides, what holds, what the house would have."""
    setting, key = each.setting, key_of(estate, each)
    said, box, usual = st.columns([3.2, 2.2, 2], vertical_alignment="center")
    with said:
        st.markdown(plain(setting.label) + (f"  \n:gray[:small[{plain(setting.help)}]]" if setting.help else ""))
    with box:
        if setting.choices is not None:
            words = {value: str(label) for value, label in setting.choices.items()}
            st.session_state.setdefault(key, each.value)
            told: dict[str, Any] = {"format_func": words.__getitem__, "key": key, "label_visibility": "collapsed"}
            if len(words) > ABREAST:
                st.selectbox(str(setting.label), list(words), filter_mode="contains", **told)
            else:
                st.segmented_control(str(setting.label), list(words), required=True, **told)
        else:
            st.session_state.setdefault(key, str(each.value))
            st.text_input(str(setting.label), key=key, label_visibility="collapsed", autocomplete="off", max_chars=6)
    with usual:
        default = office_settings.said(setting.key, setting.default)
        words = _("默认 {default}", default=default)
        if setting.choices is None:
            words = _("默认 {default}（{least}–{most}）", default=default, least=setting.least, most=setting.most)
        st.markdown(f"{':orange-badge[' + _('已改') + '] ' if each.is_changed else ''}:gray[:small[{plain(words)}]]")


def save(actor: Actor, estate: int, decided: Sequence[Decided]) -> None:
    values = {each.setting.key: st.session_state[key_of(estate, each)] for each in decided}
    try:
        with writing(actor) as session:
            changed = office_settings.decide(session, estate, values)
    except Refused as refused:
        errors.show_refused(refused)
        return
    for each in decided:
        st.session_state.pop(key_of(estate, each), None)
    st.session_state["settings#told"] = changed
    st.rerun()


def say_saved() -> None:
    changed = st.session_state.pop("settings#told", None)
    if changed is not None:
        st.toast(
            _("已保存 {n} 项修改", n=changed) if changed else _("没有需要保存的修改"), icon=":material/check_circle:"
        )


actor = current_actor()
page_title(_("设置"))
say_saved()
estate = choose_estate(actor)
with reading(actor) as session:
    groups = office_settings.decided(session, estate)
with st.form("settings.form", enter_to_submit=False, border=False):
    for title, some in groups:
        st.subheader(str(title), anchor=False)
        draw_group(estate, some)
    pressed = st.form_submit_button(_("保存"), type="primary", icon=":material/save:", shortcut="Ctrl+Enter")
if pressed:
    save(actor, estate, [each for _title, some in groups for each in some])
