"""The app as somebody signed in sees it, without a browser."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from components.signin import SESSION
from db import signing_in
from db.paths import ROOT
from db.people import Actor, User

PATIENCE = 20
"""Seconds a page may take in a test, on a computer that has other things to do."""


def anonymous_app() -> AppTest:
    """Make the app as a stranger finds it, not yet run."""
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE)


def app_as(who: Actor | User | int) -> AppTest:
    """Make the app as `who` finds it right after signing in, not yet run.

    `app_as(actor).run()` shows home; `app.switch_page("pages/service/complaints.py").run()` opens a page after that.
    """
    user_id = who if isinstance(who, int) else who.user_id if isinstance(who, Actor) else who.id
    app = anonymous_app()
    app.session_state[SESSION] = signing_in.start_session(user_id).session_id
    return app
