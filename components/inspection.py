"""Inspecting a unit on its matter's page, in the flat with a telephone or at the desk: place by place, one tap a point.

A page draws it beside its steps: `inspection.show(record, actor, InspectionKind.IN)`. What is tapped stays until it is
saved; photographs are kept at once, for a telephone may fall asleep.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from components import form
from components.form import Button, Filled, Form
from components.form_layout import AT
from components.plain import plain
from components.words import _
from db import documents, uploads
from db.base import LINE_LENGTH, NAME_LENGTH
from db.clock import today
from db.documents import Owner
from db.dossiers import inspection_views, inspections
from db.dossiers.inspection_views import PHOTO, SeenPoint, View
from db.dossiers.inspections import INSPECT, InspectionKind, PointResult
from db.fields import Field
from db.histories import said_moment
from db.people import Actor
from db.process import process_of
from db.records import Record
from db.refused import Conflict, Refused
from db.session import reading, writing
from db.words import _ as lazy

SIGNED_BY = Field("signed_by", lazy("签字人"), "text", lazy("客户或其受托人"), length=NAME_LENGTH)
SIGNED_ON = Field("signed_on", lazy("签字日期"), "date")
PLACE = Field("place", lazy("部位"), "text", lazy("例如 次卧"), length=LINE_LENGTH)
LABEL = Field("label", lazy("项目"), "text", lazy("例如 墙面"), length=LINE_LENGTH)
PICTURES = ("jpg", "jpeg", "png", "webp", "heic", "heif")

Typed = dict[int, tuple[str | None, str]]
"""Point id → what was tapped and typed: plain values, so that they may lie in the session state."""


@dataclass(frozen=True)
class _Sheet:
    """The inspection being drawn."""

    record: Record
    view: View
    key: str


def show(record: Record, actor: Actor, kind: InspectionKind) -> None:
    """Draw a matter's inspection: to begin, to go on with, to sign, or as it was signed."""
    with reading(actor) as session:
        view = inspection_views.view(session, record.id, kind)
    may = record.offer(INSPECT) is not None
    if view is None and not may:
        return
    with st.container(border=True, gap="small"):
        _head(view, kind)
        if view is None:
            _begin_button(record, actor, kind)
            return
        sheet = _Sheet(record, view, f"inspection.{view.id}")
        if view.signed_on is not None or not may:
            _as_it_stands(view)
        else:
            _walk(sheet, actor)


def _head(view: View | None, kind: InspectionKind) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(str(kind.label), anchor=False, width="content")
        if view is None:
            return
        done = len(view.points) - view.number(None)
        counted = _("{done} / {all} 项", done=done, all=len(view.points))
        st.badge(counted, color="green" if view.signed_on is not None else "blue")
        if defects := view.number(PointResult.DEFECT):
            st.badge(_("缺陷 {n} 处", n=defects), color="orange")
        if worse := sum(each.worse for each in view.points):
            st.badge(_("比入住时变差 {n} 处", n=worse), color="red")
        st.caption(_("{who} {when} 开始", who=plain(view.by), when=said_moment(view.at)), width="stretch")


def _begin_button(record: Record, actor: Actor, kind: InspectionKind) -> None:
    st.caption(_("和客户一起逐项看：一处一处点“合格”“有缺陷”“无此项”，最后请客户签字。"))
    if st.button(_("开始{kind}", kind=kind.label), key=f"inspection.begin.{kind.value}", type="primary",
                 icon=":material/checklist:"):  # fmt: skip
        with writing(actor) as session:
            inspections.begin(session, record.id, kind)
        form.see_newest(f"{record.process.key}.")
        st.rerun()


# ── as it stands ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _as_it_stands(view: View) -> None:
    """Draw an inspection to be read: defects first, all points folded away."""
    if view.signed_on is not None:
        st.markdown(
            f":green[:material/signature:] {_('{who} {day} 签字确认', who=plain(view.signed_by), day=view.signed_on)}"
        )
    for each in view.points:
        if each.result is PointResult.DEFECT:
            _defect(each)
    with st.expander(_("全部 {n} 项", n=len(view.points)), key=f"inspection.{view.id}#all"):
        for place, points in view.places.items():
            st.markdown("  \n".join([f"**{plain(place)}**", *map(_line, points)]))


def _line(point: SeenPoint) -> str:
    result = f":{point.result.colour}-badge[{point.result.label}]" if point.result else f":gray-badge[{_('未验')}]"
    was = f" :gray[:small[{_('入住时：{was}', was=plain(point.was))}]]" if point.was else ""
    return f"{plain(point.label)} {result} {plain(point.note)}{was}"


def _defect(point: SeenPoint) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":orange[:material/report:] **{plain(point.place)}** {_line(point)}", width="content")
        for each in point.photos:
            st.markdown(_thumbnail(each.address, each.name), width="content")
        if point.repair is not None:
            _way_to_repair(point)


def _way_to_repair(point: SeenPoint) -> None:
    if point.repair is None:
        return
    process = process_of("repairs")
    st.page_link(f"pages/{process.section}/{process.key}.py", label=point.repair.number, icon=process.icon,
                 query_params={"case": point.repair.number})  # fmt: skip
    st.badge(str(point.repair.state.label), color=point.repair.state.colour)  # type: ignore[arg-type]


def _thumbnail(address: str, name: str) -> str:
    return f"[![{plain(name)}]({address}?small=1)]({address})"


# ── the walk ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _walk(sheet: _Sheet, actor: Actor) -> None:
    """Draw the place one stands in, and the way to the next."""
    typed = _typed(sheet)
    place = _choose_place(sheet, typed)
    points = sheet.view.places[place]
    if message := st.session_state.pop(f"{sheet.key}#message", None):
        st.error(plain(message), icon=":material/error:")
    with st.container(gap="xsmall"):
        for each in points:
            _point(sheet, each, typed, actor)
    changed = _changed(sheet, typed)
    _buttons(sheet, actor, place, changed, typed)
    if changed:
        st.caption(_("有 {n} 项还没有保存", n=len(changed)))
    elif not sheet.view.number(None):
        _sign(sheet, actor)


def _typed(sheet: _Sheet) -> Typed:
    """Return what is tapped so far; what a colleague saved meanwhile shows where nothing was tapped here."""
    state, stored = st.session_state, {each.id: (_value(each), each.note) for each in sheet.view.points}
    base: Typed = state.get(f"{sheet.key}#base", {})
    typed: Typed = state.setdefault(f"{sheet.key}#typed", {})
    if f"{sheet.key}#version" not in state:
        for key, said in stored.items():
            if key not in typed or typed[key] == base.get(key):
                typed[key] = said
                state.pop(f"{sheet.key}.{key}.result", None)
        state[f"{sheet.key}#base"], state[f"{sheet.key}#version"] = stored, sheet.view.version
        state[f"{sheet.key}#token"] = secrets.token_urlsafe(24)
    for key, said in stored.items():
        typed.setdefault(key, said)
    return typed


def _value(point: SeenPoint) -> str | None:
    return point.result.value if point.result is not None else None


def _changed(sheet: _Sheet, typed: Typed) -> Typed:
    base: Typed = st.session_state[f"{sheet.key}#base"]
    return {key: said for key, said in typed.items() if said != base.get(key, (None, ""))}


def _choose_place(sheet: _Sheet, typed: Typed) -> str:
    places, state, key = sheet.view.places, st.session_state, f"{sheet.key}.place"
    wished = state.pop(f"{sheet.key}#goto", None) or state.get(key)
    if wished not in places:
        wished = next((name for name, some in places.items() if any(typed[each.id][0] is None for each in some)),
                      next(iter(places)))  # fmt: skip
    state[key] = wished
    chosen = st.pills(
        _("部位"), list(places), key=key, required=True, label_visibility="collapsed",
        format_func=lambda name: _place_said(name, places[name], typed),
    )  # fmt: skip
    return str(chosen or wished)


def _place_said(name: str, points: Sequence[SeenPoint], typed: Typed) -> str:
    done = sum(typed[each.id][0] is not None for each in points)
    mark = ":material/check: " if done == len(points) else ""
    return f"{mark}{plain(name)} {done}/{len(points)}"


def _point(sheet: _Sheet, point: SeenPoint, typed: Typed, actor: Actor) -> None:
    """Draw one point: its name, three words to tap, and for a defect what is wrong, with a picture."""
    state, key = st.session_state, f"{sheet.key}.{point.id}"
    result, note = typed[point.id]
    state.setdefault(f"{key}.result", result)
    labels = {each.value: str(each.label) for each in PointResult}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        was = f"  \n:gray[:small[{_('入住时：{was}', was=plain(point.was))}]]" if point.was else ""
        st.markdown(f"**{plain(point.label)}**{was}", width=130)
        chosen = st.segmented_control(
            plain(point.label), list(labels), format_func=labels.__getitem__, key=f"{key}.result",
            label_visibility="collapsed",
        )  # fmt: skip
    words = note
    if chosen == PointResult.DEFECT.value:
        state.setdefault(f"{key}.note", note)
        words = st.text_input(
            _("缺陷"), key=f"{key}.note", placeholder=_("写明缺陷，例如 门框划痕"), autocomplete="off",
            label_visibility="collapsed", max_chars=LINE_LENGTH,
        )  # fmt: skip
        _photos(sheet, point, actor)
    typed[point.id] = (chosen, words.strip() if chosen is not None else "")


def _photos(sheet: _Sheet, point: SeenPoint, actor: Actor) -> None:
    """Draw a defect's photographs, and take more: each is kept as soon as it is there."""
    key = f"{sheet.key}.{point.id}.photos"
    turn = st.session_state.get(f"{key}#turn", 0)
    with st.container(horizontal=True, gap="small"):
        for each in point.photos:
            st.markdown(_thumbnail(each.address, each.name), width="content")
    chosen: list[Any] = st.file_uploader(
        _("拍照或选照片"), type=list(PICTURES), accept_multiple_files=True, key=f"{key}.{turn}",
        label_visibility="collapsed", max_upload_size=uploads.MOST_BYTES // 1024 // 1024,
    ) or []  # fmt: skip
    if not chosen:
        return
    st.session_state[f"{key}#turn"] = turn + 1
    try:
        files = [uploads.checked(each.getvalue(), each.name) for each in chosen]
        with writing(actor) as session:
            documents.add_all(session, files, Owner(case_id=sheet.record.id), label=PHOTO.format(id=point.id))
    except Refused as refused:
        st.session_state[f"{sheet.key}#message"] = refused.message
    st.rerun()


def _buttons(sheet: _Sheet, actor: Actor, place: str, changed: Typed, typed: Typed) -> None:
    places = list(sheet.view.places)
    following = next((name for name in places[places.index(place) + 1 :]), "")
    blank = [each.id for each in sheet.view.places[place] if typed[each.id][0] is None]
    with st.container(horizontal=True, vertical_alignment="center"):
        if blank:
            st.button(
                _("其余 {n} 项合格", n=len(blank)) if len(blank) < len(sheet.view.places[place]) else _("本处全部合格"),
                key=f"{sheet.key}.all_ok", icon=":material/done_all:", on_click=_call_ok, args=(sheet.key, blank),
            )  # fmt: skip
        label = _("保存，到{place}", place=following) if following else _("保存")
        if st.button(label, key=f"{sheet.key}.save", type="primary", icon=":material/save:", shortcut="Ctrl+Enter"):
            _save(sheet, actor, changed, following)
        _more(sheet, actor)


def _call_ok(key: str, points: Sequence[int]) -> None:
    typed: Typed = st.session_state[f"{key}#typed"]
    for each in points:
        typed[each] = (PointResult.OK.value, "")
        st.session_state[f"{key}.{each}.result"] = PointResult.OK.value


def _save(sheet: _Sheet, actor: Actor, changed: Typed, following: str) -> None:
    state = st.session_state
    try:
        if changed:
            with writing(actor) as session:
                inspections.note(session, sheet.view.id, changed, version=state[f"{sheet.key}#version"],
                                 token=state[f"{sheet.key}#token"])  # fmt: skip
    except Refused as refused:
        others = [text for text in refused.problems.values() if text != refused.message]
        state[f"{sheet.key}#message"] = " ".join([refused.message, *others])
        if isinstance(refused, Conflict):
            del state[f"{sheet.key}#version"]
        st.rerun()
    if changed:
        _fresh(sheet)
        form.tell(_("已保存 {n} 项", n=len(changed)))
    if following:
        state[f"{sheet.key}#goto"] = following
    st.rerun()


def _fresh(sheet: _Sheet) -> None:
    """Draw the sheet anew from what is stored, and let the matter's other forms know that it moved on."""
    for name in ("version", "typed", "base"):
        st.session_state.pop(f"{sheet.key}#{name}", None)
    for each in sheet.view.points:
        for name in ("result", "note"):
            st.session_state.pop(f"{sheet.key}.{each.id}.{name}", None)
    form.see_newest(f"{sheet.record.process.key}.")


def _more(sheet: _Sheet, actor: Actor) -> None:
    """Offer to look at one thing more than the list has."""

    def save(session: Session, filled: Filled) -> str:
        place, label = (str(filled.values[name] or "") for name in ("place", "label"))
        inspections.add_point(session, sheet.view.id, place, label, version=filled.version, token=filled.token)
        return place

    with st.popover(_("增加项目"), icon=":material/add:", key=f"{sheet.key}#more"):
        made = Form(f"{sheet.key}.more", (PLACE, LABEL), (Button("save", _("增加"), save),), also=(),
                    about=str(sheet.view.id), version=sheet.view.version)  # fmt: skip
        sent = form.show(made, actor)
    if sent is not None:
        st.session_state[f"{sheet.key}#goto"] = sent.result
        st.session_state.pop(f"{sheet.key}#version", None)
        form.see_newest(f"{sheet.record.process.key}.")
        st.rerun()


def _sign(sheet: _Sheet, actor: Actor) -> None:
    """Ask for the customer's signature once every point has its result."""
    defects = sheet.view.number(PointResult.DEFECT)

    def save(session: Session, filled: Filled) -> str:
        inspections.sign(session, sheet.view.id, filled.values["signed_by"] or "", filled.values["signed_on"],
                         at=filled.at, version=filled.version, token=filled.token)  # fmt: skip
        return sheet.record.number

    consequence = _("签字后验收单不能再改。")
    if defects:
        consequence = _("签字后验收单不能再改；{n} 处缺陷各生成一张报修单。", n=defects)
    st.divider()
    sent = form.show(
        Form(f"{sheet.key}.sign", (SIGNED_BY, SIGNED_ON),
             (Button("save", _("客户签字确认"), save, ":material/signature:"),), about=sheet.record.number,
             version=sheet.view.version, also=(AT,), confirm=consequence,
             initial={"signed_by": sheet.record.values.get("agent_name") or sheet.record.customer,
                      "signed_on": today()}),
        actor,
    )  # fmt: skip
    if sent is not None and not sent.cancelled:
        _fresh(sheet)
        form.tell(_("验收单已签字"))
        st.rerun()


__all__ = ["show"]
