"""The laws of the house over a whole estate at once: what breaks one stops the bench."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine, text

from db import checks
from db.processes import PROCESSES

SHOWN = 3


def written() -> Iterator[tuple[str, str]]:
    """List the laws: what each says, and the statement that selects what breaks it."""
    whole = (Path(__file__).parent / "laws.sql").read_text("utf-8")
    for part in whole.split("-- law: ")[1:]:
        name, _line, statement = part.partition("\n")
        yield name, statement.strip().rstrip(";")


def check(engine: Engine, *, full: bool = False) -> None:
    """Raise `AssertionError` with the first rows that break a law; `full` also does what `manage.py check` does."""
    sqlite = engine.dialect.name == "sqlite"
    ends = ", ".join(f"'{name}'" for name in sorted({end.value for each in PROCESSES.values() for end in each.ends}))
    month = r"date(\1, 'start of month')" if sqlite else r"date_trunc('month', \1)::date"
    with engine.connect() as connection:
        for name, statement in written():
            asked = re.sub(r":month_of\((\w+)\)", month, statement.replace(":ends", ends))
            broken = connection.execute(text(asked.replace("::", r"\:\:"))).fetchmany(SHOWN)
            if broken:
                raise AssertionError(f"{name}: {[tuple(row) for row in broken]}")
        if sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(SHOWN)):
            raise AssertionError(f"foreign keys: {[tuple(row) for row in broken]}")
        connection.rollback()
    if full:
        found = [str(each) for each in checks.run()]
        if found:
            raise AssertionError(f"checks: {found[:SHOWN]}")
