"""Home 首页."""

from __future__ import annotations

import streamlit as st

from components.signin import current_actor
from components.words import _

st.title(_("首页"), anchor=False)
st.write(current_actor().name)
