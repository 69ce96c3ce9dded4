"""What a list is asked for: in the address, and in the boxes above the list.

The address leads: a link from home or a step back in the browser fills the boxes; a change in a box writes the
address. So every list can be sent to somebody, and a matter opened from it leads back to the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import date
from functools import partial
from typing import Any

import streamlit as st

from components import shell
from components.words import _
from db.fields import Field
from db.lists import EVERYTHING, SORTS, Wanted, filter_fields, moment_fields
from db.options import Options
from db.people import Actor
from db.process import Process

Params = dict[str, list[str]]

STATE, TYPED, LATE, BUILDING, WHO, SORT = "state", "q", "late", "building", "who", "sort"
AFTER, BEFORE, FROM_ROW = "after", "before", "row"
"""Where in the list the page begins: a cursor, and which row of all that is."""
_SPANS = {"from": "opened_from", "to": "opened_to"} | {
    name: name for name in ("handled_from", "handled_to", "closed_from", "closed_to")
}
_ENDS = ("from", "to")
_WISHES = ("handled", "visited")
_PUBLIC = 0
_IN_SIGHT = frozenset({"typed", "state", "late", "sort"})
"""Boxes that are always drawn; the others only while they are unfolded."""
_MOST_TYPED = 100


def params_of(wanted: Wanted) -> Params:
    """Write a question into an address; what is not asked is left out."""
    params: Params = {STATE: [EVERYTHING] if wanted.standing == EVERYTHING else list(wanted.states)}
    if wanted.standing not in {EVERYTHING, Wanted.standing}:
        params[STATE] = [wanted.standing]
    params[TYPED] = [wanted.typed] if wanted.typed else []
    for name, attribute in _SPANS.items():
        day = getattr(wanted, attribute)
        params[name] = [day.isoformat()] if day else []
    for name in _WISHES:
        wish = getattr(wanted, name)
        params[name] = [] if wish is None else ["1" if wish else "0"]
    for name, flag in ((LATE, wanted.late), ("counting", wanted.counting)):
        params[name] = ["1"] if flag else []
    params[BUILDING] = [] if wanted.building_id is None else [str(wanted.building_id)]
    params[WHO] = [] if wanted.assigned_to is None else [str(wanted.assigned_to)]
    sort = f"{'-' if wanted.descending else ''}{wanted.sort}"
    params[SORT] = [] if sort == f"-{Wanted.sort}" else [sort]
    params |= {name: list(values) for name, values in wanted.choices.items()}
    for name, days in wanted.moments.items():
        params |= {f"{name}.{end}": [day.isoformat()] for end, day in zip(_ENDS, days, strict=True) if day}
    return {name: values for name, values in params.items() if values}


def wanted_of(process: Process, params: Mapping[str, list[str]]) -> Wanted:
    """Read a question from an address; what makes no sense there is passed over."""
    states = tuple(each for each in params.get(STATE, []) if each in {state.value for state in process.states})
    everything = EVERYTHING in params.get(STATE, [])
    sort = _first(params, SORT)
    known = sort.removeprefix("-") in SORTS
    return Wanted(
        standing=EVERYTHING if everything else Wanted.standing,
        states=() if everything else states,
        choices={each.name: values for each in filter_fields(process) if (values := _values(each, params))},
        moments=_moments(process, params),
        building_id=_number(params, BUILDING),
        assigned_to=_number(params, WHO),
        late=_first(params, LATE) == "1",
        counting=_first(params, "counting") == "1",
        typed=_first(params, TYPED)[:_MOST_TYPED],
        sort=sort.removeprefix("-") if known else Wanted.sort,
        descending=sort.startswith("-") if known else Wanted.descending,
        **{attribute: _day(params, name) for name, attribute in _SPANS.items()},
        **{name: _wish(params, name) for name in _WISHES},
    )


def _first(params: Mapping[str, list[str]], name: str) -> str:
    return next(iter(params.get(name, [])), "")


def _number(params: Mapping[str, list[str]], name: str) -> int | None:
    text = _first(params, name)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _day(params: Mapping[str, list[str]], name: str) -> Any:
    try:
        return date.fromisoformat(_first(params, name))
    except ValueError:
        return None


def _moments(process: Process, params: Mapping[str, list[str]]) -> dict[str, tuple[date | None, date | None]]:
    found = {name: (_day(params, f"{name}.from"), _day(params, f"{name}.to")) for name in moment_fields(process)}
    return {name: days for name, days in found.items() if any(days)}


def _wish(params: Mapping[str, list[str]], name: str) -> Any:
    return {"1": True, "0": False}.get(_first(params, name))


def _values(field: Field, params: Mapping[str, list[str]]) -> tuple[str, ...]:
    known = {each.value for each in field.choices} if field.choices else {"1", "0"}
    return tuple(each for each in params.get(field.name, []) if each in known)


# ── the boxes ────────────────────────────────────────────────────────────────────────────────────────────────────────


def in_address() -> Params:
    """Return what the address says now."""
    return {name: st.query_params.get_all(name) for name in st.query_params}


def begin(process: Process) -> Wanted:
    """Fill the boxes from the address where it changed behind their back; returns what the address asks."""
    address, state, prefix = in_address(), st.session_state, f"{process.key}.list"
    wanted = wanted_of(process, address)
    seen = {name: values for name, values in address.items() if name not in {AFTER, BEFORE, FROM_ROW}}
    # The boxes themselves may come back with what stood in them long ago; this one is gone when the list was.
    newly_drawn = f"{prefix}.more" not in state
    if state.get(f"{prefix}#address") != seen or newly_drawn:
        state[f"{prefix}#address"] = seen
        for name, value in _boxes(process, wanted).items():
            state[f"{prefix}.{name}"] = value
    return wanted


def _boxes(process: Process, wanted: Wanted) -> dict[str, Any]:
    """Say what stands in each box when `wanted` is asked."""
    boxes: dict[str, Any] = {
        "typed": wanted.typed,
        "state": [EVERYTHING] if wanted.standing == EVERYTHING else list(wanted.states),
        "late": wanted.late,
        "building": wanted.building_id,
        "who": wanted.assigned_to,
        "from": wanted.opened_from,
        "to": wanted.opened_to,
        "sort": f"{'-' if wanted.descending else ''}{wanted.sort}",
    }
    for field in filter_fields(process):
        values = wanted.choices.get(field.name, ())
        boxes[f"choice.{field.name}"] = list(values) if field.choices else next(iter(values), None)
    return boxes


def read(process: Process, wanted: Wanted) -> Wanted:
    """Read the boxes; what has no box now (days handled, what is folded away) stays as the address asked it."""
    boxes, state, prefix = _boxes(process, wanted), st.session_state, f"{process.key}.list"
    unfolded = state.get(f"{prefix}#unfolded") and state.get(f"{prefix}.more")
    for name in boxes if unfolded else _IN_SIGHT:
        boxes[name] = state.get(f"{prefix}.{name}", boxes[name])
    states = boxes["state"]
    # Whoever picks a state after "all" means the state; who picks "all" after states means all.
    everything = EVERYTHING in states and (wanted.standing != EVERYTHING or states == [EVERYTHING])
    choices = {}
    for field in filter_fields(process):
        if value := boxes[f"choice.{field.name}"]:
            choices[field.name] = tuple(value) if field.choices else (value,)
    return replace(
        wanted,
        standing=EVERYTHING if everything else Wanted.standing,
        states=() if everything else tuple(each for each in states if each != EVERYTHING),
        typed=str(boxes["typed"]).strip()[:_MOST_TYPED],
        late=bool(boxes["late"]),
        building_id=boxes["building"],
        assigned_to=boxes["who"],
        opened_from=boxes["from"],
        opened_to=boxes["to"],
        choices=choices,
        sort=boxes["sort"].removeprefix("-"),
        descending=boxes["sort"].startswith("-"),
    )


def write(process: Process, wanted: Wanted, **place: str) -> None:
    """Put a question, and where in its rows the page begins, into the address."""
    params: dict[str, Any] = dict(params_of(wanted))
    st.session_state[f"{process.key}.list#address"] = params
    st.query_params.from_dict(params | {name: value for name, value in place.items() if value})


_OF_CONDITION = {
    "opened": ("opened_from", "opened_to"),
    "handled": ("handled_from", "handled_to"),
    "closed": ("closed_from", "closed_to"),
    "is_handled": ("handled",),
    "is_visited": ("visited",),
}
"""Which parts of the question a condition in words stands for, where it is not called the same."""


def lift(process: Process, condition: str) -> None:
    """Take one condition (as `db.list_words.described` names it) out of the address and its boxes."""
    wanted = wanted_of(process, in_address())
    choices = {name: values for name, values in wanted.choices.items() if name != condition}
    moments = {name: days for name, days in wanted.moments.items() if name != condition}
    known = {each.name for each in fields(Wanted)}
    parts = [name for name in _OF_CONDITION.get(condition, (condition,)) if name in known]
    ask(process, replace(wanted, choices=choices, moments=moments, **{name: getattr(Wanted(), name) for name in parts}))


def ask(process: Process, wanted: Wanted) -> None:
    """Put another question into the address; the boxes follow at the next run."""
    write(process, wanted)
    st.session_state.pop(f"{process.key}.list#address", None)


def scoped(wanted: Wanted, actor: Actor) -> Wanted:
    """Keep to the estate chosen in the menu."""
    chosen = shell.estate_ids(actor)
    return wanted if chosen == actor.estates else replace(wanted, estate_ids=tuple(sorted(chosen)))


def draw(process: Process, wanted: Wanted, offered: Callable[[], tuple[Options, Options]]) -> None:
    """Draw the boxes in one row that wraps on a narrow screen; all but the commonest stand behind one button.

    `offered` is asked for the buildings and people to choose from once that is opened: most often it never is.
    """
    prefix = f"{process.key}.list"
    labels = {EVERYTHING: _("全部")} | {each.value: str(each.label) for each in process.states}
    st.text_input(
        _("查找"), key=f"{prefix}.typed", type="search", icon=":material/search:", label_visibility="collapsed",
        placeholder=_("内容、单号、房号、姓名、电话、车牌"), width=290,
    )  # fmt: skip
    st.multiselect(
        _("状态"), list(labels), format_func=labels.__getitem__, key=f"{prefix}.state", placeholder=_("未办结"),
        label_visibility="collapsed", select_all=False, width=230,
    )  # fmt: skip
    st.toggle(_("仅超时"), key=f"{prefix}.late")
    # Its label never changes: another label is another popover to the browser, and a closed one.
    more = st.popover(_("筛选"), icon=":material/tune:", key=f"{prefix}.more", on_change="rerun")
    if more.open:
        if not st.session_state.get(f"{prefix}#unfolded"):  # what its boxes held before is long past
            boxes = _boxes(process, wanted)
            st.session_state.update({f"{prefix}.{name}": boxes[name] for name in boxes.keys() - _IN_SIGHT})
        with more:
            _more(process, prefix, *offered())
    st.session_state[f"{prefix}#unfolded"] = bool(more.open)
    sorts = {
        f"{sign}{name}": f"{label} {arrow}" for name, label in SORTS.items() for sign, arrow in (("-", "↓"), ("", "↑"))
    }
    st.selectbox(
        _("排序"), list(sorts), format_func=sorts.__getitem__, key=f"{prefix}.sort", label_visibility="collapsed",
        width=140,
    )  # fmt: skip


def _more(process: Process, prefix: str, buildings: Options, people: Options) -> None:
    def begins() -> None:
        st.date_input(_("登记日期从"), value=None, key=f"{prefix}.from", format="YYYY-MM-DD")

    def ends() -> None:
        st.date_input(_("登记日期到"), value=None, key=f"{prefix}.to", format="YYYY-MM-DD")

    def building() -> None:
        _one_of(_("楼栋"), {**buildings, _PUBLIC: _("公共区域")}, f"{prefix}.building")

    def person() -> None:
        _one_of(_("经办人"), people, f"{prefix}.who")

    choices: list[Callable[[], None]] = [partial(_choice, prefix, each) for each in filter_fields(process)]
    boxes = [begins, ends, building, person, *choices]
    for pair in (boxes[place : place + 2] for place in range(0, len(boxes), 2)):
        for column, box in zip(st.columns(2), pair, strict=False):
            with column:
                box()


def _choice(prefix: str, field: Field) -> None:
    key = f"{prefix}.choice.{field.name}"
    if field.choices is None:
        _one_of(str(field.label), {"1": _("是"), "0": _("否")}, key)
        return
    words = {each.value: str(each.label) for each in field.choices}
    st.multiselect(
        str(field.label), list(words), format_func=words.__getitem__, key=key, placeholder=_("不限"), select_all=False
    )


def _one_of(label: str, words: Mapping[Any, str], key: str) -> None:
    if st.session_state.get(key) not in words:
        st.session_state[key] = None
    st.selectbox(
        label, list(words), index=None, format_func=words.__getitem__, key=key, placeholder=_("不限"),
        filter_mode="contains",
    )  # fmt: skip


# ── links ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def link(process: str, wanted: Wanted) -> tuple[str, Params]:
    """Return the page of a process's list and the address that asks `wanted` of it."""
    return shell.path_of(process), params_of(wanted)


def link_to(process: str, number: str) -> tuple[str, Params]:
    """Return the page of one matter and its address."""
    return shell.path_of(process), {"case": [number]}
