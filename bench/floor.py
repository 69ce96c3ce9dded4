"""The floors' own database, and its hand-written statements."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from db.engines import sqlite_module

FOLDER = Path(__file__).parent / "floors"


@cache
def statements(name: str) -> dict[str, str]:
    """Read a file of statements: name → SQL, the page's columns put in where `:page` stands."""
    parts = (FOLDER / f"{name}.sql").read_text("utf-8").split("-- name: ")[1:]
    read = {}
    for part in parts:
        label, _line, statement = part.partition("\n")
        read[label.strip()] = statement.strip()
    return {label: statement.replace(":page", read.get("page", "").rstrip(";")) for label, statement in read.items()}


class Floor:
    """A connection to the floors' database."""

    def __init__(self, office: Path) -> None:
        """Open the floors' file beside the office's, making it first where it is not there yet."""
        mark = hashlib.sha256((FOLDER / "schema.sql").read_bytes()).hexdigest()[:8]
        file = office.with_name(f"floor-{mark}.db")
        fresh = not file.exists()
        self.connection: Any = sqlite_module().connect(file, isolation_level=None)
        self.connection.execute("PRAGMA cache_size=-65536")
        self.connection.execute("PRAGMA temp_store=MEMORY")
        if fresh:
            self._make(office)

    def _make(self, office: Path) -> None:
        self.connection.execute("PRAGMA journal_mode=OFF")
        self.connection.execute("PRAGMA synchronous=OFF")
        self.connection.execute("ATTACH ? AS office", (str(office),))
        for part in statements("schema").values():
            for statement in part.split(";\n"):
                if statement.strip():
                    self.connection.execute(statement)
        self.connection.execute("DETACH office")
        self.connection.execute("ANALYZE")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Ask several statements of one moment, as the app does: a total and its page must not contradict."""
        self.connection.execute("BEGIN")
        try:
            yield
        finally:
            self.connection.execute("ROLLBACK")

    def ask(self, file: str, label: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Run one statement."""
        return list(self.connection.execute(statements(file)[label], values).fetchall())

    def one(self, sql: str, values: tuple[Any, ...] = ()) -> tuple[Any, ...]:
        """Run a statement of the bench's own that gives one row."""
        return tuple(self.connection.execute(sql, values).fetchone())
