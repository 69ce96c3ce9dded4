"""One matter to look at: number and state, who and where, what, how it was handled, its time limits, its relatives."""

from __future__ import annotations

import streamlit as st

from components.plain import one_line, plain
from components.words import _
from db import privacy
from db.cases import case_by_id
from db.people import Actor
from db.privacy import Ground
from db.records import Clock, Fact, Group, Record, Related
from db.session import reading, writing

_LOUD = frozenset({"red", "orange"})
_WIDE_BLANK, _HALF_BLANK = "\u3000", "\u2002"


def head(record: Record, actor: Actor) -> None:
    """Draw what everybody wants to know first."""
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"#### {plain(record.number)}", width="content", anchors=False)
            st.badge(str(record.state.label), color=record.state.colour)  # type: ignore[arg-type]
            for fact in _loud(record):
                st.badge(fact.text, color=fact.choice.colour, icon=":material/priority_high:")  # type: ignore[arg-type,union-attr]
            for clock in record.clocks:
                _clock(clock)
            if record.urges:
                st.badge(_("已催 {n} 次", n=record.urges), color="orange", icon=":material/notifications_active:")
        st.markdown(plain(record.words) if record.words else ":gray[" + _("(没有写内容)") + "]")
        _who(record, actor)


def _loud(record: Record) -> list[Fact]:
    """Pick what must not be overlooked while the matter is open: grave, urgent."""
    facts = [fact for group in record.groups for fact in group.facts]
    return [fact for fact in facts if record.is_open and fact.choice is not None and fact.choice.colour in _LOUD]


def _clock(clock: Clock) -> None:
    label = f"{clock.label} {clock.text}"
    st.badge(label, color=clock.colour, icon=":material/schedule:", help=_("时限 {due}", due=clock.due))  # type: ignore[arg-type]


def _who(record: Record, actor: Actor) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        people = list(dict.fromkeys(filter(None, (record.customer, record.contact))))
        for icon, text in ((":material/location_on:", record.where), (":material/person:", " / ".join(people))):
            if text:
                st.markdown(f"{icon} {plain(text)}", width="content")
        if record.hidden:
            st.caption(_("客户信息对您不显示"))
        else:
            _phone(record, actor)


# ── the telephone ────────────────────────────────────────────────────────────────────────────────────────────────────


def _phone(record: Record, actor: Actor) -> None:
    """Show the telephone as this person may see it; the look is logged before it is shown (R4)."""
    phone = record.phone
    if phone.look_owed:
        with writing(actor) as session:
            privacy.look_at_case(session, record.id)
        with reading(actor) as session:
            phone = privacy.case_phone(session, case_by_id(session, record.id))
    key = f"{record.process.key}.phone"
    revealed = st.session_state.get(key, {}).get(record.number)
    if not (revealed or phone.shown):
        return
    number = revealed or phone.shown
    # In full it is a link, which a mobile telephone dials.
    text = plain(number) if "*" in number else f"[{plain(number)}](tel:{number})"
    st.markdown(f":material/call: {text}", width="content")
    if phone.may_reveal and not revealed:
        ground = st.menu_button(
            _("看号码"), list(Ground), format_func=lambda each: str(each.label), key=f"{key}.ground", type="tertiary",
            help=_("选择用途后显示，并记入操作日志"),
        )  # fmt: skip
        if ground:
            with writing(actor) as session:
                st.session_state[key] = {record.number: privacy.reveal_case_phone(session, record.id, ground)}
            st.rerun()


# ── facts ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def facts(record: Record) -> None:
    """Draw the facts in their groups."""
    for group in record.groups:
        _group(group, group.title)


def handling(record: Record) -> None:
    """Draw what was done about a matter, as seen from another that follows it."""
    for group in record.groups:
        if any(fact.name == "handled_by" for fact in group.facts):
            _group(group, _("{number} 的办理", number=record.number))


def _group(group: Group, title: str) -> None:
    st.markdown("  \n".join([f"**{plain(title)}**", *(_line(fact, group) for fact in group.facts)]))


def _line(fact: Fact, group: Group) -> str:
    widest = max(_width(each.label) for each in group.facts)
    return f":gray[{plain(fact.label)}]{_blanks(widest - _width(fact.label))}{_WIDE_BLANK}{plain(fact.text)}"


def _width(label: str) -> int:
    """Measure a label in half characters: a Chinese one is two wide."""
    return sum(1 if letter.isascii() else 2 for letter in label)


def _blanks(width: int) -> str:
    return _WIDE_BLANK * (width // 2) + _HALF_BLANK * (width % 2)


def related(record: Record, title: str = "") -> None:
    """Draw the matters linked to this one."""
    if record.related:
        st.subheader(title or _("相关事项"), anchor=False)
        for each in record.related:
            line(each)


def line(other: Related) -> None:
    """Draw another matter as a line that leads to it."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if other.relation:
            st.caption(other.relation, width="content")
        process = other.process
        st.page_link(
            f"pages/{process.section}/{process.key}.py", label=other.number, query_params={"case": other.number}
        )
        st.badge(str(other.state.label), color=other.state.colour)  # type: ignore[arg-type]
        st.caption(one_line(other.words, 30), width="stretch")
