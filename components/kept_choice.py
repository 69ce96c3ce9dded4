"""A choice that stands in the address: a link leads to the same, and so does a step back."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st


def kept_choice(label: str, key: str, names: Mapping[str, str], default: str, *, width: int = 180) -> str:
    """Ask for one of `names` (value → words; not empty); what is chosen stands in the address under `key`."""
    told, state = st.query_params.get(key, ""), st.session_state
    if f"{key}#told" in state and told != state[f"{key}#told"] and told in names:
        state[key] = told  # the address was changed from outside
    elif state.get(key) not in names:
        state[key] = told if told in names else default
    chosen: str = st.selectbox(
        label, list(names), format_func=names.__getitem__, key=key, width=width, filter_mode="contains"
    )
    state[f"{key}#told"] = chosen
    if told != chosen:
        st.query_params[key] = chosen
    return chosen


def kept_segment(label: str, key: str, names: Mapping[str, str], default: str) -> str:
    """Ask for one of a few, all in sight."""
    told, state = st.query_params.get(key, ""), st.session_state
    if state.get(key) not in names:
        state[key] = told if told in names else default
    chosen: str | None = st.segmented_control(
        label, list(names), format_func=names.__getitem__, key=key, required=True, label_visibility="collapsed"
    )
    chosen = chosen or default
    if chosen != default:
        st.query_params[key] = chosen
    elif key in st.query_params:
        del st.query_params[key]
    return chosen
