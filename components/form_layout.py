"""How a form's fields are laid out: what is searched above, the rest in columns, what may stay empty folded away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from components import inputs
from components.plain import plain
from components.words import _
from db import uploads
from db.fields import NOTE, Field
from db.people import Actor
from db.picking import proposed_customer
from db.session import reading
from db.words import _ as lazy

if TYPE_CHECKING:
    from components.form import Form

AT = Field("at", lazy("发生时间"), "moment", lazy("补录时填写；不填就是现在"), required=False)
SHOWN = 8
"""So many fields a form shows before the optional rest is folded away."""


def _problems(form: Form) -> dict[str, str]:
    found: dict[str, str] = st.session_state.get(f"{form.key}#problems", {})
    return found


def _one(form: Form, each: Field) -> None:
    inputs.draw(each, f"{form.key}.{each.name}", form.options.get(each.name))
    if wrong := _problems(form).get(each.name):
        _say_wrong(wrong)


def _say_wrong(wrong: str) -> None:
    st.markdown(f":red[:small[:material/error: {plain(wrong)}]]")


def draw_searched(form: Form, actor: Actor) -> None:
    """Draw what is searched; whoever lives in the unit just found is proposed as the customer."""
    searched = [each for each in form.fields if inputs.is_searched(each)]
    unit, customer = f"{form.key}.unit_id", f"{form.key}.customer_id"
    columns = st.columns(len(form.columns)) if searched else []
    for place, each in enumerate(searched):
        with columns[place % len(columns)]:
            _one(form, each)
        if each.name == "unit_id" and customer in st.session_state and _is_new(form, "unit", st.session_state[unit]):
            with reading(actor) as session:
                typed = st.session_state.get(f"{unit}#typed", "")
                st.session_state[customer] = proposed_customer(session, st.session_state[unit], typed)


def _is_new(form: Form, what: str, chosen: int | None) -> bool:
    """Say whether another one was chosen than at the last look."""
    known = st.session_state.get(f"{form.key}#{what}")
    st.session_state[f"{form.key}#{what}"] = chosen
    return chosen is not None and chosen != known


def draw_fields(form: Form) -> None:
    """Draw the fields in the order they are asked; beyond `SHOWN` what may stay empty is folded away."""
    asked = [each for each in form.fields if not inputs.is_searched(each)]
    if form.headings:
        _parts(form, asked)
        if form.files:
            _files(form)
        return
    room = SHOWN - (len(form.fields) - len(asked))
    shown: list[Field] = []
    folded: list[Field] = []
    for place, each in enumerate(asked):
        needed = each.required and each.default is None
        late = place >= room or each is AT or (each.name == NOTE.name and not each.required)
        (folded if late and not needed else shown).append(each)
    if folded and (gap := _gap_after(form, shown)):
        fitting = [each for each in folded if not inputs.is_wide(each) and each is not AT][:gap]
        shown += fitting
        folded = [each for each in folded if each not in fitting]
    _rows(form, shown)
    if form.files:
        _files(form)
    if folded:
        begun = any(each.name in _problems(form) or _was_changed(form, each) for each in folded)
        with st.expander(_("更多"), expanded=begun, key=f"{form.key}#more"):
            _rows(form, folded)


def _parts(form: Form, asked: Sequence[Field]) -> None:
    """Draw a long form part by part."""
    part: list[Field] = []
    for each in asked:
        if each.name in form.headings:
            _rows(form, part)
            part = []
            st.markdown(f"**{plain(form.headings[each.name])}**")
        part.append(each)
    _rows(form, part)


def _gap_after(form: Form, shown: Sequence[Field]) -> int:
    """Count the places left in the last row, where something more costs no height."""
    taken = 0
    for each in shown:
        taken = 0 if inputs.is_wide(each) and not form.abreast else (taken + 1) % len(form.columns)
    return len(form.columns) - taken if taken else 0


def _was_changed(form: Form, each: Field) -> bool:
    typed = st.session_state.get(f"{form.key}.{each.name}")
    return bool(typed) and typed != inputs.typed_of(each, form.initial.get(each.name, each.default))


def _rows(form: Form, fields: Sequence[Field]) -> None:
    """Lay fields out in columns; what needs room takes a row of its own."""
    row: list[Field] = []
    for each in fields:
        if inputs.is_wide(each) and not form.abreast:
            _row(form, row)
            row = []
            _one(form, each)
            continue
        row.append(each)
        if len(row) == len(form.columns):
            _row(form, row)
            row = []
    _row(form, row)


def _row(form: Form, row: Sequence[Field]) -> None:
    if not row:
        return
    for column, each in zip(st.columns(form.columns), row, strict=False):
        with column:
            _one(form, each)


def _files(form: Form) -> None:
    st.file_uploader(
        _("照片、附件"), type=list(uploads.EXTENSIONS), accept_multiple_files=True, key=files_key(form),
        max_upload_size=uploads.MOST_BYTES // 1024 // 1024,
    )  # fmt: skip
    if wrong := _problems(form).get("files"):
        _say_wrong(wrong)


def files_key(form: Form) -> str:
    """Key the uploader: the browser keeps the files chosen as long as it stays, and a new form must inherit none."""
    return f"{form.key}.files.{st.session_state[f'{form.key}#round']}"


def draw_buttons(form: Form) -> str | None:
    """Draw the buttons; returns which was pressed."""
    sure = st.session_state.get(f"{form.key}#sure")
    if sure:
        st.warning(plain(form.confirm), icon=":material/warning:")
    pressed = None
    with st.container(horizontal=True, vertical_alignment="center"):
        for place, each in enumerate(form.buttons):
            label = _("确定{label}", label=each.label) if sure else each.label
            if st.form_submit_button(
                label, key=f"{form.key}.{each.name}", type="secondary" if place else "primary", icon=each.icon,
                shortcut=None if place else "Ctrl+Enter",
            ):  # fmt: skip
                pressed = each.name
        if (form.cancel or sure) and st.form_submit_button(_("取消"), key=f"{form.key}.cancel", type="tertiary"):
            pressed = "cancel"
    return pressed
