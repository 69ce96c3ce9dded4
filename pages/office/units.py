"""Units 房屋: the list; a row opens the card of who lives there."""

from __future__ import annotations

import streamlit as st

from components import registry_page, shell
from components.registry_table import Register
from components.words import _
from db.registry import Unit
from db.words import _ as lazy


def open_card(unit_id: int) -> None:
    st.switch_page(shell.path_of("customers"), query_params={"unit": str(unit_id)})


UNITS = Register(
    "units", Unit, lazy("房屋"), opens=open_card,
    asks=("building_id", "entrance", "room", "floor", "area", "use", "state", "layout", "handed_over_on"),
)  # fmt: skip

registry_page.show([UNITS], _("房屋"))
