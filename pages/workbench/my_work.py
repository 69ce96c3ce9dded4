"""My work 我的待办: what waits for me or my role across all processes, late first."""

from __future__ import annotations

import streamlit as st

from components import work_list
from components.signin import current_actor
from components.words import _

st.title(_("我的待办"), anchor=False)
work_list.show(current_actor())
