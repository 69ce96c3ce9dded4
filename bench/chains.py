"""Many matters lived through at once: each step happens to some of them, at a time, by somebody."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

NEVER = np.datetime64("NaT", "s")
TO_LOCAL = np.timedelta64(8, "h")
"""The estate's clock stands eight hours before UTC the whole year."""


def empty(count: int) -> np.ndarray:
    """Make a column of nothing."""
    return np.full(count, None, object)


def moments(count: int) -> np.ndarray:
    """Make a column of moments that never came."""
    return np.full(count, NEVER)


def days(at: np.ndarray) -> np.ndarray:
    """Say on which calendar day of the estate moments fall."""
    return (at + TO_LOCAL).astype("datetime64[D]")


def hours(amount: Any) -> np.ndarray:
    """Turn hours, whole or not, into a span."""
    return (np.asarray(amount) * 3600).astype("timedelta64[s]")


def lag(rng: np.random.Generator, count: int, median: float, spread: float = 1.0) -> np.ndarray:
    """Draw how long something took: `median` hours, long tail."""
    return hours(median * np.exp(rng.normal(0, spread, count)))


@dataclass
class Chain:
    """The histories of `count` matters of one process, up to `end`."""

    process: str
    start: str
    opened_at: np.ndarray
    opened_by: np.ndarray
    end: np.datetime64
    columns: dict[str, Any] = field(default_factory=dict)
    """What stands in `cases` and the process's own table in the end, column by column."""
    steps: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Enter the opening of all."""
        self.state = np.full(self.count, self.start, object)
        self.version = np.ones(self.count, int)
        self.last_at = self.opened_at
        self._enter(np.arange(self.count), "open", None, self.opened_at, self.opened_by)

    @property
    def count(self) -> int:
        """How many matters."""
        return len(self.opened_at)

    def step(self, action: str, target: str | None, at: np.ndarray, by: np.ndarray, where: np.ndarray) -> np.ndarray:
        """Let a step happen where `where` holds and its time has come; returns where it did.

        Steps are given in the order in which they happen; none goes before the one entered last.
        """
        happened = where & (at <= self.end)
        rows = np.flatnonzero(happened)
        before = self.state[rows].copy()
        if target is not None:
            self.state[rows] = target
        self.version[rows] += 1
        self.last_at = np.where(happened, np.maximum(at, self.last_at), self.last_at)
        self._enter(rows, action, before, self.last_at[rows], by[rows])
        return happened

    def _enter(self, rows: np.ndarray, action: str, before: np.ndarray | None, at: np.ndarray, by: np.ndarray) -> None:
        after = self.state[rows].copy()
        changes = np.full(len(rows), "{}", object)
        if before is not None:
            moved = before != after
            changes[moved] = [
                f'{{"state": ["{one}", "{other}"]}}' for one, other in zip(before[moved], after[moved], strict=True)
            ]
        self.steps.append(
            {
                "_row": rows, "action": np.full(len(rows), action, object),
                "from_state": empty(len(rows)) if before is None else before, "to_state": after, "occurred_at": at,
                "actor_id": by, "version": self.version[rows], "changes": changes,
            }
        )  # fmt: skip

    def set(self, **columns: Any) -> None:
        """Fill columns."""
        self.columns |= columns

    def handled(self, happened: np.ndarray, at: np.ndarray, by: np.ndarray) -> None:
        """Note where and when the matter was handled."""
        when = np.where(happened, at, NEVER)
        self.set(handled_at=when, handled_on=days(when), handled_by=np.where(happened, by.astype(object), None))

    def closed(self, ends: set[str]) -> None:
        """Note the end of those that stand in an end state, at their last step."""
        over = np.isin(self.state.astype(str), sorted(ends))
        when = np.where(over, self.last_at, NEVER)
        self.set(closed_at=when, closed_on=days(when), state=self.state, version=self.version)
