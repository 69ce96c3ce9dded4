"""What will be done with one row, and what is said about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from db.base import Choice
from db.importing.rows import Note
from db.words import _


class Verdict(Choice):
    """What the import would do with a row."""

    NEW = "new", _("新增"), "green"
    CHANGES = "changes", _("更新"), "blue"
    UNCHANGED = "unchanged", _("无变化"), "gray"
    ERROR = "error", _("有错误"), "red"


@dataclass(slots=True)
class RowPlan:
    """What will be done with one row of one sheet, and why."""

    sheet: str
    row: int
    """As the spreadsheet numbers it."""
    key: str = ""
    """What the row is about, in the office's words: `1-1-1011`, a name, a plate."""
    verdict: Verdict = Verdict.UNCHANGED
    notes: list[Note] = field(default_factory=list)
    before: dict[str, Any] = field(default_factory=dict)
    """Of a row that changes something: field → value as it stands."""
    after: dict[str, Any] = field(default_factory=dict)
    """Field → value as it will stand."""
    is_bad: bool = False
    """Whether something keeps the row out."""
    is_new: bool = False
    """Whether what the row is about does not exist yet."""

    @property
    def errors(self) -> list[Note]:
        """What keeps the row out."""
        return [note for note in self.notes if note.severe]

    @property
    def warnings(self) -> list[Note]:
        """What should be looked at, though the row goes in."""
        return [note for note in self.notes if not note.severe]

    def note(self, note: Note) -> None:
        """Add something to be said about the row."""
        self.notes.append(note)
        self.is_bad = self.is_bad or note.severe

    def decide(self) -> None:
        """Set the verdict by what was noted and proposed; a row with an error changes nothing."""
        if self.is_bad:
            self.verdict = Verdict.ERROR
            self.before, self.after = {}, {}
        elif self.is_new:
            self.verdict = Verdict.NEW
        else:
            self.verdict = Verdict.CHANGES if self.after else Verdict.UNCHANGED


def in_words(value: Any) -> str:
    """Write a value of `before` or `after` as the office reads it: a choice by its words, several with commas."""
    if value is None:
        return ""
    if isinstance(value, Choice):
        return str(value.label)
    if isinstance(value, tuple):
        return str(_("、")).join(map(in_words, value))
    if isinstance(value, bool):
        return str(_("是") if value else _("否"))
    return str(value)
