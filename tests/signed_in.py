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


def page_at(who: Actor | User | int, path: str, **params: object) -> AppTest:
    """Open a page at an address (`what__id` is the parameter `what.id`) and hold that nothing broke."""
    app = app_as(who).run()
    for name, value in params.items():
        app.query_params[name.replace("__", ".")] = value if isinstance(value, list) else str(value)
    return unbroken(app.switch_page(path).run())


def press(app: AppTest, key: str) -> AppTest:
    """Press the button with that key and hold that nothing broke."""
    app.button(key=key).click()
    return unbroken(app.run())


def unbroken(app: AppTest) -> AppTest:
    """Return the app; fails with what it says where something broke."""
    assert not app.exception, app.exception[0].value
    return app
