"""The one place that tells people what did not work: a refusal in its own words, a fault by its number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import streamlit as st

from components import drafts
from components.words import _
from db.faults import write_fault
from db.refused import Refused

if TYPE_CHECKING:
    from db.people import Actor

ACTOR, PAGE = f"{drafts.OWN}actor", f"{drafts.OWN}page"


def show_refused(refused: Refused) -> None:
    """Show a refusal: its sentence, and what is wrong with which entry."""
    problems = list(dict.fromkeys(text for text in refused.problems.values() if text != refused.message))
    st.error("\n".join([refused.message, *(f"- {text}" for text in problems)]), icon=":material/block:")


def show_fault(error: Exception) -> None:
    """Write a bug down and show its number: no stack trace, and what was typed stays."""
    if drafts.let_go():
        st.rerun()  # perhaps it failed on what was put back into it: once more without
    actor: Actor | None = st.session_state.get(ACTOR)
    reference = write_fault(
        error,
        actor=actor.user_id if actor else None,
        page=st.session_state.get(PAGE),
        case=st.query_params.get("case"),
    )
    drafts.keep_for_next_run()
    st.error(
        _(
            "程序出错了，刚才的操作没有完成，您填写的内容还在。请再试一次；仍不行请把编号 {reference} 告诉系统管理员。",
            reference=reference,
        ),
        icon=":material/error:",
    )


def show(error: Exception) -> None:
    """Show whatever went wrong."""
    if isinstance(error, Refused):
        drafts.keep_for_next_run()
        show_refused(error)
    else:
        show_fault(error)


def on_script_error(error: Exception) -> bool:
    """Show what escaped everything else: errors in callbacks and fragments, and of the shell itself."""
    show(error)
    return True


@contextmanager
def shown() -> Iterator[None]:
    """Show what goes wrong inside, in its place on the page; the rest of the page goes on."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - a page must not end in a stack trace
        show(error)
