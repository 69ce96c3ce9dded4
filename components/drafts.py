"""What somebody has typed and not yet saved: kept while he signs in again, or while another sits at the same PC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from typing import Any

import streamlit as st

OWN = "front."
"""The shell's own keys in the session state begin with this; what a page puts there is the page's."""
SECRET = "#secret"  # noqa: S105 - the mark, not a secret
"""Keys of fields for passwords end with this: what is typed there is never kept."""
_LEFT, _PUT_BACK, _NEXT_RUN = f"{OWN}left", f"{OWN}put_back", f"{OWN}typed"


@dataclass(frozen=True)
class Left:
    """Where somebody was, and what he had typed."""

    page: str
    params: Mapping[str, Any] = field(default_factory=dict)
    typed: Mapping[str, Any] = field(default_factory=dict)


def _is_typed(value: object) -> bool:
    # Not True and False: a press of a button looks the same as a ticked box and must never be repeated.
    if isinstance(value, list | tuple):
        # An empty one may be a file chooser's, which Streamlit lets nobody set.
        return bool(value) and all(_is_typed(each) for each in value)
    return isinstance(value, str | int | float | Decimal | date | time) and not isinstance(value, bool)


def _typed() -> dict[str, Any]:
    return {
        str(key): value
        for key, value in st.session_state.items()
        if not str(key).startswith(OWN) and not str(key).endswith(SECRET) and value != "" and _is_typed(value)
    }


def leave(user_id: int, page: str) -> None:
    """Remember where a user is and what he has typed, for when he returns in this tab."""
    everyone = st.session_state.setdefault(_LEFT, {})
    everyone[user_id] = Left(page, st.query_params.to_dict(), _typed())


def come_back(user_id: int) -> Left | None:
    """Give a returning user back what he had typed, at the next run; returns where he was."""
    left: Left | None = st.session_state.get(_LEFT, {}).pop(user_id, None)
    if left is not None:
        st.session_state[_NEXT_RUN] = dict(left.typed)
    return left


def clear() -> None:
    """Leave nothing of one person's pages to the next."""
    for key in list(st.session_state.keys()):
        if not str(key).startswith(OWN):
            del st.session_state[key]


def keep_for_next_run() -> None:
    """Keep what is typed past an error that stopped the page half-way."""
    st.session_state[_NEXT_RUN] = _typed()


def let_go() -> bool:
    """Drop what this run put back; says whether there was anything."""
    keys = st.session_state.pop(_PUT_BACK, [])
    for key in keys:
        st.session_state.pop(key, None)
    return bool(keys)


def put_back() -> None:
    """At the start of a run, put what was kept where its fields will look for it."""
    typed = st.session_state.pop(_NEXT_RUN, {})
    missing = {key: value for key, value in typed.items() if key not in st.session_state}
    for key, value in missing.items():
        st.session_state[key] = value
    st.session_state[_PUT_BACK] = list(missing)
