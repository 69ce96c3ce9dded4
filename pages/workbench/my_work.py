"""My work 我的待办: what waits for me or my role across all processes, late first."""

from __future__ import annotations

from components import work_list
from components.page_title import page_title
from components.signin import current_actor
from components.words import _

page_title(_("我的待办"))
work_list.show(current_actor())
