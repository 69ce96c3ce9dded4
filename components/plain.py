"""What people typed, shown as they typed it: no star, dollar or colon of theirs turns into bold, sums or pictures."""

from __future__ import annotations

import re

_MARKS = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&^=\"'/@])")


def plain(text: object) -> str:
    """Escape a text for `st.markdown` and labels; its line ends stay."""
    lines = _MARKS.sub(r"\\\1", str(text)).split("\n")
    return "  \n".join(line if line.strip() else "\u00a0" for line in lines)


def one_line(text: object, most: int = 60) -> str:
    """Shorten a text to the beginning of its first line, escaped."""
    line = " ".join(str(text).split())
    return plain(line if len(line) <= most else f"{line[: most - 1]}…")
