"""Documents 档案资料: the register, filing directly, one document, those whose time is over (R6; HB:97, 102, 154)."""

from __future__ import annotations

import streamlit as st

from components import document_card, document_register, document_removal, form
from components.desks.asking import number_in
from components.signin import current_actor
from components.words import _
from db.people import Right

actor = current_actor()
form.say_told()
removal_id = number_in(document_removal.REMOVAL)
if removal_id is not None:
    document_removal.show_request(actor, removal_id)
elif document_removal.VIEW in st.query_params and actor.may(Right.DESTROY_DOCUMENTS):
    document_removal.show(actor)
elif document_card.NEW in st.query_params and document_card.may_file(actor):
    document_card.show_new(actor)
else:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(_("档案资料"), anchor=False, width="stretch")
        if actor.may(Right.DESTROY_DOCUMENTS) and st.button(
            _("保存期满"), key="documents.over", icon=":material/auto_delete:"
        ):
            st.query_params[document_removal.VIEW] = "1"
            st.rerun()
        if document_card.may_file(actor) and st.button(
            _("上传"), key="documents.new", type="primary", icon=":material/upload:", shortcut="Alt+N"
        ):
            st.query_params[document_card.NEW] = "1"
            st.rerun()
    if document_id := st.query_params.get(document_register.DOCUMENT):
        document_card.show(actor, document_id)
    document_register.show(actor)
