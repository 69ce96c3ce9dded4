"""What an import would do: the verdict on every row of a workbook, before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.clock import today
from db.importing.bulk import no_collecting
from db.importing.headings import LEFT_OUT, Kind, SheetMapping, WorkbookMapping, guess, signatures
from db.importing.judging import Judge
from db.importing.known import Known, Person, Record, fingerprint, load
from db.importing.reading import Workbook
from db.importing.rows import Note, ReadRow, read_rows
from db.importing.sheet_rows import Skipped
from db.importing.tables import Import, ImportMapping
from db.importing.verdicts import RowPlan, Verdict
from db.people import SYSTEM_ID, Right, User, require
from db.refused import Refused
from db.session import actor_of
from db.words import Words, _

Progress = Callable[[int, int], None]
"""Called with how much is done and of how much."""


@dataclass(frozen=True)
class SheetPlan:
    """What becomes of one sheet."""

    name: str
    mapping: SheetMapping
    counts: Mapping[Verdict, int]
    skipped: Skipped
    left_out: Words | None

    @property
    def unused(self) -> tuple[str, ...]:
        """Headings of columns that are not imported."""
        return () if self.left_out else self.mapping.unused


@dataclass(frozen=True)
class Before:
    """An earlier import of the same bytes that still stands."""

    import_id: int
    at: datetime
    by: str


@dataclass(frozen=True)
class Plan:
    """The verdict on every row, in the workbook's order, and the records that the good ones would write."""

    workbook: Workbook
    mapping: WorkbookMapping
    estate_id: int
    rows: tuple[RowPlan, ...]
    sheets: tuple[SheetPlan, ...]
    fresh: Mapping[str, list[Record]]
    changed: tuple[Record, ...]
    sources: tuple[RowPlan, ...]
    """The row plans as `Record.row` counts them."""
    fingerprint: tuple[Any, ...]
    """Of the registry that this was planned against."""
    before: Before | None

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many rows have each verdict."""
        counted = Counter(row.verdict for row in self.rows)
        return {verdict: counted[verdict] for verdict in Verdict}

    @property
    def bad_rows(self) -> list[RowPlan]:
        """The rows that stay out."""
        return [row for row in self.rows if row.verdict is Verdict.ERROR]

    @property
    def writes_anything(self) -> bool:
        """Whether an import would change the registry at all."""
        return bool(self.changed) or any(self.fresh.values())


def remembered(session: Session, workbook: Workbook) -> dict[str, Mapping[str, Any]]:
    """Fetch how sheets with these headings were understood before: signature → stored mapping."""
    wanted = set(signatures(workbook).values())
    rows = session.execute(
        select(ImportMapping.signature, ImportMapping.mapping).where(ImportMapping.signature.in_(wanted))
    )
    return dict(rows.all())


def understand(session: Session, workbook: Workbook) -> WorkbookMapping:
    """Guess what sheets and columns mean, by what was chosen for the same headings before."""
    return guess(workbook, remembered(session, workbook))


def plan(
    session: Session,
    workbook: Workbook,
    mapping: WorkbookMapping,
    estate_id: int,
    progress: Progress | None = None,
) -> Plan:
    """Judge every row of a workbook against the estate's registry; writes nothing.

    Raises `Refused` when the actor may not import into the estate, or no sheet can be imported.
    """
    require_import(session, estate_id)
    with no_collecting():
        return _plan(session, workbook, mapping, estate_id, progress)


def _plan(
    session: Session, workbook: Workbook, mapping: WorkbookMapping, estate_id: int, progress: Progress | None
) -> Plan:
    rejected: dict[tuple[str, int], Note] = {}
    while True:
        skipped = {each.sheet: Skipped() for each in mapping.sheets}
        rows = _read(workbook, mapping, skipped, progress)
        known = load(session, estate_id)
        judge = Judge(known, today(), rows)
        judge.judge(rows, rejected)
        if not judge.late:
            break
        # Found wrong when the whole file was known, after its other cells had already been taken: once more without.
        rejected |= {
            (row.sheet, row.row): next(note for note in row.notes if note.severe)
            for row in judge.out
            if (row.sheet, row.row) in judge.late
        }
    by_sheet: dict[str, list[RowPlan]] = {each.sheet: [] for each in mapping.sheets}
    for row in judge.out:
        by_sheet[row.sheet].append(row)
    return Plan(
        workbook=workbook,
        mapping=mapping,
        estate_id=estate_id,
        rows=tuple(chain.from_iterable(by_sheet.values())),
        sheets=tuple(
            SheetPlan(
                each.sheet,
                each,
                Counter(row.verdict for row in by_sheet[each.sheet]),
                skipped[each.sheet],
                each.left_out,
            )
            for each in mapping.sheets
        ),
        fresh=judge.fresh,
        changed=tuple(_changed(known)),
        sources=tuple(judge.out),
        fingerprint=fingerprint(session, estate_id),
        before=_imported_before(session, workbook.sha256, estate_id),
    )


def require_import(session: Session, estate_id: int) -> None:
    """Refuse unless the actor may import into this estate."""
    actor = actor_of(session)
    require(actor, Right.IMPORT)
    if actor.user_id != SYSTEM_ID and estate_id not in actor.estates:
        raise Refused(_("这个项目不在您负责的范围内，不能导入。"))


def _read(
    workbook: Workbook, mapping: WorkbookMapping, skipped: Mapping[str, Skipped], progress: Progress | None
) -> dict[Kind, list[ReadRow]]:
    wanted = [each for each in mapping.sheets if each.left_out is None]
    if not wanted:
        reasons = [each.left_out for each in mapping.sheets if each.kind not in LEFT_OUT and each.left_out]
        reason = reasons[0] if reasons else _("没有找到楼栋、房屋、客户、车位或车辆的列，请为每张表指定类型和列。")
        raise Refused(_("“{name}”没有可以导入的表：{reason}", name=workbook.name, reason=reason))
    rows: dict[Kind, list[ReadRow]] = {}
    for done, each in enumerate(wanted):
        if progress:
            progress(done, len(wanted))
        rows.setdefault(each.kind, []).extend(read_rows(workbook.by_name[each.sheet], each, skipped[each.sheet]))
    return rows


def _changed(known: Known) -> Iterator[Record]:
    """List the registered records that the file changes, each before what refers to it."""
    stays = chain.from_iterable(known.stays.values())
    for record in chain(
        known.buildings.values(), known.units.values(), known.customer_ids.values(), stays, known.spaces.values(),
        known.vehicles.values(),
    ):  # fmt: skip
        if record.id is not None and (record.want or (isinstance(record, Person) and record.more_phones)):
            yield record


def _imported_before(session: Session, sha256: str, estate_id: int) -> Before | None:
    found = session.execute(
        select(Import.id, Import.imported_at, User.name)
        .join(User, User.id == Import.imported_by)
        .where(Import.sha256 == sha256, Import.estate_id == estate_id, Import.undone_at.is_(None))
        .order_by(Import.id.desc())
        .limit(1)
    ).first()
    return Before(*found) if found else None
