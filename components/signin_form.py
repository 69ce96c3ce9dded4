"""streamlit-authenticator's sign-in form, with both its halves behind the screen exchanged for ours."""

from __future__ import annotations

from collections.abc import Callable

import streamlit_authenticator as stauth


class _NoCookie:
    """Where the library would read and write its cookie, which scripts could read and nobody could revoke."""

    def get_cookie(self) -> None:
        """Know nobody: who is signed in was asked before the form is drawn."""

    def set_cookie(self) -> None:
        """Write nothing: the session's own cookie is on its way."""


class _Checker:
    """Where the library would compare passwords with a list: the office's rules decide."""

    def __init__(self, sign_in: Callable[[str, str], None]) -> None:
        self.sign_in = sign_in
        self.was_right = False

    def login(self, username: str = "", password: str = "", *_limits: object, **_options: object) -> bool:
        """Sign in; what `sign_in` raises says why not."""
        self.sign_in(username, password)
        self.was_right = True
        return True


class Form(stauth.Authenticate):  # type: ignore[misc]  # the library has no types
    """The form: `login(fields=…, key=…)` draws it and hands what is typed to `sign_in`."""

    def __init__(self, sign_in: Callable[[str, str], None]) -> None:  # not the library's: that mounts a cookie frame
        self.api_key = None
        self.attrs = {"login_sleep_time": 0}
        self.path = None
        self.cookie_controller = _NoCookie()
        self.authentication_controller = _Checker(sign_in)

    @property
    def was_right(self) -> bool:
        """Say whether somebody was let in just now."""
        return bool(self.authentication_controller.was_right)
