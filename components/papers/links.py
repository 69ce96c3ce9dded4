"""Links to papers on the screen."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import streamlit as st

from components.plain import plain

ADDRESS = "/papers/"


def address(kind: str, key: object, /, **query: object) -> str:
    """Say where a paper is fetched; a part of the query that is `None` is left out."""
    asked = urlencode({name: str(value) for name, value in query.items() if value is not None})
    return f"{ADDRESS}{quote(kind, safe='')}/{quote(str(key), safe='')}" + (f"?{asked}" if asked else "")


def link(label: str, kind: str, key: object, /, *, primary: bool = False, **query: object) -> None:
    """Draw the button that opens a paper in a tab of its own, ready to print."""
    where, icon = address(kind, key, **query), ":material/print:"
    st.link_button(plain(label), where, type="primary" if primary else "secondary", icon=icon)
