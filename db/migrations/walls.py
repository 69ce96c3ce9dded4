"""What tables alone cannot say: history that the database refuses to change, and the index of words."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

APPEND_ONLY = (
    "events", "audit", "payments", "payment_lines", "allocations", "receipt_prints", "deliveries", "day_closings",
    "month_closings", "account_entries", "owners_entries", "publication_snapshots", "paper_wordings",
)  # fmt: skip
"""Nobody, not even this program, changes or deletes a row of these."""
WRITTEN_ONCE = {
    "bills": (
        "estate_id", "building_id", "unit_id", "fee_item_id", "payee_id", "month", "source", "period_from", "period_to",
        "amount", "calculation", "due_on", "late_day", "late_ppm", "replaces_id", "made_by", "made_at",
    ),
    "receipts": ("payee_id", "book", "year", "sequence", "number", "payment_id", "issued_on", "snapshot"),
    "readings": (
        "meter_id", "month", "read_on", "value", "previous", "rolled_over", "quantity", "kind", "read_by",
        "recorded_at",
    ),
    "issued_papers": (
        "estate_id", "kind", "number", "subject", "subject_id", "unit_id", "customer_id", "data", "data_sha256",
        "document_id", "issued_by", "issued_at", "token",
    ),
    "notices": ("unit_id", "kind", "number", "month", "amount", "snapshot", "made_by", "made_at"),
}  # fmt: skip
"""Columns that never change once written, of rows that are never deleted."""

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
    """Make triggers and the word index anew; safe to run again and again. What is not there yet is left out."""
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
    there = set(inspect(connection).get_table_names())
    for name in there.intersection(APPEND_ONLY):
        _wall(connection, name, "update", "UPDATE")
        _wall(connection, name, "delete", "DELETE")
    for name in there.intersection(WRITTEN_ONCE):
        _wall(connection, name, "update", f"UPDATE OF {', '.join(WRITTEN_ONCE[name])}")
        _wall(connection, name, "delete", "DELETE")


def _wall(connection: Connection, table: str, name: str, act: str) -> None:
    """Put a trigger before an act that refuses it."""
    trigger = f"{table}_refuse_{name}"
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"DROP TRIGGER IF EXISTS {trigger}"))
        body = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        connection.execute(text(f"CREATE TRIGGER {trigger} BEFORE {act} ON {table} {body}"))
    else:
        connection.execute(text(f"DROP TRIGGER IF EXISTS {trigger} ON {table}"))
        connection.execute(
            text(f"CREATE TRIGGER {trigger} BEFORE {act} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()")
        )
