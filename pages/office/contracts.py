"""Contracts and specialist firms 合同与专营公司: parties, terms, licences, what ends soon (R7, R8)."""

from __future__ import annotations

import streamlit as st

from components import registry_page
from components.registry_page import Register
from components.words import _
from db.registry import Contract, Firm
from db.words import _ as lazy

REGISTERS = {
    "contracts": Register("contracts", Contract, lazy("合同"), ending=lazy("只看即将到期和已到期")),
    "firms": Register("firms", Firm, lazy("专营公司"), ending=lazy("只看资质即将到期和已到期")),
}

st.title(_("合同与专营公司"), anchor=False)
chosen = st.segmented_control(
    _("看"), list(REGISTERS), format_func=lambda key: str(REGISTERS[key].noun), key="what", default="contracts",
    required=True, label_visibility="collapsed", bind="query-params",
)  # fmt: skip
registry_page.show(REGISTERS[chosen])
