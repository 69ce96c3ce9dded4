"""Readings one meter at a time, on a telephone in front of it: a big field, the next one, a photograph if one likes."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import streamlit as st

from components import errors, form
from components.plain import plain
from components.reading_grid import hint, said
from components.words import _
from db import documents, uploads
from db.ledger.meters import Round, Standing, figure, value_typed
from db.ledger.readings import Row, record_readings
from db.people import Actor
from db.refused import Refused
from db.session import writing

KEY = "readings.step"
_PHOTOS = ("jpg", "jpeg", "png", "webp", "heic", "heif")


def on_a_telephone() -> bool:
    """Say whether the browser is a telephone's."""
    return "Mobi" in (st.context.headers.get("User-Agent") or "")


def show(actor: Actor, asked: Round, found: Sequence[Standing]) -> None:
    """Draw one meter of the list, those not read yet first to come."""
    state = st.session_state
    place = _place(found)
    each = found[place]
    about = f"{asked.month}.{each.meter_id}"
    if state.get(f"{KEY}#about") != about:
        state[f"{KEY}#about"], state[f"{KEY}#odd"], state[f"{KEY}#odd_for"] = about, "", None
        state[f"{KEY}#seen"] = each.current.id if each.current else None
        state[f"{KEY}#token"] = secrets.token_urlsafe(24)
        state[f"{KEY}.value"] = figure(each.current.value) if each.current else ""
        state[f"{KEY}.rolled"] = bool(each.current and each.current.rolled_over)
        state[f"{KEY}.note"] = each.current.note if each.current else ""
    _about_it(each, place, len(found))
    with st.form(f"{KEY}#form", border=False, enter_to_submit=False):
        st.text_input(
            _("本期示数"), key=f"{KEY}.value", type="phone", icon=":material/speed:", autocomplete="off",
            placeholder=_("表上现在的数"),
        )  # fmt: skip
        if odd := state[f"{KEY}#odd"]:
            st.warning(plain(odd), icon=":material/warning:")
        pressed = st.form_submit_button(
            _("核对无误，保存") if odd else _("保存，下一块"), type="primary", width="stretch", key=f"{KEY}.save",
            icon=":material/check:",
        )  # fmt: skip
        with st.expander(_("过零、备注、照片"), expanded=bool(state[f"{KEY}.rolled"])):
            st.checkbox(_("过零（表走满归零）"), key=f"{KEY}.rolled")
            st.text_input(_("备注"), key=f"{KEY}.note", autocomplete="off", max_chars=200)
            st.file_uploader(
                _("照片（可不拍）"), type=list(_PHOTOS), key=_photo_key(), max_upload_size=uploads.MOST_BYTES // 1024**2
            )
    _walk(found, place)
    if pressed:
        with errors.shown():
            _save(actor, asked, found, place)


def _photo_key() -> str:
    # The browser keeps the file as long as the key stays: the next meter must not inherit it.
    return f"{KEY}.photo.{st.session_state[f'{KEY}#token'][:8]}"


def _place(found: Sequence[Standing]) -> int:
    """Say which of the list is shown: the one gone to, else the first that is not read."""
    gone_to = st.session_state.get(f"{KEY}#meter")
    ids = [each.meter_id for each in found]
    if gone_to in ids:
        return ids.index(gone_to)
    return next((n for n, each in enumerate(found) if each.current is None), 0)


def _about_it(each: Standing, place: int, total: int) -> None:
    st.caption(_("第 {n} / {total} 块　{item}", n=place + 1, total=total, item=plain(each.item)))
    st.subheader(plain(each.unit), anchor=False)
    facts = [
        (_("表号"), each.number), (_("上期示数"), figure(each.previous)),
        (_("上期用量"), figure(each.last) if each.last is not None else ""),
        (_("近六期平均"), figure(each.mean) if each.mean is not None else ""),
        (_("倍率"), str(each.multiplier) if each.multiplier != 1 else ""), (_("提示"), hint(each)),
    ]  # fmt: skip
    st.markdown("　".join(f":gray[{label}] {plain(text)}" for label, text in facts if text))


def _walk(found: Sequence[Standing], place: int) -> None:
    with st.container(horizontal=True):
        back = st.button(_("上一块"), key=f"{KEY}.back", disabled=place == 0, icon=":material/chevron_left:")
        on = st.button(_("跳过"), key=f"{KEY}.on", disabled=place + 1 >= len(found), icon=":material/chevron_right:")
    if back or on:
        st.session_state[f"{KEY}#meter"] = found[place + on - back].meter_id
        st.rerun()


def _save(actor: Actor, asked: Round, found: Sequence[Standing], place: int) -> None:
    state, each = st.session_state, found[place]
    text = state[f"{KEY}.value"]
    value = value_typed(text)
    if value is None:
        raise Refused(_("“{typed}”不是数字，请填例如 135.00。", typed=text) if text else _("请填写本期示数。"))
    photo = state.get(_photo_key())
    kept = None if photo is None else uploads.checked(photo.getvalue(), photo.name)
    row = Row(
        each.meter_id, value, rolled_over=state[f"{KEY}.rolled"], confirmed=state[f"{KEY}#odd_for"] == text,
        corrects=state[f"{KEY}#seen"], note=state[f"{KEY}.note"],
    )  # fmt: skip
    with writing(actor) as session:
        done = record_readings(session, asked.month, [row], state[f"{KEY}#token"], keep_good=True)
        if kept is not None and not done.held_back:
            documents.add(session, kept, documents.Owner(meter_id=each.meter_id), label=f"{asked.month:%Y-%m}")
    for verdict in done.held_back:
        if verdict.problem:
            raise Refused(verdict.problem)
        state[f"{KEY}#odd"], state[f"{KEY}#odd_for"] = verdict.warning, text
        st.rerun()
    following = next((n for n in range(place + 1, len(found)) if found[n].current is None), place)
    state[f"{KEY}#about"], state[f"{KEY}#meter"] = "", found[following].meter_id
    form.tell(said(done, 0))
    st.rerun()
