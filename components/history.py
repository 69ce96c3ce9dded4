"""What happened to a matter, newest first: who, what, when; typed later; what it changed."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components.plain import plain
from components.words import _
from db.histories import Change, Told, said_moment

AT_ONCE = 12
"""So many steps stand open; a longer story is unfolded."""
SHORT = 24


def show(events: Sequence[Told]) -> None:
    """Draw the history."""
    st.subheader(_("经过"), anchor=False)
    for event in events[:AT_ONCE]:
        _one(event)
    if later := events[AT_ONCE:]:
        with st.expander(_("更早的 {n} 步", n=len(later))):
            for event in later:
                _one(event)


def _one(event: Told) -> None:
    head = f"**{plain(event.what)}**"
    if event.to_state:
        head += f" :gray[{plain(event.from_state)} →] {plain(event.to_state)}"
    if event.late_entry:
        head += " :orange-badge[" + _("补录") + "]"
    lines = [head, f":gray[:small[{plain(said_moment(event.at))}  {plain(event.who)}{_typed_later(event)}]]"]
    lines += _changes(event.changes)
    if event.note:
        lines.append(plain(event.note))
    if event.cause and event.cause_process is not None:
        lines.append(f":gray[:small[{_('因 {number} 而办', number=event.cause)}]]")
    with st.container(border=False):
        st.markdown("  \n".join(lines))


def _typed_later(event: Told) -> str:
    if not event.late_entry:
        return ""
    return plain(_("，录入于 {when}", when=said_moment(event.recorded_at)))


def _changes(changes: Sequence[Change]) -> list[str]:
    """Put short changes together in a line; a long one has its own."""
    short = [each for each in changes if len(each.before) + len(each.after) <= SHORT]
    line = " :gray[·] ".join(_said(each) for each in short)
    return ([line] if line else []) + [_said(each) for each in changes if each not in short]


def _said(change: Change) -> str:
    after = plain(change.after) if change.after else ":gray[" + _("(清空)") + "]"
    before = f":gray[{plain(change.before)} →] " if change.before else ""
    return f":gray[{plain(change.label)}] {before}{after}"
