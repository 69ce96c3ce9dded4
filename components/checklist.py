"""A matter's checklist 手续清单 on its page: what is there, what is missing before which step; several ticked at once.

A dossier's page draws it between its steps and its history: `checklist.show(record, actor, seen)`. The step itself
(`db.checklists.TICK`) is not offered among the others: it is done here.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from components import form, inputs
from components.form import Button, Filled, Form
from components.form_layout import AT
from components.plain import plain
from components.words import _
from db import checklists, documents, uploads
from db.base import LINE_LENGTH
from db.checklists import ItemKind, Seen
from db.documents import Owner
from db.fields import Field
from db.histories import said_moment
from db.people import Actor
from db.records import Record
from db.refused import Conflict, Refused
from db.session import writing
from db.uploads import Checked
from db.words import Words
from db.words import _ as lazy

SCAN = "checklist"
"""The label of documents that are scans of a line."""
DONE: dict[ItemKind, Words] = {
    ItemKind.PAPER: lazy("已收"), ItemKind.SIGNED: lazy("已签"), ItemKind.KNOWN: lazy("已办"),
}  # fmt: skip
MISSING: dict[ItemKind, Words] = {
    ItemKind.PAPER: lazy("未收"), ItemKind.SIGNED: lazy("未签"), ItemKind.KNOWN: lazy("未办"),
}  # fmt: skip
SHORT = 3
"""So many lines stand open although their step is past."""
LINE = Field("line", lazy("哪一项"), "reference", target="checklist_items")
REASON = Field("reason", lazy("为什么撤回"), "text", length=LINE_LENGTH)
REMARK = lazy("备注")


def show(record: Record, actor: Actor, seen: Sequence[Seen]) -> None:
    """Draw the checklist of a matter, as `db.checklists.seen` lists it, and what this person may tick on it."""
    if not seen:
        return
    with st.container(border=True, gap="small"):
        _head(seen)
        for before in dict.fromkeys(each.before for each in seen):
            _group(record, before, [each for each in seen if each.before == before])
        if record.offer(checklists.TICK) is not None:
            _receive(record, actor, [each for each in seen if _is_ticked_here(each) and not each.done])
            _afterwards(record, actor, [each for each in seen if _is_ticked_here(each) and each.done])


def _is_ticked_here(line: Seen) -> bool:
    """Say whether a line is ticked by hand; a paper of ours is done when its signature is recorded with it."""
    return line.kind is ItemKind.PAPER or (line.kind is ItemKind.SIGNED and not line.paper)


# ── what is there, what is not ───────────────────────────────────────────────────────────────────────────────────────


def still_missing(seen: Sequence[Seen], before: str) -> int:
    """Count the required lines that a step still waits for."""
    return sum(each.required and not each.done and each.before == before for each in seen)


def _head(seen: Sequence[Seen]) -> None:
    wanted = [each for each in seen if each.required]
    done = sum(each.done for each in wanted)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(_("手续清单"), anchor=False, width="stretch")
        st.badge(_("已办 {done} / {all}", done=done, all=len(wanted)), color="green" if done == len(wanted) else "blue")
    st.progress(done / len(wanted) if wanted else 1.0)


def _group(record: Record, before: str, lines: Sequence[Seen]) -> None:
    """Draw the lines that one step waits for, with how many it still waits for; a long one that is past is folded."""
    missing = still_missing(lines, before)
    if before and len(lines) > SHORT and all(each.done for each in lines):
        step = record.process.action(before)
        if record.state not in step.sources:
            label = f"**{plain(_('{step}之前', step=step.label))}**　:green-badge[:material/check: {_('已齐')}]"
            with st.expander(label), st.container(gap="xxsmall"):
                for each in lines:
                    st.markdown(_line(each))
            return
    with st.container(gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if before:
                step = record.process.action(before)
                st.markdown(f"**{plain(_('{step}之前', step=step.label))}**", width="content")
                if missing:
                    st.badge(_("还差 {n} 项可以{step}", n=missing, step=step.label), color="orange")
                else:
                    offer = record.offer(before)
                    ready = record.state in step.sources and not (offer is not None and offer.missing)
                    said = _("可以{step}", step=step.label) if ready else _("已齐")
                    st.badge(said, color="green", icon=":material/check:")
            else:
                st.markdown(f"**{_('随时可办')}**", width="content")
        for each in lines:
            st.markdown(_line(each))


def _line(line: Seen) -> str:
    """Say a line in one paragraph: sign, name and word first, then how it is wanted or what stands in its way."""
    name = plain(line.label)
    if line.done:
        said = [f":green[:material/check_circle:] {name} :green-badge[{DONE[line.kind]}]"]
        told = " · ".join(filter(None, (_who(line), line.remark)))
    else:
        colour = "orange" if line.required else "gray"
        optional = "" if line.required else f" :gray-badge[{_('可选')}]"
        sign = f":{colour}[:material/radio_button_unchecked:]"
        said = [f"{sign} **{name}** :{colour}-badge[{MISSING[line.kind]}]{optional}"]
        told = line.missing or line.ask or (_("在“单据”里开具，签回后登记") if line.paper else "")
    if told:
        said.append(f":gray[:small[{plain(told)}]]")
    if line.document_id:
        said.append(f":small[[:material/attach_file: {_('扫描件')}](/documents/{line.document_id})]")
    return "　".join(said)


def _who(line: Seen) -> str:
    return f"{line.by} {said_moment(line.at)}" if line.by and line.at else ""


# ── ticking ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _receive(record: Record, actor: Actor, waiting: Sequence[Seen]) -> None:
    """Ask which of the waiting lines came in; each chosen one gets a row for its remark and its scans."""
    if not waiting:
        return
    key, state = f"{record.process.key}.checklist", st.session_state
    _begin(key, record, actor)
    names = {each.id: each.label for each in waiting}
    state[f"{key}.picked"] = [each for each in state.get(f"{key}.picked") or [] if each in names]
    picked = st.pills(
        _("收到了哪几项？点选后登记"), list(names), selection_mode="multi", format_func=names.__getitem__,
        key=f"{key}.picked",
    )  # fmt: skip
    if message := state.get(f"{key}#message"):
        st.error(plain(message), icon=":material/error:")
    if not picked:
        return
    chosen = [each for each in waiting if each.id in picked]
    with st.form(f"{key}#form", enter_to_submit=False, border=False):
        for each in chosen:
            _row(key, each)
        inputs.draw(AT, f"{key}.at")
        pressed = st.form_submit_button(
            _("登记收到 {n} 项", n=len(chosen)), key=f"{key}.save", type="primary", icon=":material/done_all:"
        )
    if pressed:
        _save(key, record, actor, chosen)


def _begin(key: str, record: Record, actor: Actor) -> None:
    state, about = st.session_state, f"{actor.user_id}/{record.number}"
    if state.get(f"{key}#about") != about:
        _forget(key)
        state[f"{key}#about"] = about
    state.setdefault(f"{key}#token", secrets.token_urlsafe(24))
    state.setdefault(f"{key}#version", record.version)


def _forget(key: str) -> None:
    """Let the next lot begin with empty rows; a file chooser is emptied by another key only."""
    state = st.session_state
    for name in [str(each) for each in state if str(each).startswith((f"{key}.remark", f"{key}.at"))]:
        del state[name]
    for name in ("token", "version", "message"):
        state.pop(f"{key}#{name}", None)
    state[f"{key}.picked"] = []
    state[f"{key}#round"] = state.get(f"{key}#round", 0) + 1


def _row(key: str, line: Seen) -> None:
    name, remark, scans = st.columns([1.3, 1, 1.3], vertical_alignment="top")
    with name:
        st.markdown(f"**{plain(line.label)}**" + (f"  \n:gray[:small[{plain(line.ask)}]]" if line.ask else ""))
    with remark:
        st.text_input(str(REMARK), key=f"{key}.remark{line.id}", max_chars=LINE_LENGTH, autocomplete="off")
    with scans:
        st.file_uploader(
            _("扫描件"), type=list(uploads.EXTENSIONS), accept_multiple_files=True, key=_files_key(key, line.id),
            max_upload_size=uploads.MOST_BYTES // 1024 // 1024,
        )  # fmt: skip


def _files_key(key: str, line_id: int) -> str:
    return f"{key}.files{line_id}.{st.session_state[f'{key}#round']}"


def _save(key: str, record: Record, actor: Actor, chosen: Sequence[Seen]) -> None:
    """Tick the chosen lines and keep their scans, all or nothing; a refusal stays above the rows."""
    state = st.session_state
    try:
        at = _at(key)
        scans = {each.id: _checked(state.get(_files_key(key, each.id))) for each in chosen}
        with writing(actor) as session:
            done = {each.id: str(state.get(f"{key}.remark{each.id}") or "") for each in chosen}
            checklists.tick(
                session, record.id, done, version=state[f"{key}#version"], at=at, token=state[f"{key}#token"]
            )
            for line_id, files in scans.items():
                keep(session, record.id, line_id, files)
    except Refused as refused:
        if isinstance(refused, Conflict):
            state.pop(f"{key}#version", None)
        state[f"{key}#message"] = " ".join([refused.message, *dict.fromkeys(refused.problems.values())])
        st.rerun()
    state.pop(f"{key}#about", None)
    form.see_newest(f"{record.process.key}.")
    form.tell(_("已登记收到 {n} 项", n=len(chosen)))
    st.rerun()


def _at(key: str) -> datetime | None:
    at, wrong = inputs.value_of(AT, st.session_state.get(f"{key}.at"))
    if wrong:
        raise Refused(lazy("请检查发生时间。"), {AT.name: wrong})
    return at  # type: ignore[no-any-return]


def _checked(chosen: Any) -> tuple[Checked, ...]:
    return tuple(uploads.checked(each.getvalue(), each.name) for each in chosen or ())


def keep(session: Session, case_id: int, line_id: int, files: Sequence[Checked]) -> None:
    """Keep scans of a line with its matter, as personal; the first is the one that the line leads to."""
    kept = [documents.add(session, each, Owner(case_id=case_id), personal=True, label=SCAN) for each in files]
    if kept:
        checklists.attach(session, line_id, kept[0])


# ── afterwards ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _afterwards(record: Record, actor: Actor, done: Sequence[Seen]) -> None:
    """Offer to add a scan that came later, and to take back what was ticked by mistake."""
    if not done:
        return
    key = f"{record.process.key}.checklist"
    without = {each.id: each.label for each in done if not each.document_id}
    with st.container(horizontal=True):
        if without:
            with st.popover(_("补扫描件"), icon=":material/attach_file:", key=f"{key}.scan#open"):
                _add_scan(record, actor, without)
        with st.popover(_("撤回勾选"), icon=":material/undo:", type="tertiary", key=f"{key}.back#open"):
            _take_back(record, actor, {each.id: each.label for each in done})


def _add_scan(record: Record, actor: Actor, lines: dict[int, str]) -> None:
    def save(session: Session, filled: Filled) -> str:
        if not filled.files:
            raise Refused(lazy("请先选择文件。"), {"files": lazy("请先选择文件。")})
        if filled.values["line"] is None:
            raise Refused(lazy("请选择是哪一项。"), {"line": lazy("请选择是哪一项。")})
        keep(session, record.id, filled.values["line"], filled.files)
        return ""

    made = Form(
        f"{record.process.key}.scan", (LINE,), (Button("save", _("上传"), save),), about=record.number,
        options={"line": lines}, also=(), files=True, columns=(1,),
    )  # fmt: skip
    if form.show(made, actor):
        form.tell(_("扫描件已上传"))
        st.rerun()


def _take_back(record: Record, actor: Actor, lines: dict[int, str]) -> None:
    def save(session: Session, filled: Filled) -> str:
        if filled.values["line"] is None:
            raise Refused(lazy("请选择是哪一项。"), {"line": lazy("请选择是哪一项。")})
        reason = str(filled.values["reason"] or "")
        checklists.take_back(session, record.id, filled.values["line"], reason, version=filled.version)
        return ""

    made = Form(
        f"{record.process.key}.untick", (LINE, REASON), (Button("save", _("撤回"), save),), about=record.number,
        version=record.version, options={"line": lines}, also=(), columns=(1,),
    )  # fmt: skip
    if form.show(made, actor):
        form.see_newest(f"{record.process.key}.")
        form.tell(_("已撤回"))
        st.rerun()


__all__ = ["keep", "show", "still_missing"]
