"""Renovations 装修: steps, and below them papers, looks, passes, fire and water, deposit, neighbours."""

from __future__ import annotations

from components import process_page, site_panels
from components.site_steps import FIRST, declare
from db.processes.renovations import PROCESS

process_page.show(
    PROCESS, first=FIRST, opening=declare, under=site_panels.show, elsewhere=frozenset({"agree", "send_back"})
)
