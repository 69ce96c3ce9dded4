"""Words on screens and papers: Chinese in the source, translated when shown."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

CHINESE = "zh_CN"
ENGLISH = "en"
LOCALES = {CHINESE: "中文", ENGLISH: "English"}  # each language in its own words, so neither is translated

_FOLDER = Path(__file__).resolve().parent.parent / "locales"
_chosen: ContextVar[str] = ContextVar("locale", default=CHINESE)
_sources: list[Callable[[], str | None]] = []


def choose_locale(locale: str) -> None:
    """Set the language of a shell command or job; screens ask `locale_source` instead."""
    _chosen.set(locale)


def add_locale_source(source: Callable[[], str | None]) -> None:
    """Let the screen say which language its reader chose; `None` leaves the choice to the context.

    A context variable alone is lost in Streamlit's fragments and callbacks, hence a function asked each time.
    """
    _sources[:] = [source]


def current_locale() -> str:
    """Say which language is being read now."""
    for source in _sources:
        if (locale := source()) is not None:
            return locale
    return _chosen.get()


@cache
def catalogue(locale: str) -> dict[str, str]:
    """Read a language's catalogue: Chinese text → translation. Empty for Chinese."""
    path = _FOLDER / locale / "guanjia.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file) if entry.id and entry.string}


class Words:
    """A Chinese text that becomes the reader's language when shown (`str(words)`), with named blanks filled in."""

    __slots__ = ("blanks", "text")

    def __init__(self, text: str, blanks: dict[str, object] | None = None) -> None:
        """Keep the Chinese text and what fills its `{blanks}`."""
        self.text = text
        self.blanks = blanks or {}

    def __str__(self) -> str:
        """Render in the reader's language."""
        text = catalogue(current_locale()).get(self.text, self.text)
        return text.format(**{name: str(value) for name, value in self.blanks.items()}) if self.blanks else text

    def __repr__(self) -> str:
        """Show the Chinese source, for logs."""
        return f"_({self.text!r})"

    def __eq__(self, other: object) -> bool:
        """Two texts are one when source and blanks are."""
        return isinstance(other, Words) and (self.text, self.blanks) == (other.text, other.blanks)

    def __hash__(self) -> int:
        """Hash by source text."""
        return hash(self.text)


def _(text: str, /, **blanks: object) -> Words:
    """Mark a text for translation; `{name}` blanks are filled from keywords when it is shown."""
    return Words(text, blanks)
