"""Handing out papers already issued: as they were, checked against their hashes; void ones with their mark."""

from __future__ import annotations

import hashlib

from db import documents
from db.clock import day_of
from db.documents import Document
from db.faults import write_fault
from db.papers import contents
from db.papers.contents import Paper
from db.papers.issuing import paper_by_id
from db.people import Actor, User
from db.refused import Refused
from db.session import reading
from db.words import _


def opened(actor: Actor, paper_id: int) -> tuple[str, bytes]:
    """Hand out a paper as it was issued: the name of its file, and always the same bytes.

    A file or data that are not what they were are refused, and reported as a fault.
    """
    with reading(actor) as session:
        _kind, paper = paper_by_id(session, paper_id)
        document = session.get_one(Document, paper.document_id)
        if document.destroyed_at is not None:
            raise Refused(_("这张单据保存期满，已经批准销毁。"))
        file, name, sha256, number = documents.path_of(document.sha256), document.name, document.sha256, paper.number
        intact = contents.hash_of(paper.data) == paper.data_sha256
    kept = file.read_bytes() if file.is_file() else b""
    if not intact or hashlib.sha256(kept).hexdigest() != sha256:
        error = ValueError(f"issued paper {number} is not what it was")
        reference = write_fault(error, actor=actor.user_id, paper=number)
        raise Refused(
            _("{number} 的存档与开具时不一致，不能打开。请把编号 {reference} 告诉系统管理员，从备份恢复。",
              number=number, reference=reference)
        )  # fmt: skip
    return name, kept


def annulled(actor: Actor, paper_id: int) -> Paper:
    """Say what a void paper was, with the mark across it. Raises `Refused` for one in force."""
    with reading(actor) as session:
        _kind, paper = paper_by_id(session, paper_id)
        if paper.void_at is None:
            raise Refused(_("{number} 没有作废。", number=paper.number))
        by = session.get_one(User, paper.void_by).name if paper.void_by else ""
        mark = {"day": day_of(paper.void_at).isoformat(), "reason": paper.void_reason, "by": by}
        return paper.data | {"void": mark}
