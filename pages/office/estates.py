"""Estates and what belongs to them 项目与设施: service points, buildings, public facilities (R1)."""

from __future__ import annotations

import streamlit as st

from components import registry_page
from components.registry_page import Register
from components.words import _
from db.registry import Building, Estate, Facility, ServicePoint
from db.words import _ as lazy

REGISTERS = {
    "facilities": Register("facilities", Facility, lazy("公共设施")),
    "buildings": Register("buildings", Building, lazy("楼栋")),
    "points": Register("points", ServicePoint, lazy("物业处")),
    "estates": Register("estates", Estate, lazy("项目")),
}

st.title(_("项目与设施"), anchor=False)
chosen = st.segmented_control(
    _("看"), list(REGISTERS), format_func=lambda key: str(REGISTERS[key].noun), key="what", default="facilities",
    required=True, label_visibility="collapsed", bind="query-params",
)  # fmt: skip
registry_page.show(REGISTERS[chosen])
