"""What a goods pass names 放行物品: typed or pasted one thing a line, counted out at the gate."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import LINE_LENGTH, NAME_LENGTH
from db.dossiers.goods_tables import GoodsLine
from db.fields import Field
from db.refused import Refused
from db.words import _

MOST_LINES = 200
MOST_COUNT = 9999
_SHOWN = 3
"""So many things a summary names."""
_WRITTEN = Path(__file__).with_suffix(".toml")
_NARROW = {0xFF10 + digit: 0x30 + digit for digit in range(10)}
"""Digits as a Chinese keyboard may write them."""

GOODS = Field(
    "goods", _("物品"), "prose", _("一行一件，例如：沙发 1 件；可从表格粘贴，最多 200 行"), length=MOST_LINES * 120
)


@dataclass(frozen=True)
class Goods:
    """One thing, as typed or as it stands on a pass."""

    name: str
    count: int = 1
    measure: str = ""
    note: str = ""
    id: int = 0
    out: int = 0

    @property
    def left(self) -> int:
        """Say how many may still go out."""
        return self.count - self.out

    @property
    def said(self) -> str:
        """Write it as people do: `沙发 1 件`."""
        return f"{self.name} {self.amount(self.count)}"

    def amount(self, count: int) -> str:
        """Write a number of it with its measure."""
        return f"{count} {self.measure}".strip()


# ── reading what was typed ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Reading:
    between: re.Pattern[str]
    numbered: re.Pattern[str]
    measured: re.Pattern[str]
    spaced: re.Pattern[str]
    glued: re.Pattern[str]
    numerals: str
    around: str
    """What is stripped from a note."""


@cache
def _reading() -> _Reading:
    told = tomllib.loads(_WRITTEN.read_text(encoding="utf-8"))
    said = {name: re.escape(each) for name, each in told.items() if isinstance(each, str)}
    opening, closing = (re.escape(each) for each in told["brackets"])
    measures = "|".join(map(re.escape, told["measures"]))
    gap = rf"[\s{said['before_number']}]"
    return _Reading(
        between=re.compile(rf"\n|[{said['between_always']}]|{said['between']}(?![^{opening}]*[{closing}])"),
        numbered=re.compile(rf"^\d{{1,3}}(?:[{said['between']}{closing}]|\.(?!\d))\s*"),
        measured=re.compile(
            rf"^(?P<name>.+?){gap}*(?P<count>\d+|[{said['numerals']}{said['two']}]+)\s*(?P<measure>{measures})"
            rf"(?:$|(?=[{said['after_measure']}])(?P<note>.*)$)"
        ),
        spaced=re.compile(rf"^(?P<name>.+?){gap}+(?P<count>\d+)(?:\s+(?P<note>.*))?$"),
        glued=re.compile(r"^(?P<name>.*[^\x00-\x7f])(?P<count>\d+)$"),
        numerals=told["numerals"],
        around=f" {told['after_measure']}{told['brackets'][1]}",
    )


def read(typed: str) -> list[Goods]:
    """Read what was typed or pasted: `沙发 1 件`, `茶几两张（玻璃面）`, one a line; no number means one.

    Raises `Refused` on `goods` for nothing, too many lines, a name too long or a number out of reason.
    """
    reading = _reading()
    lines = [" ".join(each.translate(_NARROW).split()) for each in reading.between.split(typed or "")]
    found = [_line(reading, reading.numbered.sub("", each) or each) for each in lines if each]
    if not found:
        raise _wrong(_("请写明放行哪些物品，一行一件，例如：沙发 1 件。"))
    if len(found) > MOST_LINES:
        raise _wrong(_("一张放行条最多 {most} 行，现在是 {n} 行，请分开办理。", most=MOST_LINES, n=len(found)))
    for row, each in enumerate(found, start=1):
        if len(each.name) > NAME_LENGTH or len(each.note) > LINE_LENGTH:
            raise _wrong(_("第 {row} 行太长，请分行写：{name}…", row=row, name=each.name[:20]))
        if not 1 <= each.count <= MOST_COUNT:
            wrong = _("第 {row} 行“{name}”的数量应在 1 到 {most} 之间。", row=row, name=each.name, most=MOST_COUNT)
            raise _wrong(wrong)
    return found


def _wrong(sentence: object) -> Refused:
    return Refused(sentence, {"goods": sentence})


def _line(reading: _Reading, line: str) -> Goods:
    for pattern in (reading.measured, reading.spaced, reading.glued):
        if match := pattern.match(line):
            said = match.groupdict()
            name, note = said["name"].strip(), (said.get("note") or "").strip(reading.around)
            return Goods(name, _number(reading, said["count"]), said.get("measure") or "", note)
    return Goods(line)


def _number(reading: _Reading, said: str) -> int:
    """Read digits, or a Chinese number below a hundred."""
    if said.isascii():
        return int(said[:6])
    ten = reading.numerals[10]
    digits = {each: value for value, each in enumerate(reading.numerals)}
    tens, _ten, ones = said.rpartition(ten) if ten in said else ("", "", said)
    one = digits.get(ones, 2) if ones else 0
    return (digits.get(tens, 2) if tens else 1) * 10 + one if ten in said else one


# ── the lines of a pass ──────────────────────────────────────────────────────────────────────────────────────────────


def write(session: Session, case_id: int, goods: Sequence[Goods]) -> None:
    """Put these in the place of a pass's lines."""
    for former in session.scalars(select(GoodsLine).where(GoodsLine.case_id == case_id)):
        session.delete(former)
    session.flush()
    session.add_all(
        GoodsLine(case_id=case_id, position=place, name=each.name, count=each.count, measure=each.measure,
                  note=each.note)
        for place, each in enumerate(goods, start=1)
    )  # fmt: skip
    session.flush()


def lines_of(session: Session, case_id: int) -> list[Goods]:
    """List what a pass names, as written."""
    rows = session.scalars(select(GoodsLine).where(GoodsLine.case_id == case_id).order_by(GoodsLine.position))
    return [Goods(each.name, each.count, each.measure, each.note, each.id, each.out) for each in rows]


def summary(goods: Sequence[Goods]) -> str:
    """Name the first few, and how many there are."""
    said = str(_("、")).join(each.said for each in goods[:_SHOWN])
    return said if len(goods) <= _SHOWN else str(_("{first}等 {n} 项", first=said, n=len(goods)))


def written(goods: Sequence[Goods]) -> str:
    """Write them as they may be typed again."""
    return "\n".join(" ".join(filter(None, (each.said, each.note))) for each in goods)
