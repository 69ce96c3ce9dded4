"""Parts of a page that run by themselves: those that renew themselves, and dialogs.

Streamlit runs such a part without the page around it, and so past the front door. Here each asks for itself who sits
there: somebody signed out, or disabled, sees and does nothing more in what he left open.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Literal

import streamlit as st
from streamlit.delta_generator_singletons import context_dg_stack
from streamlit.elements.lib.mutable_popover_container import PopoverContainer

from components import errors, signin
from db.people import Actor

Draw = Callable[..., None]
"""A function that draws; its first argument is the actor, given to it at every run."""


def live(every: str) -> Callable[[Draw], Draw]:
    """Renew a part of the page every so often, e.g. `"30s"`; call it without the actor, who is asked for each time.

    Looking on is not work: it does not keep a session alive.
    """
    return lambda draw: st.fragment(_asking(signin.who_looks_on, draw), run_every=every)


def dialog(
    title: str, *, width: Literal["small", "medium", "large"] = "small", icon: str | None = None
) -> Callable[[Draw], Draw]:
    """Draw in a dialog over the page; call it without the actor, who is asked for each time."""
    return lambda draw: st.dialog(title, width=width, icon=icon)(_asking(signin.who_is_there, draw))


def is_in_popover() -> bool:
    """Claim: what is drawn now stands in a popover, which shows nothing to the browser before it is opened."""
    return any(isinstance(each, PopoverContainer) for each in context_dg_stack.get())


def _asking(who: Callable[[], Actor | None], draw: Draw) -> Draw:
    @wraps(draw)
    def part(*args: Any, **kwargs: Any) -> None:
        with errors.shown():
            actor = who()
            if actor is None:
                st.rerun()
            draw(actor, *args, **kwargs)

    return part
