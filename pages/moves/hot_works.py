"""A hot-work permit at the site 动火证: what its code leads to."""

from __future__ import annotations

from components import gate_check
from components.page_title import page_title
from components.signin import current_actor
from components.words import _

page_title(_("动火证查验"))
gate_check.show_hot_work(current_actor())
