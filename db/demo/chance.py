"""Chance that keeps its promises: what is drawn follows given shares closely, and each seed tells the same story."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")
H = TypeVar("H", bound=Hashable)

HEATING_BEGINS, HEATING_ENDS = (11, 15), (3, 15)
SUMMER = range(6, 10)


@cache
def told(name: str) -> dict[str, Any]:
    """Read one of the folder's files of texts, e.g. `repairs`."""
    return tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text("utf-8"))


class Deck:
    """Draws by shares from a shuffled deck, so that a few hundred draws already show the shares."""

    def __init__(self, random: Random, shares: Mapping[T, int]) -> None:
        """Take whole numbers as shares; they need not add up to a hundred."""
        self._random = random
        self._cards: list[Any] = [card for card, share in shares.items() for _ in range(share)]
        self._left: list[Any] = []

    def draw(self) -> Any:
        """Draw a card; a used-up deck is shuffled anew."""
        if not self._left:
            self._left = list(self._cards)
            self._random.shuffle(self._left)
        return self._left.pop()


class Shares:
    """Says yes to a given share of the questions asked under one name, spread evenly: 0.93 is 13 of 14, never 10."""

    def __init__(self) -> None:
        """Begin in the middle, so that the first no comes neither first nor last."""
        self._sums: dict[Hashable, float] = {}

    def hit(self, name: Hashable, share: float) -> bool:
        """Answer the next question under `name`."""
        total = self._sums.get(name, 0.5) + share
        self._sums[name] = total % 1
        return total >= 1

    def owe(self, name: Hashable, share: float) -> None:
        """Count one that could not be a yes, so that the share of all still comes out."""
        self._sums[name] = self._sums.get(name, 0.5) + share


class Pen:
    """Writes what people say: picks a text, fills its blanks, keeps to the season."""

    def __init__(self, random: Random, blanks: Mapping[str, Sequence[str]]) -> None:
        """`blanks` are the words that fill `{…}`."""
        self._random = random
        self._blanks = blanks
        self._decks: dict[tuple[str, ...], list[str]] = {}

    def write(self, texts: Sequence[str], day: date | None = None) -> str:
        """Pick the next text of a shuffled round that fits the day's season, and fill its blanks."""
        fitting = tuple(text for text in texts if day is None or in_season(text, day)) or tuple(texts)
        left = self._decks.setdefault(fitting, [])
        if not left:
            left.extend(self._random.sample(fitting, len(fitting)))
        return self._filled(left.pop())

    def fitting(self, texts: Sequence[str], words: str) -> str:
        """Pick a text that answers `words`: one marked `a/b>…` when they hold a or b, else one without a mark."""
        marked = [text.partition(">")[::2] for text in texts]
        chosen = [text for keys, text in marked if text and any(key in words for key in keys.split("/"))]
        return self._filled(self._random.choice(chosen or [text for text in texts if ">" not in text]))

    def _filled(self, text: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda blank: self._random.choice(self._blanks[blank[1]]), text)


def in_season(text: str, day: date) -> bool:
    """Say whether one would say this at that time of year."""
    seasons = told("office")["seasons"]
    if re.search(seasons["winter"], text):
        return is_heating(day)
    return day.month in SUMMER or not re.search(seasons["summer"], text)


def is_heating(day: date) -> bool:
    """Say whether homes are heated (15 November to 15 March)."""
    return (day.month, day.day) >= HEATING_BEGINS or (day.month, day.day) <= HEATING_ENDS


def pick(random: Random, things: Iterable[T]) -> T:
    """Pick one of a few."""
    return random.choice(list(things))
