"""One window 一站式服务: what each formality needs and costs, taken in, where it stands, handed over (S11)."""

from __future__ import annotations

from components import form, window_desk
from components.page_title import page_title
from components.signin import current_actor
from components.words import _

form.say_told()
page_title(_("一站式服务"))
window_desk.show(current_actor())
