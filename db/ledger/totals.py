"""What stands on a month's bills by building and item, kept as bills are made, settled and voided."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db.ledger.tables import NOTHING, Bill, FeeItem, FeeKind, FeeTotal

_KEY = ("estate_id", "kind", "month", "building_id", "fee_item_id")
_SUMS = ("bills", "amount", "waived", "paid")
Key = tuple[int, date, int, int]
"""(estate, month, building, fee item)"""


def upsert(session: Session, table: Any) -> Any:
    """Make an insert that knows `on_conflict_…` on the session's engine."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    return insert(table)


@dataclass
class Moves:
    """Changes to the totals, gathered and written in one go in the order of their keys, so that writers never meet."""

    _by: dict[Key, list[Decimal | int]] = field(default_factory=lambda: defaultdict(lambda: [0, *[NOTHING] * 3]))

    def add(
        self, bill: Bill, *, bills: int = 0, amount: Decimal = NOTHING, waived: Decimal = NOTHING,
        paid: Decimal = NOTHING,
    ) -> None:  # fmt: skip
        """Note what one bill's heading gains or loses."""
        self.add_to((bill.estate_id, bill.month, bill.building_id, bill.fee_item_id), bills, amount, waived, paid)

    def add_to(self, key: Key, bills: int, amount: Decimal, waived: Decimal, paid: Decimal) -> None:
        """Note what a heading gains or loses."""
        row = self._by[key]
        for place, change in enumerate((bills, amount, waived, paid)):
            row[place] += change  # type: ignore[operator]  # numbers of one kind in each place

    def write(self, session: Session) -> None:
        """Add the changes to the totals."""
        changed = {key: row for key, row in self._by.items() if any(row)}
        if not changed:
            return
        kinds = _kinds(session, {item for *_place, item in changed})
        rows = [
            dict(zip(_KEY, (estate, kinds[item], month, building, item), strict=True))
            | dict(zip(_SUMS, sums, strict=True))
            for (estate, month, building, item), sums in sorted(changed.items())
        ]
        table: Table = FeeTotal.__table__  # type: ignore[assignment]  # a table
        statement = upsert(session, table)
        more = {name: table.c[name] + statement.excluded[name] for name in _SUMS}
        session.execute(statement.on_conflict_do_update(index_elements=_KEY, set_=more), rows)


def _kinds(session: Session, items: set[int]) -> dict[int, FeeKind]:
    known: dict[int, FeeKind] = session.info.setdefault("fee_kinds", {})
    if missing := items - known.keys():
        rows = session.execute(select(FeeItem.id, FeeItem.kind).where(FeeItem.id.in_(missing)))
        known |= {item: kind for item, kind in rows}  # noqa: C416 - rows are not pairs to mypy
    return known
