"""Settling a unit 过户结算: sold or left, what is owed, held and given back; the hand-over to the new owner (O2)."""

from __future__ import annotations

from components import form
from components.desks import settlement_desk
from components.page_title import page_title
from components.signin import current_actor
from components.words import _

actor = current_actor()
form.say_told()
page_title(_("过户结算"))
settlement_desk.show(actor)
