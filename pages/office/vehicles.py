"""Vehicles and parking spaces 车辆车位: whose, where."""

from __future__ import annotations

import streamlit as st

from components import registry_page
from components.registry_page import Register
from components.words import _
from db.registry import ParkingSpace, Vehicle
from db.words import _ as lazy

REGISTERS = {
    "vehicles": Register("vehicles", Vehicle, lazy("车辆")),
    "spaces": Register("spaces", ParkingSpace, lazy("车位"), filters=("kind", "tenure")),
}

st.title(_("车辆车位"), anchor=False)
chosen = st.segmented_control(
    _("看"), list(REGISTERS), format_func=lambda key: str(REGISTERS[key].noun), key="what", default="vehicles",
    required=True, label_visibility="collapsed", bind="query-params",
)  # fmt: skip
registry_page.show(REGISTERS[chosen])
