"""Words on the screen, in the language of whoever looks at it."""

from __future__ import annotations

from streamlit.runtime.scriptrunner import get_script_run_ctx

from db import words

MOST_TABS = 5000
"""How many open tabs' languages are remembered; the oldest go first."""

_spoken: dict[str, str] = {}
"""Tab → language. A tab's number is at hand in scripts, fragments and callbacks alike. Asking `st.session_state`
instead would take longer, and Streamlit may interrupt a script there, in the middle of a write."""


def _locale_of_this_tab() -> str | None:
    context = get_script_run_ctx(suppress_warning=True)
    return None if context is None else _spoken.get(context.session_id, words.CHINESE)


words.add_locale_source(_locale_of_this_tab)


def speak(locale: str) -> None:
    """Show this tab in `locale` from now on."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return
    _spoken.pop(context.session_id, None)
    _spoken[context.session_id] = locale
    while len(_spoken) > MOST_TABS:
        _spoken.pop(next(iter(_spoken)), None)


def _(text: str, /, **blanks: object) -> str:
    """Return a text in the reader's language at once, its named blanks filled in."""
    return str(words.Words(text, blanks))
