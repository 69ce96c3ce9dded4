"""One form for everything that is opened or done: what was typed stays until it is saved, and is saved once.

The fields stand in an `st.form`, so that typing costs no rerun and Enter never sends half of it; what is searched
(units, customers) stands above it. Everything a form remembers lies in the session state under plain values, which
outlive a session that ended while somebody typed (`components/drafts.py`).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from components import form_layout, inputs
from components.form_layout import AT
from components.live import is_in_popover
from components.plain import plain
from components.words import _
from db import uploads
from db.fields import NOTE, Field
from db.options import Options
from db.people import Actor
from db.refused import Conflict, Refused
from db.session import writing
from db.uploads import Checked

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
        form_layout.draw_searched(form, actor)
        with st.form(f"{form.key}#form", enter_to_submit=False, border=False):
            form_layout.draw_fields(form)
            pressed = form_layout.draw_buttons(form)
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


def hand(key: str, values: Mapping[str, Any]) -> None:
    """Let the form of that key begin anew from these values, when it is next drawn: on the page one is sent to."""
    reset(key)
    st.session_state[f"{key}#handed"] = dict(values)


def see_newest(prefix: str) -> None:
    """Let the forms begun under `prefix` go on from the record as it is now, after one's own step changed it."""
    for name in [str(key) for key in st.session_state]:
        if name.startswith(prefix) and name.endswith("#version"):
            del st.session_state[name]


def tell(message: str) -> None:
    """Say something once the page is drawn again."""
    st.session_state[_TOLD] = message


def has_told() -> bool:
    """Say whether something is left to be said."""
    return _TOLD in st.session_state


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
    handed = state.pop(f"{form.key}#handed", {}) if fresh else {}
    if handed.get("unit_id") and handed.get("customer_id"):  # told both: nobody is proposed in his place
        state[f"{form.key}#unit"] = handed["unit_id"]
    initial, unseen = {**form.initial, **handed}, is_in_popover()
    told: dict[str, Any] = state.setdefault(f"{form.key}#told", {})
    for each in form.fields:
        key = f"{form.key}.{each.name}"
        start = inputs.typed_of(each, initial.get(each.name, each.default))
        # A popover not yet opened forgets what it was told in an earlier run: it is told again until somebody types.
        if fresh or key not in state or (unseen and each.name in told and state[key] == told[each.name]):
            state[key] = told[each.name] = start


def _show_missing(form: Form) -> None:
    for sentence in form.missing:
        st.warning(plain(sentence), icon=":material/lock:")
    for each in form.buttons:
        st.button(each.label, key=f"{form.key}.{each.name}.locked", disabled=True, type="primary", icon=each.icon)


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
        chosen = st.session_state.get(form_layout.files_key(form)) or []
        return tuple(uploads.checked(each.getvalue(), each.name) for each in chosen)
    except Refused as refused:
        raise Refused(_("有附件不能上传。"), {"files": refused.message}) from refused
