"""Finding a matter by what was said in it, also by one or two Chinese characters."""

from __future__ import annotations

import re

from sqlalchemy import ColumnElement, ForeignKey, bindparam, column, delete, func, insert, select, table, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base
from db.cases import Case

# SQLite keeps an FTS5 table, PostgreSQL a tsvector over the same text; both are made by the migration. The text is
# single characters with blanks between, asked as a phrase: exact for every length, where trigrams miss short words.
_fts = table("case_words_fts", column("rowid"), column("words"))


class CaseWords(Base):
    """The searchable text of a case: characters with blanks between."""

    __tablename__ = "case_words"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    words: Mapped[str]


_WORD = re.compile(r"[a-z0-9]+|[^\W_]", re.IGNORECASE)


def spaced(words: str) -> str:
    """Split a text into single Chinese characters and runs of latin letters or digits."""
    return " ".join(_WORD.findall(words.lower()))


def index(session: Session, case: Case) -> None:
    """Keep the searchable text in step with the case, in the same transaction."""
    put(session, [(case.id, case.words)])


def put(session: Session, rows: list[tuple[int, str]], *, fresh: bool = False) -> None:
    """Store searchable texts of many cases (id, words); `fresh` promises that none is there yet."""
    ids = [case_id for case_id, _words in rows]
    if not fresh:
        session.execute(delete(CaseWords).where(CaseWords.case_id.in_(ids)))
    values = [{"case_id": case_id, "words": spaced(words)} for case_id, words in rows if words]
    if values:
        session.execute(insert(CaseWords), values)


def contains(session: Session, typed: str) -> ColumnElement[bool] | None:
    """Claim: a case's words contain what was typed; `None` when nothing searchable was typed."""
    phrase = spaced(typed)
    if not phrase:
        return None
    if session.get_bind().dialect.name == "sqlite":
        match = text("case_words_fts MATCH :phrase").bindparams(bindparam("phrase", f'"{phrase}"', unique=True))
        return Case.id.in_(select(_fts.c.rowid).where(match))
    vector = func.to_tsvector(text("'simple'"), CaseWords.words)
    return Case.id.in_(
        select(CaseWords.case_id).where(vector.op("@@")(func.phraseto_tsquery(text("'simple'"), phrase)))
    )
