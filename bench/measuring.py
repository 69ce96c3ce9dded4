"""Rounds in turn, medians, ratios, and the table."""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psutil
from sqlalchemy import Engine, event

from db.engines import sqlite_module

ROUNDS = 5
LEAST_MS = 20.0
"""A round repeats what is shorter, so that a tick of the clock or of another program weighs little."""


@dataclass(frozen=True)
class Mark:
    """How much longer than its floor a task may take."""

    times: float
    plus_ms: float = 0.0

    def limit(self, floor_ms: float) -> float:
        """Return the longest time allowed, in ms."""
        return max(self.times * floor_ms, floor_ms + self.plus_ms if self.plus_ms else 0.0)

    def __str__(self) -> str:
        plain = f"≤ {self.times:g} ×"
        return f"{plain} or + {self.plus_ms:g} ms" if self.plus_ms else plain


def took_ms(work: Callable[[], Any], clock: Callable[[], float] = time.thread_time) -> float:
    """Time one piece of work, repeated while it is short.

    In this thread's own processor time: other programs share the machine, and both sides work here, on cached files.
    """
    began = clock()
    work()
    once = (clock() - began) * 1000
    times = int(LEAST_MS / max(once, 0.01))
    if times < 2:
        return once
    began = clock()
    for _n in range(times):
        work()
    return (clock() - began) * 1000 / times


def took_ms_by_the_wall(work: Callable[[], Any]) -> float:
    """Time the same by the clock on the wall, where a server does part of the work."""
    return took_ms(work, time.perf_counter)


@dataclass
class Task:
    """One comparison: the floor and ours do the same work."""

    group: str
    name: str
    floor: Callable[[], Any]
    ours: Callable[[], Any]
    mark: Mark | None
    same: Callable[[Any, Any], None] | None = None
    """Raises `AssertionError` when the answers differ; asked once, before anything is timed."""
    timer: Callable[[Callable[[], Any]], float] = took_ms
    """How a piece of work is timed, in ms."""
    queries: str = ""
    """Statements with few rows and with many, where that was counted."""
    floor_ms: list[float] = field(default_factory=list)
    ours_ms: list[float] = field(default_factory=list)

    @property
    def floor_median(self) -> float:
        """Median of the floor, ms."""
        return statistics.median(self.floor_ms)

    @property
    def ours_median(self) -> float:
        """Median of ours, ms."""
        return statistics.median(self.ours_ms)

    @property
    def ratio(self) -> float:
        """Ours in floors."""
        return self.ours_median / self.floor_median

    @property
    def is_kept(self) -> bool | None:
        """Whether the mark is kept; `None` without one."""
        return None if self.mark is None else self.ours_median <= self.mark.limit(self.floor_median)


def statements_sent(work: Callable[[], Any]) -> int:
    """Count the statements that a piece of work sends to the database."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):  # ours on SQLite, the driver's on PostgreSQL
            sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return len(sent)


def measure(tasks: list[Task], rounds: int = ROUNDS) -> list[Task]:
    """Check that the answers are the same, then time floor and ours in turn, all tasks in every round."""
    for task in tasks:
        floor, ours = task.floor(), task.ours()
        if task.same is not None:
            task.same(floor, ours)
    for _round in range(rounds):
        for task in tasks:
            task.floor_ms.append(task.timer(task.floor))
            task.ours_ms.append(task.timer(task.ours))
    return tasks


_HEADINGS = ("task", "floor ms", "ours ms", "ratio", "mark", "kept", "queries")


def rows_of(tasks: list[Task], *, milliseconds: bool = True) -> list[list[str]]:
    """Lay the table's cells out; without milliseconds for a document, since only ratios mean something elsewhere."""
    said = {True: "yes", False: "NO", None: "–"}
    rows = [list(_HEADINGS)]
    for task in tasks:
        mark = str(task.mark) if task.mark else "–"
        rows.append(
            [f"{task.group}: {task.name}", f"{task.floor_median:.2f}", f"{task.ours_median:.2f}", f"{task.ratio:.1f}",
             mark, said[task.is_kept], task.queries]
        )  # fmt: skip
    return rows if milliseconds else [row[:1] + row[3:] for row in rows]


def printed(tasks: list[Task]) -> str:
    """Lay the table out for a terminal."""
    rows = rows_of(tasks)
    widths = [max(_width(row[at]) for row in rows) for at in range(len(_HEADINGS))]
    lines = []
    for row in rows:
        cells = [
            cell + " " * (width - _width(cell)) if at in {0, 4, 5, 6} else " " * (width - _width(cell)) + cell
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _width(text: str) -> int:
    return sum(2 if ord(c) >= 0x2E80 else 1 for c in text)  # Chinese characters are two columns wide


def machine() -> str:
    """Describe the machine the figures come from."""
    memory = round(psutil.virtual_memory().total / 2**30)
    sqlite = sqlite_module().sqlite_version
    return (
        f"{psutil.cpu_count()} cores, {memory} GiB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, SQLite {sqlite}"
    )
