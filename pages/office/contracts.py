"""Contracts and specialist firms 合同与专营公司: parties, terms, licences, what ends soon (R7, R8)."""

from __future__ import annotations

from components import registry_page
from components.registry_table import Register
from components.words import _
from db.registry import Contract, Firm
from db.words import _ as lazy

REGISTERS = (
    Register("contracts", Contract, lazy("合同"), ending=lazy("只看即将到期和已到期")),
    Register("firms", Firm, lazy("专营公司"), ending=lazy("只看资质即将到期和已到期")),
)

registry_page.show(REGISTERS, _("合同与专营公司"))
