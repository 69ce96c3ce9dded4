"""Backups and the check of the data: what is brought back is what was there, and damage is noticed."""

from __future__ import annotations

import hashlib
import random
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, text, update

from db import backup, checks, documents, engines, session, uploads
from db.base import Base
from db.cases import Case
from db.clock import now, pretending
from db.counters import Counted
from db.paths import data_folder
from db.people import SYSTEM
from db.refused import Refused
from tests.builders import a_complaint, an_office, handle

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40


def keep(s, content: bytes, name: str, case: Case) -> None:
    documents.add(s, uploads.checked(content, name), documents.Owner(case_id=case.id))


@pytest.fixture
def office(sqlite_engine):
    """An office with a complaint that has a document."""
    office = an_office()
    with session.writing(office.desk) as s:
        keep(s, PDF, "合同.pdf", a_complaint(s, office))
    return office


def rows() -> dict[str, str]:
    """Hash the rows of every table."""
    with session.reading(SYSTEM) as s:
        return {
            table.name: hashlib.sha256(repr(sorted(map(repr, s.execute(select(table))))).encode()).hexdigest()
            for table in Base.metadata.sorted_tables
        }


def files() -> dict[str, bytes]:
    """Read every kept document."""
    folder = data_folder() / "files"
    return {each.name: each.read_bytes() for each in folder.glob("*/*")}


@pytest.mark.requirement("X7")
def test_what_is_brought_back_is_what_was_there(office) -> None:
    before, kept = rows(), files()
    file = backup.make()
    with session.writing(office.desk) as s:
        case = a_complaint(s, office)
        keep(s, PDF + b"more", "另一份.pdf", case)
        handle(s, case)
    for each in (data_folder() / "files").glob("*/*"):
        each.unlink()
    assert rows() != before
    former = backup.restore(file)
    assert (rows(), files()) == (before, kept)
    assert checks.run() == []
    with session.writing(office.desk) as s:  # and the office goes on
        a_complaint(s, office)
    assert former is not None
    backup.restore(former)
    assert rows() != before


def test_a_backup_is_made_while_somebody_writes(office) -> None:
    before = rows()
    with session.writing(office.desk) as s:
        a_complaint(s, office)
        s.flush()
        file = backup.make()
    assert rows() != before
    backup.restore(file)
    assert rows() == before


@pytest.mark.requirement("X7")
def test_a_single_flipped_bit_is_refused_and_nothing_changed(office) -> None:
    file = backup.make()
    whole, before = file.read_bytes(), rows()
    chance = random.Random(7)
    places = [0, 257, 511, 512, len(whole) - 1, len(whole) - 1500, len(whole) - 2048, len(whole) - 2049]
    for at in [*places, *(chance.randrange(len(whole)) for _ in range(40))]:
        damaged = bytearray(whole)
        damaged[at] ^= 1 << chance.randrange(8)
        file.write_bytes(damaged)
        with pytest.raises(Refused, match="不完整或已损坏"):
            backup.restore(file)
    assert rows() == before


@pytest.mark.parametrize("left", [0, 100, 2047, 2048, 5000, -1, -512, -1024, -2048])
def test_a_truncated_file_is_refused(office, left: int) -> None:
    file = backup.make()
    file.write_bytes(file.read_bytes()[:left])
    with pytest.raises(Refused, match="不完整或已损坏"):
        backup.restore(file)


def test_no_backup_at_all_is_refused(office, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="打不开备份文件"):
        backup.restore(tmp_path / "none.tar")
    other = tmp_path / "photo.tar"
    other.write_bytes(bytes(9000))
    with pytest.raises(Refused, match="不完整或已损坏"):
        backup.restore(other)


def test_a_backup_of_a_newer_program_is_refused(office) -> None:
    with session.writing(SYSTEM) as s:
        s.execute(text("UPDATE alembic_version SET version_num = 'not yet known'"))
    file = backup.make()
    with pytest.raises(Refused, match="更新版本"):
        backup.restore(file)


def test_a_damaged_database_is_not_backed_up_but_can_be_replaced(office) -> None:
    before = rows()
    file = backup.make()
    database = Path(session.engine().url.database)
    session.bind(session.engine().url.render_as_string())
    for part in (database, *database.parent.glob("guanjia.db-*")):
        part.unlink()
    database.write_bytes(b"not a database at all" * 500)
    with pytest.raises(Refused, match="有损坏"):
        backup.make()
    assert backup.restore(file) is None
    assert rows() == before
    assert [each.name[:18] for each in database.parent.glob("*.broken-*")] == ["guanjia.db.broken-"]


def test_a_file_is_named_by_the_estates_clock_and_never_overwritten(office, tmp_path: Path) -> None:
    with pretending(now().replace(year=2026, month=11, day=22, hour=18, minute=0, second=5)):
        names = [backup.make(tmp_path / "stick").name for _ in range(2)]
    assert names == ["guanjia-20261123-020005.tar", "guanjia-20261123-020005-1.tar"]


def test_a_folder_that_cannot_be_written_is_told(office, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("x")
    with pytest.raises(Refused, match="备份写不进"):
        backup.make(blocked / "folder")


def test_the_newest_backup_stays_however_old(tmp_path: Path) -> None:
    for name in ("guanjia-20250101-020000.tar", "guanjia-20250102-020000.tar", "guanjia-mine.tar"):
        (tmp_path / name).touch()
    gone = backup.keep_lately(tmp_path, now())
    assert [each.name for each in gone] == ["guanjia-20250101-020000.tar"]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["guanjia-20250102-020000.tar", "guanjia-mine.tar"]


def test_on_postgresql_the_administrator_is_told_what_to_use(postgres_engine) -> None:
    for act in (backup.make, lambda: backup.restore(Path("any.tar"))):
        with pytest.raises(Refused, match="pg_dump"):
            act()


# --- checks ---


def test_a_sound_office_has_no_findings(engine) -> None:
    office = an_office()
    with session.writing(office.desk) as s:
        handle(s, a_complaint(s, office))
    assert checks.run() == []


def test_contradictions_are_found(engine) -> None:
    office = an_office()
    with session.writing(office.desk) as s:
        numbers = [a_complaint(s, office).number for _ in range(3)]
    with session.writing(SYSTEM) as s:
        s.execute(update(Case.__table__).where(Case.number == numbers[0]).values(state="working"))
        s.execute(update(Case.__table__).where(Case.number == numbers[1]).values(version=9))
        s.execute(update(Counted).where(Counted.measure == "opened").values(n=5))
        s.execute(delete(Counted).where(Counted.measure == "topic"))
    found = checks.run()
    assert [each for each in found if numbers[0] in each or numbers[1] in each] == [
        f"{numbers[0]} 的状态是 working，最后一步却到了 waiting。",
        f"{numbers[1]} 的版本是 9，最后一步却是 1。",
    ]
    counts = {each.split()[1].split("/")[0] for each in found if each.startswith("计数")}
    assert counts == {"opened", "topic"}


def test_a_case_without_history_and_a_broken_reference_are_found(sqlite_engine) -> None:
    office = an_office()
    with session.writing(office.desk) as s:
        case = a_complaint(s, office)
    with sqlite3.connect(sqlite_engine.url.database) as raw:
        raw.execute("PRAGMA foreign_keys=OFF")
        columns = [column.name for column in Case.__table__.columns if column.name not in {"id", "number"}]
        listed = ", ".join(columns)
        raw.execute(f"INSERT INTO cases (number, {listed}) SELECT 'TS-0', {listed} FROM cases")  # noqa: S608
        raw.execute("INSERT INTO case_links (case_id, other_id, kind) VALUES (?, 999, 'from')", [case.id])
    found = checks.run()
    assert "TS-0 没有经过记录。" in found
    assert "case_links 第 1 行指向的 cases 不存在。" in found


def test_missing_and_changed_documents_are_found(office) -> None:
    assert checks.run() == []
    (path,) = (data_folder() / "files").glob("*/*")
    path.write_bytes(PDF[:-1])
    assert checks.run() == ["文件“合同.pdf”的内容已损坏，请从备份恢复。"]
    path.unlink()
    assert checks.run() == ["文件“合同.pdf”不在数据文件夹里，请从备份恢复。"]


def test_many_findings_of_one_kind_are_summed_up(engine) -> None:
    an_office()
    day = now().date()
    with session.writing(SYSTEM) as s:
        office = s.scalar(select(Base.metadata.tables["estates"].c.id))
        s.execute(insert(Counted), [
            {"measure": "opened", "process": "complaints", "day": day - timedelta(days=n), "estate_id": office,
             "building_id": 0, "detail": "", "n": 1} for n in range(checks.MOST + 7)
        ])  # fmt: skip
    found = checks.run()
    assert (len(found), found[-1]) == (checks.MOST + 1, "……同类问题还有 7 处。")


def test_the_copy_is_a_database_by_itself(office, tmp_path: Path) -> None:
    file = backup.make(tmp_path)
    backup._unpack(file, tmp_path / "out")
    with backup._opened(tmp_path / "out" / backup.DATABASE) as copy:
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert engines.sqlite_module() is not None
