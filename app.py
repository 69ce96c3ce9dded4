"""The front door: serves the office, asks who is there, shows the menu and runs the page."""

from __future__ import annotations

import streamlit as st


def main() -> None:
    """Run once for every look at a page: nothing comes before the question who is there."""
    from components import drafts, first_run, shell, signin
    from components.words import _
    from db import users

    actor = signin.who_is_there()
    st.set_page_config(
        page_title=_("管家台"), page_icon=str(shell.MARK), layout="wide",
        initial_sidebar_state=shell.SIDEBAR_WIDTH,
    )  # fmt: skip
    if actor is None or actor.must_change_password:
        shell.navigate(None)
        if actor is not None:
            signin.change_given_password(actor)
            signin.hand_over()
        elif users.nobody_yet():
            first_run.show()
        else:
            signin.show_sign_in()
        return
    entry, page = shell.navigate(actor)
    st.logo(str(signin.LOGO), icon_image=str(shell.MARK), size="large")
    if signin.is_changing_over():
        return
    drafts.put_back()
    shell.beside(actor)
    shell.run(entry, page, actor)


if st.runtime.exists():
    main()
else:
    from starlette.middleware import Middleware
    from streamlit.runtime.pages_manager import PagesManager

    from components import clockwork, doors, errors, headers, streamlit_words

    # Until the first call of st.navigation Streamlit would serve scripts in pages/ by themselves, past this door.
    PagesManager.uses_pages_directory = False
    app = st.App(
        __file__,
        routes=doors.ROUTES,
        middleware=[Middleware(headers.Guarded), Middleware(streamlit_words.Translated)],
        lifespan=clockwork.running,
        on_script_error=errors.on_script_error,
    )
