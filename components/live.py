"""Parts of a page that renew themselves while somebody looks at it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import streamlit as st

from components import errors, signin


def live(every: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Renew a part of the page every so often, e.g. `"30s"`: decorates a function whose first argument is the actor.

    Call it without that argument: each time the part renews itself it is asked afresh who sits there, so a page left
    open by somebody signed out shows nothing more. Looking on is not work: it does not keep a session alive.
    """

    def decorate(show: Callable[..., None]) -> Callable[..., None]:
        @wraps(show)
        def part(*args: Any, **kwargs: Any) -> None:
            with errors.shown():
                actor = signin.who_looks_on()
                if actor is None:
                    st.rerun()
                show(actor, *args, **kwargs)

        return st.fragment(part, run_every=every)

    return decorate
