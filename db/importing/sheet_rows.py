"""Which rows of a sheet are data: no blank rows, repeated headings, totals, help texts or signatures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from db.importing.headings import SheetMapping
from db.importing.reading import Row, Sheet
from db.importing.vocabulary import WORDS, heading_base, tidy


class DataRow(NamedTuple):
    """One row of data, numbered as the spreadsheet does."""

    number: int
    cells: Row


@dataclass(slots=True)
class Skipped:
    """How many rows of a sheet were passed over, and why."""

    totals: int = 0
    help: int = 0
    headings: int = 0
    examples: int = 0


_TOTALS: tuple[str, ...] = tuple(WORDS["rows"]["totals"])
_FOOTERS: tuple[str, ...] = tuple(WORDS["rows"]["footers"])
_ROW_WORDS: dict[str, str] = {word: sort for sort in ("help", "examples") for word in WORDS["rows"][sort]}
_BEGINNINGS: tuple[str, ...] = tuple(f"{word}{colon}" for word in _ROW_WORDS for colon in WORDS["rows"]["colons"])
_LONG_TEXT = 40


def data_rows(sheet: Sheet, mapping: SheetMapping, skipped: Skipped | None = None) -> Iterator[DataRow]:
    """Yield the rows that hold data: no blank rows, repeated headings, totals, help texts or signatures.

    What stands in columns without a heading does not count. `skipped` is counted up.
    """
    skipped = skipped if skipped is not None else Skipped()
    indexes = [column.index for column in mapping.columns if column.field]
    if not indexes:
        return
    headings = {column.index: column.heading for column in mapping.columns}
    bases = frozenset(heading_base(heading) for heading in headings.values())
    in_help = False
    typical = len(indexes)
    for number, row in enumerate(sheet.rows[mapping.header + 1 :], mapping.header + 2):
        if not row:
            continue
        for index in indexes:
            if row[index] != "":
                break
        else:
            continue
        first = row[index]
        if type(first) is str and (sort := _sort_of(first, headings[index], bases)):
            if sort == "help":
                in_help = True
            if sort == "headings" and not _repeats(row, headings):
                sort = "help"
            name = "help" if sort == "footers" else sort
            setattr(skipped, name, getattr(skipped, name) + 1)
            continue
        if in_help and not _like_data(row, indexes, typical):
            skipped.help += 1
            continue
        in_help = False
        typical = sum(row[index] != "" for index in indexes) if number == mapping.header + 2 else typical
        yield DataRow(number, row)


def _sort_of(first: str, heading: str, bases: frozenset[str]) -> str | None:
    text = first.strip().replace(" ", "")
    if text == heading or (len(text) <= _LONG_TEXT and text in bases):
        return "headings"
    if text.startswith(_TOTALS):
        return "totals"
    if text.startswith(_FOOTERS):
        return "footers"
    if text.startswith(_BEGINNINGS) or text in _ROW_WORDS:
        return _ROW_WORDS[next(word for word in sorted(_ROW_WORDS, key=len, reverse=True) if text.startswith(word))]
    return None


def _repeats(row: Row, headings: Mapping[int, str]) -> bool:
    return (
        sum(isinstance(row[index], str) and tidy(str(row[index])) == heading for index, heading in headings.items())
        >= 2
    )


def _like_data(row: Row, indexes: Sequence[int], typical: int) -> bool:
    filled = [row[index] for index in indexes if row[index] != ""]
    return len(filled) * 2 >= typical and not any(isinstance(cell, str) and len(cell) > _LONG_TEXT for cell in filled)
