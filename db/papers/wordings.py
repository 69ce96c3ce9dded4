"""The prose of papers 单据文字: the house's, in `wordings/<kind>.toml`, and what an estate has made of it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.audit import record
from db.base import PROSE_LENGTH
from db.checking import clean_text
from db.clock import now
from db.ledger.calculations import in_chinese
from db.papers.kinds import PaperKind
from db.papers.tables import PaperWording
from db.people import Right, User, require
from db.refused import Conflict, Refused
from db.session import actor_of
from db.words import Words, _

FOLDER = Path(__file__).parent / "wordings"
EVERYWHERE = ("company", "estate", "phone", "day")
"""Blanks that every paper fills: whose it is, and the day of issue."""
MOST_CLAUSES = 60
MOST = {"title": 40, "opening": PROSE_LENGTH, "clauses": 20_000, "closing": PROSE_LENGTH}
"""Characters."""
BLANK = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_BRACE = re.compile(r"[{}]")
LINE = "_" * 12
"""Stands for a blank that nothing fills: to be written by hand."""

Refuse = Callable[[Mapping[str, Any]], None]
"""Raises `Refused` for a text with a character that no font shows; the papers' printer knows."""


@dataclass(frozen=True)
class Wording:
    """What a paper says besides its facts; blanks `{unit}` still open."""

    title: str
    """Empty: the kind's own."""
    opening: str
    clauses: tuple[str, ...]
    closing: str
    version: int = 0
    """0: the house's own, never changed."""

    def texts(self) -> tuple[str, ...]:
        """List all its texts."""
        return (self.title, self.opening, *self.clauses, self.closing)


@dataclass(frozen=True)
class Version:
    """One version of an estate's wording, as the list of versions shows it."""

    version: int
    house: bool
    by: str
    at: Any


@cache
def of_the_house(kind: str) -> Wording:
    """Read the house's own wording; a paper without a file has none."""
    file = FOLDER / f"{kind}.toml"
    if not file.is_file():
        return Wording("", "", (), "")
    read = tomllib.loads(file.read_text(encoding="utf-8"))
    return Wording(
        str(read.get("title", "")).strip(), str(read.get("opening", "")).strip(),
        tuple(str(each).strip() for each in read.get("clauses", ())), str(read.get("closing", "")).strip(),
    )  # fmt: skip


def wording_of(session: Session, estate_id: int, kind: PaperKind) -> Wording:
    """Return what holds in an estate: its own newest version, else the house's."""
    row = _newest(session, estate_id, kind.key)
    if row is None:
        return of_the_house(kind.key)
    return _read(row)


def _newest(session: Session, estate_id: int, kind: str) -> PaperWording | None:
    return session.scalar(
        select(PaperWording)
        .where(PaperWording.estate_id == estate_id, PaperWording.kind == kind)
        .order_by(PaperWording.version.desc())
        .limit(1)
    )


def _read(row: PaperWording) -> Wording:
    if row.house:
        house = of_the_house(row.kind)
        return Wording(house.title, house.opening, house.clauses, house.closing, row.version)
    return Wording(row.title, row.opening, tuple(filter(None, row.clauses.split("\n"))), row.closing, row.version)


def versions(session: Session, estate_id: int, kind: PaperKind) -> list[Version]:
    """List the versions of an estate's wording, newest first; empty while it was never changed."""
    rows = session.execute(
        select(PaperWording, User.name)
        .join(User, User.id == PaperWording.changed_by)
        .where(PaperWording.estate_id == estate_id, PaperWording.kind == kind.key)
        .order_by(PaperWording.version.desc())
    )
    return [Version(row.version, row.house, by, row.changed_at) for row, by in rows]


def blanks_of(kind: PaperKind) -> dict[str, str]:
    """List the blanks that a wording of this paper may use, with what each stands for."""
    named = (_("公司名称"), _("项目名称"), _("联系电话"), _("开具日期"))
    usual = {key: in_chinese(label) for key, label in zip(EVERYWHERE, named, strict=True)}
    return usual | {each.key: in_chinese(each.label) for each in kind.facts}


def filled(text: str, facts: Mapping[str, str]) -> str:
    """Fill the blanks of a text; what is not known is left to be written by hand."""
    return BLANK.sub(lambda blank: facts.get(blank[1]) or LINE, text)


def as_typed(title: str, opening: str, clauses: str, closing: str) -> Wording:
    """Make a wording of what was typed: one clause a line, numbers typed before them left out."""
    lines = [" ".join(line.split()) for line in clean_text(clauses).split("\n")]
    unnumbered = tuple(filter(None, (_NUMBER.sub("", line) for line in lines)))
    return Wording(" ".join(clean_text(title).split()), clean_text(opening), unnumbered, clean_text(closing))


_NUMBER = re.compile(r"^(?:[(\uff08]?\d{1,2}[)\uff09]|\d{1,2}(?:\u3001|[.\uff0e](?!\d)))\s*")


def change(
    session: Session, estate_id: int, kind: PaperKind, wording: Wording, *, refuse: Refuse, version: int | None = None
) -> None:
    """Give a paper another wording from now on; what was issued stays as it is. Needs `MANAGE_SETTINGS`.

    `version` is the one the form was drawn with. Raises `Refused` for blanks that the paper does not know, by name,
    for an empty wording, and for characters in no font.
    """
    _may(session, estate_id)
    problems = _problems(kind, wording)
    if problems:
        raise Refused(_("请检查标出的 {n} 处。", n=len(problems)), problems)
    refuse({"texts": list(wording.texts())})
    if wording.texts() == wording_of(session, estate_id, kind).texts():
        return
    _add(session, estate_id, kind, version, title=wording.title, opening=wording.opening,
         clauses="\n".join(wording.clauses), closing=wording.closing)  # fmt: skip


def go_back(session: Session, estate_id: int, kind: PaperKind, to: int, *, version: int | None = None) -> None:
    """Go back to an earlier version, or with 0 to the house's own; that is a new version again."""
    _may(session, estate_id)
    if to == 0:
        _add(session, estate_id, kind, version, house=True)
        return
    former = session.scalar(
        select(PaperWording).where(
            PaperWording.estate_id == estate_id, PaperWording.kind == kind.key, PaperWording.version == to
        )
    )
    if former is None:
        raise Refused(_("没有找到这个版本，请刷新后再试。"))
    _add(session, estate_id, kind, version, title=former.title, opening=former.opening, clauses=former.clauses,
         closing=former.closing, house=former.house)  # fmt: skip


def former(session: Session, estate_id: int, kind: PaperKind, version: int) -> Wording:
    """Return a version as it was; 0 is the house's."""
    row = session.scalar(
        select(PaperWording).where(
            PaperWording.estate_id == estate_id, PaperWording.kind == kind.key, PaperWording.version == version
        )
    )
    return of_the_house(kind.key) if row is None else _read(row)


def _may(session: Session, estate_id: int) -> None:
    actor = actor_of(session)
    require(actor, Right.MANAGE_SETTINGS)
    if estate_id not in actor.estates:
        raise Refused(_("您不负责这个项目。"))


def _add(session: Session, estate_id: int, kind: PaperKind, seen: int | None, **texts: Any) -> None:
    newest = _newest(session, estate_id, kind.key)
    last = newest.version if newest is not None else 0
    if seen is not None and seen != last:
        raise Conflict(_("这份文字刚被别人改过，请看过最新的文字后再改。"))
    row = PaperWording(
        estate_id=estate_id, kind=kind.key, version=last + 1, changed_by=actor_of(session).user_id, changed_at=now(),
        **texts,
    )  # fmt: skip
    session.add(row)
    session.flush()
    record(session, "changed", "paper_wordings", row.id, estate_id=estate_id, ground=in_chinese(kind.title),
           before={"version": last}, after={"version": row.version})  # fmt: skip


def _problems(kind: PaperKind, wording: Wording) -> dict[str, Words]:
    known = blanks_of(kind)
    found: dict[str, Words] = {}
    clauses = "\n".join(wording.clauses)
    parts = {"title": wording.title, "opening": wording.opening, "clauses": clauses, "closing": wording.closing}
    for name, text in parts.items():
        if wrong := _wrong_blank(text, known):
            found[name] = wrong
        elif len(text) > MOST[name]:
            found[name] = _("最多 {most} 个字，现在是 {now} 个字，请删减。", most=MOST[name], now=len(text))
    house = of_the_house(kind.key)
    if house.opening and not wording.opening:
        found["opening"] = _("正文不能为空；不想改就恢复原文。")
    if house.clauses and not wording.clauses:
        found["clauses"] = _("条款不能为空；不想改就恢复原文。")
    if len(wording.clauses) > MOST_CLAUSES:
        found["clauses"] = _("最多 {most} 条。", most=MOST_CLAUSES)
    return found


def _wrong_blank(text: str, known: Mapping[str, str]) -> Words | None:
    """Say which blank is wrong, by name."""
    for name in BLANK.findall(text):
        if name not in known:
            return _("没有“{blank}”这个空格，请从可用的空格里选。", blank="{" + name + "}")
    if _BRACE.search(BLANK.sub("", text)):
        return _("花括号只用来写空格，例如 {blank}。", blank="{" + next(iter(known)) + "}")
    return None
