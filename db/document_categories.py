"""What the office's documents are 档案类别, and for how many years each kind is kept 保存期限 (HB:102, R6)."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from sqlalchemy.orm import Session

from db.base import Choice
from db.settings import Setting, value_of
from db.uploads import DocumentKind
from db.words import _

_WORDS = Path(__file__).with_suffix(".toml")


class Category(Choice):
    """What a document is to the office."""

    CONTRACT = "contract", _("合同")
    DRAWING = "drawing", _("图纸（结构/管线）")
    LICENCE = "licence", _("执照资质")
    IDENTITY = "identity", _("身份证件")
    AUTHORITY = "authority", _("授权委托")
    SIGNED = "signed", _("签署文件")
    ACCEPTANCE = "acceptance", _("验收单")
    PHOTO = "photo", _("照片")
    VOUCHER = "voucher", _("单据")
    OTHER = "other", _("其他")


FOREVER = 0
"""So many years: never to be removed."""
_YEARS = {
    Category.CONTRACT: 10, Category.DRAWING: FOREVER, Category.LICENCE: 5, Category.IDENTITY: 2,
    Category.AUTHORITY: 5, Category.SIGNED: 10, Category.ACCEPTANCE: 10, Category.PHOTO: 3, Category.VOUCHER: 30,
    Category.OTHER: 5,
}  # fmt: skip
KEEP_YEARS: dict[Category, Setting] = {
    category: Setting(
        f"documents.years.{category.value}", _("{category}：保存多少年", category=category.label), years,
        _("从所属事项办结、合同到期或客户离开之日算起；0 为长期保存"), least=FOREVER, most=100,
    )
    for category, years in _YEARS.items()
}  # fmt: skip
"""Vouchers of money: 会计档案管理办法, 30 years. Copies of identity papers: the shortest time that serves (PIPL 19)."""
KEPT_WHILE_HERE = frozenset(
    {Category.CONTRACT, Category.LICENCE, Category.AUTHORITY, Category.SIGNED, Category.ACCEPTANCE}
)
"""Kept as long as the customer of the matter still holds a unit; what is filed with himself always is."""


def years_of(session: Session, category: Category, estate_id: int) -> int:
    """Return for how many years an estate keeps a category; `FOREVER` for always."""
    return int(value_of(session, KEEP_YEARS[category], estate_id))


@cache
def _words() -> tuple[tuple[Category, tuple[str, ...]], ...]:
    read = tomllib.loads(_WORDS.read_text(encoding="utf-8"))
    return tuple((Category(each["key"]), tuple(each["words"])) for each in read["category"])


def proposed(name: str, kind: DocumentKind, label: str = "") -> Category:
    """Say what a file most likely is, by its name, its label and what it contains."""
    for category, words in _words():
        if any(word in text for text in (label, name) for word in words):
            return category
    return Category.PHOTO if kind is DocumentKind.PHOTO else Category.OTHER
