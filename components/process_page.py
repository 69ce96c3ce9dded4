"""The page of a process: its list, one matter, a new one; what a process gets unless its page says otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from sqlalchemy.orm import Session

from components import actions, attachments, detail, form, history, inputs, table
from components.actions import First
from components.form import Button, Filled, Form
from components.papers import panel
from components.signin import current_actor
from components.words import _
from db import documents
from db.documents import Owner
from db.fields import Field
from db.options import options_for
from db.people import Actor
from db.process import Process, open_case
from db.records import Record, open_matters, record_of
from db.refused import Refused
from db.session import reading

CASE, NEW = "case", "new"
"""In the address: the number of the matter shown; whether a new one is being written."""

Opening = Callable[[Process, Actor], "form.Sent | None"]
Beside = Callable[[Record, Actor], None]


def show(
    process: Process,
    *,
    first: First = (),
    opening: Opening | None = None,
    beside: Beside | None = None,
    under: Beside | None = None,
    elsewhere: frozenset[str] = frozenset(),
) -> None:
    """Draw the page: the list, or the matter named in the address, or the form of a new one.

    `first` puts actions and own panels in the row of next steps; `opening` draws another form for a new matter;
    `beside` draws something more at the side of a matter, `under` below its steps: a checklist, an inspection.
    `elsewhere` names the actions that those panels do themselves, and that are therefore not offered among the steps.
    """
    actor = current_actor()
    form.say_told()
    if number := st.query_params.get(CASE):
        _one(process, actor, number, _Pieces(first, beside, under, elsewhere))
    elif NEW in st.query_params and actor.roles & process.openers:
        _new(process, actor, opening or opening_form)
    else:
        _list(process, actor)


def go_to(number: str = "", *, new: bool = False) -> None:
    """Leave for a matter, for the form of a new one, or back to the list, whose filters stay in the address."""
    for name, value in ((CASE, number), (NEW, "1" if new else "")):
        if value:
            st.query_params[name] = value
        elif name in st.query_params:
            del st.query_params[name]
    st.rerun()


# ── the list ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _list(process: Process, actor: Actor) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(str(process.title), anchor=False, width="stretch")
        if actor.roles & process.openers and st.button(
            _("新建"), key=f"{process.key}.new", type="primary", icon=":material/add:", shortcut="Alt+N"
        ):
            go_to(new=True)
    if number := table.show(process, actor):
        go_to(number)


def _back(process: Process) -> None:
    if st.button(
        str(process.title), key=f"{process.key}.back", type="tertiary", icon=":material/arrow_back:", shortcut="Alt+B",
        help=_("返回列表"),
    ):  # fmt: skip
        go_to()


# ── one matter ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Pieces:
    """What a page adds to a matter."""

    first: First
    beside: Beside | None
    under: Beside | None
    elsewhere: frozenset[str]


def _one(process: Process, actor: Actor, number: str, own: _Pieces) -> None:
    _back(process)
    with reading(actor) as session:
        record = record_of(session, number)
    if record.process.key != process.key:
        raise Refused(_("{number} 不是{title}单，请从{other}打开。", number=record.number, title=process.title,
                        other=record.process.title))  # fmt: skip
    detail.head(record, actor)
    left, right = st.columns([1.7, 1], gap="medium")
    with left:
        actions.show(record, actor, own.first, actions.ELSEWHERE | own.elsewhere)
        if own.under:
            own.under(record, actor)
        history.show(record.events)
    with right:
        if own.beside:
            own.beside(record, actor)
        if not record.hidden:
            panel.show(process.key, record.id, actor, number=record.number)
        detail.facts(record)
        detail.related(record)
        owner = Owner(case_id=record.id)
        attachments.show(owner, record.documents, actor, process.key, may_add=not record.hidden)


# ── a new one ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _new(process: Process, actor: Actor, opening: Opening) -> None:
    _back(process)
    st.subheader(_("新建{title}", title=process.title), anchor=False)
    written, beside = st.columns([2.2, 1], gap="medium")
    with written, st.container(border=True):
        sent = opening(process, actor)
    with beside:
        _already_open(process, actor)
    if sent is None:
        return
    if sent.cancelled:
        go_to()
    form.tell(_("{number} 已登记", number=sent.result))
    go_to(sent.result)


def opening_form(
    process: Process, actor: Actor, buttons: tuple[Button, ...] = (), fields: tuple[Field, ...] = (), *,
    files: bool = True,
) -> form.Sent | None:  # fmt: skip
    """Draw the opening form as the process declares it, or with other buttons or fields."""

    def save(session: Session, filled: Filled) -> str:
        case = open_case(session, process.key, filled.values, at=filled.at, note=filled.note, token=filled.token)
        documents.add_all(session, filled.files, Owner(case_id=case.id))
        return actions.number_of(case)

    buttons = buttons or (Button("save", _("登记"), save),)
    several = len(actor.estates) > 1
    fields = tuple(each for each in fields or process.form() if several or each.name != "estate_id")
    with reading(actor) as session:
        options = options_for(session, process, "", fields)
    return form.show(
        Form(
            key=f"{process.key}.open",
            fields=fields,
            buttons=buttons,
            options=options,
            files=files,
            cancel=True,
            focus=True,
        ),
        actor,
    )


def _already_open(process: Process, actor: Actor) -> None:
    """Show what is still open at the unit or for the customer just found: so that nothing is taken in twice."""
    chosen = {
        each.name: st.session_state.get(f"{process.key}.open.{each.name}")
        for each in process.form()
        if inputs.is_searched(each)
    }
    with reading(actor) as session:
        matters = open_matters(session, unit_id=chosen.get("unit_id"), customer_id=chosen.get("customer_id"))
    if matters:
        st.subheader(_("未办结的事项"), anchor=False)
        for each in matters:
            detail.line(each)
            if each.process.key == process.key:
                st.caption(_("同一件事请打开原单催办，不必再登记。"))
    elif any(chosen.values()):
        st.caption(_("这里没有未办结的事项。"))
