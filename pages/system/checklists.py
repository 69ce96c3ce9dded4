"""Checklists 办理资料清单: what an estate asks its customers to bring for each formality, with a way back (I2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from components import errors, form, shell
from components.kept_choice import kept_choice
from components.live import dialog
from components.page_title import page_title
from components.plain import plain
from components.signin import current_actor
from components.words import _
from db import checklist_changes
from db.checklist_changes import Held
from db.checklists import ItemKind, Wanted
from db.people import Actor
from db.processes import PROCESSES
from db.refused import Conflict, Refused
from db.session import reading, writing
from db.users import estates_of
from db.words import Words

ESTATE, TEMPLATE, KEY = "estate", "list", "checklists"


def shown(text: Words | str) -> str:
    """Say a line's words in the reader's language."""
    return str(Words(text)) if isinstance(text, str) else str(text)


def choose_estate(actor: Actor) -> int:
    """Return the estate whose lists are shown: the one looked at, else one to be picked."""
    with reading(actor) as session:
        names = estates_of(session)
    looked_at = shell.estate_ids(actor)
    if len(looked_at) == 1:
        return next(iter(looked_at))
    words = {str(key): name for key, name in names.items()}
    return int(kept_choice(_("项目"), ESTATE, words, next(iter(words)), width=260))


def title_of(key: str, title: Words) -> str:
    """Name a template with its process: 装修 · 业主装修申报."""
    process = PROCESSES.get(key.partition(".")[0])
    return f"{process.title} · {title}" if process else str(title)


def text_in(cell: Any) -> str:
    return "" if cell is None or cell != cell else str(cell).strip()  # noqa: PLR0124 - a cell left empty


def key_of(estate: int, held: Held, name: str) -> str:
    return f"{KEY}.{name}.{estate}.{held.template.key}"


def begin_anew(estate: int, held: Held) -> None:
    """Draw the table from what stands now, the next time."""
    st.session_state[key_of(estate, held, "round")] = st.session_state.get(key_of(estate, held, "round"), 0) + 1
    for name in ("seen", "preview"):
        st.session_state.pop(key_of(estate, held, name), None)


# ── the table ────────────────────────────────────────────────────────────────────────────────────────────────────────


def frame_of(held: Held, seen: Sequence[Wanted], anytime: str) -> pd.DataFrame:
    steps = {name: str(label) for name, label in held.steps.items()}
    return pd.DataFrame(
        [
            {
                "key": each.key, "label": shown(each.label), "ask": shown(each.ask),
                "before": steps.get(each.before, anytime), "required": each.required,
            }
            for each in seen
            if each.kind is ItemKind.PAPER
        ],
        columns=["key", "label", "ask", "before", "required"], dtype=object,
    )  # fmt: skip


def columns_of(held: Held, anytime: str) -> tuple[list[str], dict[str, Any]]:
    """Say which columns are asked: an inspection has places instead of steps."""
    config = st.column_config
    if held.by_place:
        return ["ask", "label"], {
            "ask": config.TextColumn(_("部位"), width=200), "label": config.TextColumn(_("验收内容"), width=420),
        }  # fmt: skip
    order = ["label", "ask", *(["before"] if held.steps else []), "required"]
    return order, {
        "label": config.TextColumn(_("资料名称"), width=190),
        "ask": config.TextColumn(_("要求"), width=225),
        "before": config.SelectboxColumn(
            _("在哪一步之前交齐"), options=[*(str(each) for each in held.steps.values()), anytime], width=120,
            required=True, default=anytime,
        ),
        "required": config.CheckboxColumn(_("必须"), width=54, default=True),
    }  # fmt: skip


def typed_lines(held: Held, edited: pd.DataFrame, seen: Sequence[Wanted]) -> list[Wanted]:
    """Read the table; what was left as it was keeps its own words, which other readers see translated."""
    names = {str(label): name for name, label in held.steps.items()}
    known: Mapping[str, Wanted] = {each.key: each for each in seen}
    papers = []
    for row in edited.to_dict("records"):
        key, label, ask = (text_in(row[name]) for name in ("key", "label", "ask"))
        if not (key or label or ask):
            continue
        was = known.get(key)
        required = held.by_place or row["required"] is True
        before = names.get(text_in(row["before"]), "")
        same_label = was is not None and label == shown(was.label)
        same_ask = was is not None and ask == shown(was.ask)
        papers.append(
            Wanted(
                key, ItemKind.PAPER, was.label if was and same_label else label, before,
                was.ask if was and same_ask else ask, required=required,
            )
        )  # fmt: skip
    return checklist_changes.arranged(held.template, papers)


def edit(actor: Actor, estate: int, held: Held) -> None:
    """Draw the papers to be changed, and keep them."""
    state, anytime = st.session_state, _("随时")
    seen: Sequence[Wanted] = state.setdefault(key_of(estate, held, "seen"), held.lines)
    round_ = state.setdefault(key_of(estate, held, "round"), 0)
    order, looks = columns_of(held, anytime)
    st.caption(_("点格子直接修改；在最后一行新增；选中行首按 Delete 删除。改完请保存，已经开办的事项不受影响。"))
    with st.form(f"{key_of(estate, held, 'form')}", enter_to_submit=False, border=False):
        edited = st.data_editor(
            frame_of(held, seen, anytime), num_rows="dynamic", hide_index=True, placeholder="",
            key=f"{key_of(estate, held, 'grid')}.{round_}", alt=_("客户提交的资料"), column_order=order,
            column_config=looks,
        )  # fmt: skip
        with st.container(horizontal=True):
            save = st.form_submit_button(_("保存清单"), type="primary", key=f"{KEY}.save", icon=":material/save:")
            look = st.form_submit_button(_("预览"), key=f"{KEY}.preview", icon=":material/visibility:")
    lines = typed_lines(held, edited, seen)
    if look:
        state[key_of(estate, held, "preview")] = lines
    if save:
        keep(actor, estate, held, lines, seen)


def keep(actor: Actor, estate: int, held: Held, lines: Sequence[Wanted], seen: Sequence[Wanted]) -> None:
    try:
        with writing(actor) as session:
            checklist_changes.keep(session, estate, held.template.key, lines, seen=seen)
    except Conflict as conflict:
        begin_anew(estate, held)
        errors.show_refused(conflict)
        return
    except Refused as refused:
        errors.show_refused(refused)
        return
    begin_anew(estate, held)
    form.tell(_("清单已保存，以后开办的事项按新清单办理"))
    st.rerun()


@dialog(_("恢复默认"), icon=":material/restart_alt:")
def ask_back(actor: Actor, estate: int, held: Held) -> None:
    st.markdown(plain(_("“{list}”将恢复为系统自带的内容，本项目增改的资料不再列出。", list=held.template.title)))
    if st.button(_("恢复默认"), type="primary", key=f"{KEY}.back.sure"):
        with writing(actor) as session:
            checklist_changes.back_to_house(session, estate, held.template.key)
        begin_anew(estate, held)
        form.tell(_("已恢复默认清单"))
        st.rerun()


# ── as it will be drawn ──────────────────────────────────────────────────────────────────────────────────────────────


def preview(held: Held, lines: Sequence[Wanted]) -> None:
    """Draw the whole list, with what the house holds, as a matter will show it."""
    if held.by_place:
        for place in dict.fromkeys(shown(each.ask) for each in lines):
            labels = [plain(shown(each.label)) for each in lines if shown(each.ask) == place]
            st.markdown(f"**{plain(place)}**　{' · '.join(labels)}")
        return
    for before in [*held.steps, ""]:
        group = [each for each in lines if each.before == before]
        if group:
            heading = _("{step}之前", step=held.steps[before]) if before else _("随时可办")
            head = [f"**{plain(heading)}**"] if held.steps else []
            st.markdown("  \n".join([*head, *(line_of(each) for each in group)]))


def line_of(line: Wanted) -> str:
    colour = "blue" if line.kind is ItemKind.PAPER else "gray"
    said = f":{colour}-badge[{line.kind.label}] {plain(shown(line.label))}"
    if not line.required:
        said += f" :gray-badge[{_('可选')}]"
    return said + (f" :gray[:small[{plain(shown(line.ask))}]]" if line.ask else "")


actor = current_actor()
form.say_told()
page_title(_("办理资料清单"))
with st.container(horizontal=True, vertical_alignment="bottom"):
    estate_id = choose_estate(actor)
    with reading(actor) as reads:
        offered = {each.key: title_of(each.key, each.title) for each in checklist_changes.offered(reads, estate_id)}
    chosen = kept_choice(_("清单"), TEMPLATE, offered, next(iter(offered)), width=260)
    with reading(actor) as reads:
        now_held = checklist_changes.held(reads, estate_id, chosen)
    if now_held.is_own:
        st.badge(_("本项目已修改"), color="blue", icon=":material/edit:")
        if st.button(_("恢复默认"), key=f"{KEY}.back", icon=":material/restart_alt:"):
            ask_back(estate_id, now_held)
left, right = st.columns([2, 1], gap="medium")
with left:
    st.subheader(_("验收项目") if now_held.by_place else _("客户提交的资料"), anchor=False)
    edit(actor, estate_id, now_held)
with right, st.container(border=True):
    st.subheader(_("办理时这样列出"), anchor=False)
    preview(now_held, st.session_state.get(key_of(estate_id, now_held, "preview"), now_held.lines))
    if any(each.kind is not ItemKind.PAPER for each in now_held.lines):
        st.caption(_("“签署”“事项”由系统核对，不能在这里增减。"))
