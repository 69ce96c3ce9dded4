"""Estates and what belongs to them 项目与设施: service points, buildings, public facilities (R1)."""

from __future__ import annotations

from components import registry_page
from components.registry_table import Register
from components.words import _
from db.registry import Building, Estate, Facility, ServicePoint
from db.words import _ as lazy

REGISTERS = (
    Register("facilities", Facility, lazy("公共设施")),
    Register("buildings", Building, lazy("楼栋")),
    Register("points", ServicePoint, lazy("物业处")),
    Register("estates", Estate, lazy("项目")),
)

registry_page.show(REGISTERS, _("项目与设施"))
