"""The title of a page that has nothing beside it, at the height of those that have a button there."""

from __future__ import annotations

import streamlit as st


def page_title(words: str) -> None:
    """Draw a title over the whole width; alone it would stand lower than in a row."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(words, anchor=False, width="stretch")
