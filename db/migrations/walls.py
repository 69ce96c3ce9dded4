"""What tables alone cannot say: history that the database refuses to change, and the index of words."""

from __future__ import annotations

from sqlalchemy import Connection, text

APPEND_ONLY = ("events", "audit")
"""Nobody, not even this program, changes or deletes a row of these."""

_SQLITE_WORDS = (
    """
    CREATE VIRTUAL TABLE IF NOT EXISTS case_words_fts
    USING fts5(words, content='case_words', content_rowid='case_id', tokenize='unicode61')
    """,
    "DROP TRIGGER IF EXISTS case_words_in",
    """
    CREATE TRIGGER case_words_in AFTER INSERT ON case_words BEGIN
        INSERT INTO case_words_fts(rowid, words) VALUES (new.case_id, new.words);
    END
    """,
    "DROP TRIGGER IF EXISTS case_words_out",
    """
    CREATE TRIGGER case_words_out AFTER DELETE ON case_words BEGIN
        INSERT INTO case_words_fts(case_words_fts, rowid, words) VALUES ('delete', old.case_id, old.words);
    END
    """,
)
_POSTGRESQL_WORDS = (
    "CREATE INDEX IF NOT EXISTS ix_case_words_vector ON case_words USING gin (to_tsvector('simple', words))",
)


def make_walls(connection: Connection) -> None:
    """Make triggers and the word index anew; safe to run again and again."""
    sqlite = connection.dialect.name == "sqlite"
    for statement in _SQLITE_WORDS if sqlite else _POSTGRESQL_WORDS:
        connection.execute(text(statement))
    if not sqlite:
        connection.execute(
            text(
                "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
            )
        )
    for name in APPEND_ONLY:
        for act in ("UPDATE", "DELETE"):
            trigger = f"{name}_refuse_{act.lower()}"
            if sqlite:
                connection.execute(text(f"DROP TRIGGER IF EXISTS {trigger}"))
                body = f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
                connection.execute(text(f"CREATE TRIGGER {trigger} BEFORE {act} ON {name} {body}"))
            else:
                connection.execute(text(f"DROP TRIGGER IF EXISTS {trigger} ON {name}"))
                connection.execute(
                    text(
                        f"CREATE TRIGGER {trigger} BEFORE {act} ON {name} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
                    )
                )
