"""The fonts that papers are set in, and which characters they hold.

Noto Sans SC and Noto Serif SC come packaged, Noto Sans CJK beside them for bold and for rare characters of names; what
none of them has may be in a font of the computer's own. Everything used is embedded in the PDF.
"""

from __future__ import annotations

import re
import struct
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import manimgx_fonts_cjk
import pylopdf_fonts_zh_cn
import typst

FOLDERS = (pylopdf_fonts_zh_cn.sans_path().parent, Path(manimgx_fonts_cjk.__file__).parent)
_OF_NOBODY = {"Co", "Cs"}
"""Private use and half characters: whatever a font shows for them, another shows something else."""
_SHOWS_NOTHING = re.compile("last ?resort|blank", re.IGNORECASE)
"""Fonts that claim every character and show a box or nothing."""
_lock = threading.Lock()


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=False, font_paths=list(FOLDERS))


def fonts() -> typst.Fonts:
    """Every font there is, looked for once."""
    with _lock:
        return _fonts()


def unprintable(text: str) -> Iterator[str]:
    """Name the characters of a text that no font shows, each once, in order."""
    for character in dict.fromkeys(text):
        if character == "\n" or ord(character) in _packaged():
            continue
        if unicodedata.category(character) in _OF_NOBODY or ord(character) not in _systems():
            yield character


def _packaged() -> frozenset[int]:
    with _lock:
        return _characters_of_packaged()


def _systems() -> frozenset[int]:
    with _lock:
        return _characters_of_system()


@cache
def _characters_of_packaged() -> frozenset[int]:
    return _characters(info.path for info in _fonts().fonts() if info.path and _is_packaged(Path(info.path)))


@cache
def _characters_of_system() -> frozenset[int]:
    """Read only when a character is in no packaged font: a computer may have hundreds of its own."""
    own = [info for info in _fonts().fonts() if info.path and not _is_packaged(Path(info.path))]
    return _characters(info.path for info in own if info.path and not _SHOWS_NOTHING.search(info.family))


def _is_packaged(path: Path) -> bool:
    return path.parent in FOLDERS


def _characters(paths: Iterable[str]) -> frozenset[int]:
    found: set[int] = set()
    for path in sorted(set(paths)):
        try:
            found.update(*characters_in(Path(path).read_bytes()))
        except (OSError, struct.error):  # a font that cannot be read shows nothing
            continue
    return frozenset(found)


def characters_in(font: bytes) -> Iterator[range]:
    """Read which characters a font file (TrueType, OpenType or a collection) has, from its `cmap` tables."""
    starts = [0]
    if font[:4] == b"ttcf":
        (count,) = struct.unpack_from(">I", font, 8)
        starts = list(struct.unpack_from(f">{count}I", font, 12))
    for cmap in {place for start in starts for place in _tables(font, start, b"cmap")}:
        (count,) = struct.unpack_from(">H", font, cmap + 2)
        records = [struct.unpack_from(">HHI", font, cmap + 4 + 8 * record) for record in range(count)]
        places = {cmap + offset for platform, _, offset in records if platform in {0, 3}}
        kinds = {struct.unpack_from(">H", font, place)[0]: place for place in places}
        if 12 in kinds:  # has all that the older kind has
            yield from _groups(font, kinds[12])
        elif 4 in kinds:
            yield from _segments(font, kinds[4])


def _tables(font: bytes, start: int, wanted: bytes) -> Iterator[int]:
    (count,) = struct.unpack_from(">H", font, start + 4)
    for record in range(count):
        tag, _, offset, _ = struct.unpack_from(">4sIII", font, start + 12 + 16 * record)
        if tag == wanted:
            yield offset


def _groups(font: bytes, at: int) -> Iterator[range]:
    (groups,) = struct.unpack_from(">I", font, at + 12)
    for first, last, _ in struct.iter_unpack(">III", font[at + 16 : at + 16 + 12 * groups]):
        yield range(first, last + 1)


def _segments(font: bytes, at: int) -> Iterator[range]:
    """Read a subtable of segments; one that points to glyphs one by one may leave some of its characters out."""
    (doubled,) = struct.unpack_from(">H", font, at + 6)
    count = doubled // 2
    lasts = struct.unpack_from(f">{count}H", font, at + 14)
    firsts = struct.unpack_from(f">{count}H", font, at + 16 + doubled)
    deltas = struct.unpack_from(f">{count}H", font, at + 16 + 2 * doubled)
    offsets_at = at + 16 + 3 * doubled
    offsets = struct.unpack_from(f">{count}H", font, offsets_at)
    for place, (first, last, delta, offset) in enumerate(zip(firsts, lasts, deltas, offsets, strict=True)):
        for character in range(first, min(last, 0xFFFE) + 1):
            glyph = character
            if offset:
                (glyph,) = struct.unpack_from(">H", font, offsets_at + 2 * place + offset + 2 * (character - first))
            if glyph and (glyph + delta) % 0x10000:
                yield range(character, character + 1)
