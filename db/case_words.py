"""Finding a matter by what was said in it, also by one or two Chinese characters."""

from __future__ import annotations

import re
from collections.abc import Collection

from sqlalchemy import ForeignKey, Select, bindparam, column, delete, func, insert, select, table, text
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


def _scope(process: str, estate_id: int) -> str:
    """Make the word that stands before the others: no typed text can mean it, since `spaced` parts its σ from the rest.

    It lets the index itself leave out other processes and estates, where a look at each matter would cost most.
    """
    return f"{process}σ{estate_id}"


def index(session: Session, case: Case) -> None:
    """Keep the searchable text in step with the case, in the same transaction."""
    session.execute(delete(CaseWords).where(CaseWords.case_id == case.id))
    if case.words:
        words = indexed(case.process, case.estate_id, case.words)
        session.execute(insert(CaseWords).values(case_id=case.id, words=words))


def indexed(process: str, estate_id: int, words: str) -> str:
    """Write a case's words as they are stored for the search."""
    return f"{_scope(process, estate_id)} {spaced(words)}"


def ids_of(session: Session, typed: str, process: str = "", estates: Collection[int] = ()) -> Select[int] | None:
    """Select the ids of cases whose words contain what was typed, of one process in some estates if named.

    `None` when nothing searchable was typed.
    """
    phrase = spaced(typed)
    if not phrase:
        return None
    if session.get_bind().dialect.name == "sqlite":
        scopes = " OR ".join(f'"{_scope(process, estate)}"' for estate in sorted(estates))
        asked = f'"{phrase}" AND ({scopes})' if scopes else f'"{phrase}"'
        match = text("case_words_fts MATCH :phrase").bindparams(bindparam("phrase", asked, unique=True))
        return select(_fts.c.rowid.label("id")).where(match)
    vector = func.to_tsvector(text("'simple'"), CaseWords.words)
    found = select(CaseWords.case_id.label("id")).where(
        vector.op("@@")(func.phraseto_tsquery(text("'simple'"), phrase))
    )
    if not estates:
        return found
    return found.join(Case, Case.id == CaseWords.case_id).where(Case.process == process, Case.estate_id.in_(estates))
