"""`docs/speed.md`: the last run's ratios, with the machine they come from."""

from __future__ import annotations

from pathlib import Path

from bench.measuring import Task, machine, rows_of
from db.clock import today
from db.paths import ROOT

FILE = ROOT / "docs" / "speed.md"
_TEXT = """# How fast it is

Written by `python manage.py bench --write`; how it is measured stands in [bench/README.md](../bench/README.md).
Ratios only: milliseconds mean nothing on another machine. A ratio is ours in floors, a floor being hand-written SQL (or
plain Python) that gives the same answer; for a page it is the rerun of an empty page with the same menu.

{size}, on {machine}, {day}.

{table}

"kept" compares medians of {rounds} rounds with the mark; "queries" counts statements, for a page of one row / fifty.
"""


def document(tasks: list[Task], units: int, cases: int, rounds: int) -> str:
    """Lay the document out."""
    rows = [[cell.replace("|", "\\|") for cell in row] for row in rows_of(tasks, milliseconds=False)]
    lines = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    table = "\n".join("| " + " | ".join(row) + " |" for row in lines)
    size = f"{units:,} units, {cases:,} matters over three years"
    return _TEXT.format(size=size, machine=machine(), day=today(), table=table, rounds=rounds)


def write(tasks: list[Task], units: int, cases: int, rounds: int, file: Path = FILE) -> None:
    """Write the document."""
    file.write_text(document(tasks, units, cases, rounds), "utf-8")
