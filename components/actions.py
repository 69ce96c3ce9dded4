"""What may be done next with a matter: the steps it waits for in a row, all others under one button."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from components import form
from components.form import Button, Filled, Form
from components.words import _
from db.checklists import TICK
from db.dossiers.inspections import INSPECT
from db.options import options_for
from db.people import Actor
from db.process import perform
from db.records import Offer, Record
from db.session import reading
from db.words import Words


@dataclass(frozen=True)
class Panel:
    """A step that a page draws itself, among the process's own: `draw` shows its form and returns how it was sent."""

    name: str
    label: Words
    draw: Callable[[Record, Actor], form.Sent | None]
    fits: Callable[[Record, Actor], bool]
    """Whether it can be done from here, by this person."""
    replaces: frozenset[str] = frozenset()
    """Actions that it enters, and that are therefore not offered beside it."""


ELSEWHERE = frozenset({TICK, INSPECT})
"""Steps that a panel of their own draws: a checklist is ticked on the list itself, a unit inspected point by point."""

First = Sequence["str | Panel"]
"""What stands in the row, in its order: names of actions, and panels. Without any: the main actions."""


def show(record: Record, actor: Actor, first: First = (), elsewhere: frozenset[str] = ELSEWHERE) -> None:
    """Draw the steps that the actor may do from here, and the form of the one chosen; not those drawn `elsewhere`."""
    panels = {each.name: each for each in first if isinstance(each, Panel) and each.fits(record, actor)}
    replaced = elsewhere.union(*(each.replaces for each in panels.values()))
    offers = {each.name: each for each in record.offers if each.name not in replaced}
    names = _row(record, first, panels, offers)
    if not names and not offers:
        _nothing(record)
        return
    chosen = _choose(record, names, panels, offers)
    if chosen is None:
        return
    with st.container(border=True):
        sent = panels[chosen].draw(record, actor) if chosen in panels else _perform(record, actor, offers[chosen])
    if sent is not None:
        _sent(record, sent)


def _row(record: Record, first: First, panels: dict[str, Panel], offers: dict[str, Offer]) -> list[str]:
    """Name the steps of the row: those the page wants first, and the ones that the state waits for."""
    wished = [each.name if isinstance(each, Panel) else each for each in first]
    main = [name for name, offer in offers.items() if offer.main]
    known = {**panels, **offers}
    names = [name for name in dict.fromkeys([*wished, *main]) if name in known]
    return names or [each.name for each in record.offers if each.name in offers][:1]


def _nothing(record: Record) -> None:
    if record.hidden:
        st.info(_("本单涉及您本人，由他人经办。"), icon=":material/visibility_off:")
    elif record.is_open and record.offers:
        st.caption(_("您要办的事项在下面各栏里。"))
    elif record.is_open:
        st.caption(_("目前没有需要您办理的步骤。"))


def _keys(record: Record) -> tuple[str, str]:
    key = f"{record.process.key}.step"
    return key, f"{key}#of"


def _choose(record: Record, names: list[str], panels: dict[str, Panel], offers: dict[str, Offer]) -> str | None:
    """Draw the row and the menu; returns the step that is open."""
    state, (key, of) = st.session_state, _keys(record)
    rest = [name for name in offers if name not in names]
    if state.get(of) != record.number:  # just opened: what it waits for lies ready
        state[of] = record.number
        ready = names[0] if names[0] in panels or not offers[names[0]].missing else None
        state[key] = state[f"{key}#ready"] = ready
    elif picked := state.pop(f"{key}#picked", None):
        state[key] = picked if picked in offers else None
    if state.get(key) not in {*names, *rest}:
        state[key] = None
    shown = names + [name for name in rest if name == state[key]]
    labels = {name: offer.label for name, offer in offers.items()}
    labels |= {name: str(panel.label) for name, panel in panels.items()}
    with st.container(horizontal=True, vertical_alignment="center"):
        chosen = st.segmented_control(
            _("下一步"), shown, format_func=labels.__getitem__, key=key, label_visibility="collapsed"
        )
        others = [name for name in rest if name not in shown]
        if others and (
            picked := st.menu_button(
                _("更多"), others, format_func=labels.__getitem__, key=f"{key}.more", icon=":material/more_horiz:"
            )
        ):
            state[f"{key}#picked"] = picked
            st.rerun()
    return chosen


def _perform(record: Record, actor: Actor, offer: Offer) -> form.Sent | None:
    process = record.process
    fields = process.form(offer.name)
    with reading(actor) as session:
        options = options_for(session, process, offer.name, fields, [record.estate_id])

    def save(session: Session, filled: Filled) -> str:
        return number_of(
            perform(
                session, record.id, offer.name, filled.values, version=filled.version, at=filled.at,
                note=filled.note, token=filled.token,
            )
        )  # fmt: skip

    return form.show(
        Form(
            key=f"{process.key}.{offer.name}", fields=fields, buttons=(Button("save", offer.label, save),),
            about=record.number, version=record.version, initial=record.values, options=options,
            missing=offer.missing, confirm=offer.confirm, focus=was_chosen(record, offer.name),
        ),
        actor,
    )  # fmt: skip


def was_chosen(record: Record, name: str) -> bool:
    """Say whether a step was opened by hand, rather than lying ready: then its form may take the cursor."""
    return bool(st.session_state.get(f"{_keys(record)[0]}#ready") != name)


def number_of(case: Any) -> str:
    """Take from a case what a page may remember of it."""
    return str(case.number)


def _sent(record: Record, sent: form.Sent) -> None:
    """Close the form, so that a second press of the mouse meets nothing, and show the matter as it is now."""
    key, of = _keys(record)
    st.session_state[of] = record.number
    st.session_state[f"{key}#picked"] = "-"
    if not sent.cancelled:
        form.see_newest(f"{record.process.key}.")
        if not form.has_told():  # a panel may have said more
            form.tell(_("{number} 已保存", number=record.number))
    st.rerun()
