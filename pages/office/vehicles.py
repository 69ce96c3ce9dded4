"""Vehicles and parking spaces 车辆车位: whose, where."""

from __future__ import annotations

from components import registry_page
from components.registry_table import Register
from components.words import _
from db.registry import ParkingSpace, Vehicle
from db.words import _ as lazy

REGISTERS = (
    Register("vehicles", Vehicle, lazy("车辆")),
    Register("spaces", ParkingSpace, lazy("车位"), filters=("kind", "tenure")),
)

registry_page.show(REGISTERS, _("车辆车位"))
