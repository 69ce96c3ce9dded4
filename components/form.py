"""One form for everything that is opened or done: what was typed stays until it is saved, and is saved once.

The fields stand in an `st.form`, so that typing costs no rerun and Enter never sends half of it; what is searched
(units, customers) stands above it. Everything a form remembers lies in the session state under plain values, which
outlive a session that ended while somebody typed (`components/drafts.py`).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from components import inputs
from components.plain import plain
from components.words import _
from db import uploads
from db.fields import NOTE, Field
from db.options import Options
from db.people import Actor
from db.picking import proposed_customer
from db.refused import Conflict, Refused
from db.session import reading, writing
from db.uploads import Checked
from db.words import _ as lazy

AT = Field("at", lazy("发生时间"), "moment", lazy("补录时填写；不填就是现在"), required=False)
SHOWN = 8
"""So many fields a form shows before the optional rest is folded away."""
_TOLD = "form#told"


@dataclass(frozen=True)
class Filled:
    """What somebody filled in and sent."""

    values: dict[str, Any]
    at: datetime | None
    """When it happened, if not now."""
    note: str
    token: str
    """A second press carries the same and must change nothing."""
    version: int | None
    """Of the record, as it was when the form was first drawn."""
    files: tuple[Checked, ...] = ()


@dataclass(frozen=True)
class Button:
    """One way to send a form; `save` writes in the session it is given and returns what is to be remembered of it."""

    name: str
    label: str
    save: Callable[[Session, Filled], str]
    icon: str | None = None


@dataclass(frozen=True)
class Form:
    """A form about to be drawn."""

    key: str
    """`process.action`; each widget's key is `process.action.field`."""
    fields: tuple[Field, ...]
    buttons: tuple[Button, ...]
    about: str = ""
    """Which record it is about: what was typed for one never shows in another's form."""
    version: int | None = None
    initial: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Options] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    """Why it cannot be sent now; then only this is said."""
    confirm: str = ""
    """The consequence, asked once, of what cannot be taken back."""
    columns: tuple[float, ...] = (1, 1)
    """How wide the columns are, to each other."""
    headings: Mapping[str, str] = field(default_factory=dict)
    """Field name → what stands above it: a long form in parts, nothing of it folded away."""
    abreast: bool = False
    """Long texts stand in a column too, instead of taking a row."""
    also: tuple[Field, ...] = (NOTE, AT)
    """What is added where it is not asked anyway: a remark, and when it happened."""
    files: bool = False
    cancel: bool = False
    focus: bool = False
    """Whether the cursor goes into its first field when it opens (`components/focus.js`)."""


@dataclass(frozen=True)
class Sent:
    """A form was saved: by which button, and what its `save` returned; or it was cancelled."""

    button: str = ""
    result: str = ""
    cancelled: bool = False


def show(form: Form, actor: Actor) -> Sent | None:
    """Draw a form; returns how it was sent, once, after it was saved. Refusals stay with the form."""
    form = _complete(form)
    _begin(form, actor)
    if form.missing:
        _show_missing(form)
        return None
    if message := st.session_state.get(f"{form.key}#message"):
        st.error(plain(message), icon=":material/error:")
    with st.container(key=_mark(form)):
        _searched(form, actor)
        with st.form(f"{form.key}#form", enter_to_submit=False, border=False):
            _fields(form)
            pressed = _buttons(form)
    if pressed is None:
        return None
    if pressed == "cancel":
        reset(form.key)
        return Sent(cancelled=True)
    return _send(form, actor, next(each for each in form.buttons if each.name == pressed))


def _mark(form: Form) -> str | None:
    return f"focus-{st.session_state[f'{form.key}#token'][:8]}" if form.focus else None


def reset(key: str) -> None:
    """Let a form begin anew the next time it is drawn."""
    for name in ("about", "token", "version", "message", "problems", "sure", "unit"):
        st.session_state.pop(f"{key}#{name}", None)


def see_newest(prefix: str) -> None:
    """Let the forms begun under `prefix` go on from the record as it is now, after one's own step changed it."""
    for name in [str(key) for key in st.session_state]:
        if name.startswith(prefix) and name.endswith("#version"):
            del st.session_state[name]


def tell(message: str) -> None:
    """Say something once the page is drawn again."""
    st.session_state[_TOLD] = message


def say_told() -> None:
    """Say what was left to be said."""
    if message := st.session_state.pop(_TOLD, None):
        st.toast(message, icon=":material/check_circle:")


# ── beginning ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _complete(form: Form) -> Form:
    """Add what every form takes, and ask nothing twice."""
    asked = {each.name for each in form.fields}
    fields = (*form.fields, *(each for each in form.also if each.name not in asked))
    return replace(form, fields=tuple({each.name: each for each in fields}.values()))


def _begin(form: Form, actor: Actor) -> None:
    """Put under the keys what the form starts from, unless somebody is already at it."""
    state, about = st.session_state, f"{actor.user_id}/{form.about}"
    fresh = state.get(f"{form.key}#about") != about
    if fresh:
        reset(form.key)
        state[f"{form.key}#about"] = about
        state[f"{form.key}#token"] = secrets.token_urlsafe(24)
        state[f"{form.key}#round"] = state.get(f"{form.key}#round", 0) + 1
    if form.version is not None:
        state.setdefault(f"{form.key}#version", form.version)
    for each in form.fields:
        key = f"{form.key}.{each.name}"
        if fresh or key not in state:
            state[key] = inputs.typed_of(each, form.initial.get(each.name, each.default))


def _show_missing(form: Form) -> None:
    for sentence in form.missing:
        st.warning(plain(sentence), icon=":material/lock:")
    for each in form.buttons:
        st.button(each.label, key=f"{form.key}.{each.name}.locked", disabled=True, type="primary", icon=each.icon)


# ── fields ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _problems(form: Form) -> dict[str, str]:
    found: dict[str, str] = st.session_state.get(f"{form.key}#problems", {})
    return found


def _one(form: Form, each: Field) -> None:
    inputs.draw(each, f"{form.key}.{each.name}", form.options.get(each.name))
    if wrong := _problems(form).get(each.name):
        _say_wrong(wrong)


def _say_wrong(wrong: str) -> None:
    st.markdown(f":red[:small[:material/error: {plain(wrong)}]]")


def _searched(form: Form, actor: Actor) -> None:
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


def _fields(form: Form) -> None:
    """Draw the fields in the order they are asked; beyond `SHOWN` what may stay empty is folded away."""
    asked = [each for each in form.fields if not inputs.is_searched(each)]
    if form.headings:
        _parts(form, asked)
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
        _("照片、附件"), type=list(uploads.EXTENSIONS), accept_multiple_files=True, key=_files_key(form),
        max_upload_size=uploads.MOST_BYTES // 1024 // 1024,
    )  # fmt: skip
    if wrong := _problems(form).get("files"):
        _say_wrong(wrong)


def _files_key(form: Form) -> str:
    # The browser keeps the files chosen as long as the key stays: a new form must not inherit another's.
    return f"{form.key}.files.{st.session_state[f'{form.key}#round']}"


def _buttons(form: Form) -> str | None:
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


# ── sending ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _send(form: Form, actor: Actor, button: Button) -> Sent:
    """Save what was filled in; a refusal is kept with the form, which is drawn again with all that was typed."""
    try:
        filled = _filled(form)
        if form.confirm and not st.session_state.get(f"{form.key}#sure"):
            _ask_once(form)
        with writing(actor) as session:
            result = button.save(session, filled)
    except Refused as refused:
        _refuse(form, refused)
        st.rerun()
    reset(form.key)
    return Sent(button.name, result)


def _ask_once(form: Form) -> None:
    for name in ("message", "problems"):
        st.session_state.pop(f"{form.key}#{name}", None)
    st.session_state[f"{form.key}#sure"] = True
    st.rerun()


def _refuse(form: Form, refused: Refused) -> None:
    st.session_state.pop(f"{form.key}#sure", None)
    if isinstance(refused, Conflict):  # drawn again on the record as it is now, which the message asks to be read
        st.session_state.pop(f"{form.key}#version", None)
    known = {each.name for each in form.fields} | {"files"}
    # What is wrong with something that this form does not show is said above.
    others = [
        text
        for name, text in refused.problems.items()
        if name not in known | {AT.name} and text != refused.message  # about the time, the sentence says it all
    ]
    st.session_state[f"{form.key}#message"] = " ".join([refused.message, *dict.fromkeys(others)])
    st.session_state[f"{form.key}#problems"] = {
        name: text for name, text in refused.problems.items() if name in known and text != refused.message
    }


def _filled(form: Form) -> Filled:
    """Read the widgets; raises `Refused` for what cannot be read. Files are checked here, before any write begins."""
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for each in form.fields:
        values[each.name], wrong = inputs.value_of(each, st.session_state.get(f"{form.key}.{each.name}"))
        if wrong:
            problems[each.name] = wrong
    if problems:
        raise Refused(_("请检查标出的 {n} 处。", n=len(problems)), problems)
    at, state = values.pop(AT.name, None), st.session_state
    return Filled(
        values, at, str(values.get(NOTE.name) or ""), state[f"{form.key}#token"],
        state.get(f"{form.key}#version"), _checked_files(form),
    )  # fmt: skip


def _checked_files(form: Form) -> tuple[Checked, ...]:
    if not form.files:
        return ()
    try:
        chosen = st.session_state.get(_files_key(form)) or []
        return tuple(uploads.checked(each.getvalue(), each.name) for each in chosen)
    except Refused as refused:
        raise Refused(_("有附件不能上传。"), {"files": refused.message}) from refused
