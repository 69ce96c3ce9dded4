"""Worker passes at the gate 施工出入证: scanned or typed, holds or not, who and where; and all that hold today."""

from __future__ import annotations

from components import gate_check
from components.page_title import page_title
from components.signin import current_actor
from components.words import _

page_title(_("施工出入证"))
gate_check.show(current_actor())
