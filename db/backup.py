"""Backups: database and documents in one .tar file that knows when it has been damaged, and the way back."""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from alembic.script import ScriptDirectory

from db import engines, migrations, session
from db.clock import local, now
from db.faults import write_fault
from db.paths import data_folder
from db.refused import Refused
from db.words import _

DATABASE, FILES, SEAL = "guanjia.db", "files", "SHA256"
"""What a backup holds: the database, the documents, and last the SHA-256 of everything before it."""
KEPT = timedelta(days=14)
"""So long nightly backups are kept."""
PIECE = 1024 * 1024

_NAME = re.compile(r"guanjia-\d{8}-\d{6}(?:-\d+)?\.tar")
_MEMBER = re.compile(rf"{re.escape(DATABASE)}|{FILES}/[0-9a-f]{{2}}/[0-9a-f]{{64}}")


def folder() -> Path:
    """Return where backups go unless somebody names another folder."""
    return data_folder() / "backups"


def nightly_folder() -> Path:
    """Return where the clock's own backups go; only these are ever deleted."""
    return folder() / "nightly"


# ── making one ───────────────────────────────────────────────────────────────────────────────────────────────────────


def make(into: Path | None = None) -> Path:
    """Make a backup while the office works; returns its file, named by the estate's clock.

    The database is copied in one step, as it stands at one moment, and checked. Raises `Refused` on PostgreSQL, for a
    damaged database, and where the folder cannot be written.
    """
    database = _database_file()
    into = into or folder()
    try:
        into.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="backup-", dir=into) as desk:
            copy = Path(desk) / DATABASE
            _copy_database(database, copy)
            whole = Path(desk) / "whole.tar"
            _pack(copy, data_folder() / FILES, whole)
            return whole.rename(_free_name(into))
    except OSError as error:
        raise Refused(_("备份写不进 {folder}：磁盘已满或没有写入权限，请换一个文件夹。", folder=into)) from error


def keep_lately(nightly: Path, moment: datetime) -> list[Path]:
    """Delete nightly backups older than `KEPT`, but never the newest; returns those deleted."""
    found = sorted(each for each in nightly.glob("guanjia-*.tar") if _NAME.fullmatch(each.name))
    oldest = f"guanjia-{local(moment - KEPT):%Y%m%d-%H%M%S}"
    gone = [each for each in found[:-1] if each.name < oldest]
    for each in gone:
        each.unlink(missing_ok=True)
    return gone


def _database_file() -> Path:
    url = session.engine().url
    if url.get_backend_name() != "sqlite" or not url.database:
        raise Refused(
            _("数据库在 PostgreSQL 上，请由管理员用 pg_dump 备份、pg_restore 恢复，并一并复制数据文件夹里的 files。")
        )
    return Path(url.database)


def _free_name(into: Path) -> Path:
    stem = f"guanjia-{local(now()):%Y%m%d-%H%M%S}"
    names = (f"{stem}{f'-{n}' if n else ''}.tar" for n in range(1000))
    return next(into / name for name in names if not (into / name).exists())


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[Any]:
    connection = engines.sqlite_module().connect(str(file), timeout=engines.BUSY_MS / 1000, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


def _copy_database(source: Path, target: Path) -> None:
    """Copy in one step (other writers wait or go on in the journal), into a file that stands alone, and check it."""
    try:
        with _opened(source) as old, _opened(target) as new:
            old.backup(new, pages=-1)
            new.execute("PRAGMA journal_mode=DELETE")
        _check_database(target)
    except (sqlite3.DatabaseError, engines.sqlite_module().DatabaseError) as error:
        write_fault(error, page="backup")
        raise Refused(_("数据库文件有损坏，备份没有做成。请马上联系维护人员，先不要删除以前的备份。")) from error


def _check_database(file: Path) -> None:
    with _opened(file) as copy:
        said = [row[0] for row in copy.execute("PRAGMA quick_check(1)")]
    if said != ["ok"]:
        raise sqlite3.DatabaseError(said[0])


def _pack(database: Path, documents: Path, target: Path) -> None:
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as tar:
        tar.add(database, DATABASE, filter=_nobodys)
        for each in sorted(documents.glob("*/*")):
            name = f"{FILES}/{each.parent.name}/{each.name}"
            if _MEMBER.fullmatch(name):  # thumbnails and half-written ones are made again
                tar.add(each, name, filter=_nobodys)
    _seal(target)


def _nobodys(info: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave this computer's user out."""
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info


def _seal(file: Path) -> None:
    """Put the digest of all that came before at the end, as one more file in the tar."""
    with tarfile.open(file) as tar:
        last = tar.getmembers()[-1]
        end = last.offset_data + -(-last.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
    with file.open("r+b") as whole:
        whole.truncate(end)
        digest = _digest(whole, end)
        whole.seek(end)
        whole.write(_tail(digest))


def _tail(digest: str) -> bytes:
    """Return the last bytes of a sealed backup; always the same length."""
    info = tarfile.TarInfo(SEAL)
    info.size = len(digest)
    padded = digest.encode().ljust(tarfile.BLOCKSIZE, b"\0")
    return info.tobuf(tarfile.USTAR_FORMAT) + padded + bytes(2 * tarfile.BLOCKSIZE)


_TAIL_LENGTH = 4 * tarfile.BLOCKSIZE


def _digest(whole: IO[bytes], length: int) -> str:
    whole.seek(0)
    digest = hashlib.sha256()
    while length:
        piece = whole.read(min(PIECE, length))
        if not piece:
            break
        digest.update(piece)
        length -= len(piece)
    return digest.hexdigest()


# ── the way back ─────────────────────────────────────────────────────────────────────────────────────────────────────


def check(file: Path) -> None:
    """Refuse a backup that is cut short or in which a single bit differs from what was written."""
    damaged = Refused(_("备份文件 {file} 不完整或已损坏，没有恢复，现有数据未变。请换另一份备份。", file=file.name))
    try:
        length = file.stat().st_size - _TAIL_LENGTH
        if length <= 0:
            raise damaged
        with file.open("rb") as whole:
            digest = _digest(whole, length)
            if whole.read() != _tail(digest):
                raise damaged
    except OSError as error:
        raise Refused(_("打不开备份文件 {file}，请检查路径。", file=file)) from error


def restore(file: Path) -> Path | None:
    """Put a backup in place of all data; returns the backup of what was there before, if that could be read.

    The database is replaced in one transaction, so that whoever looks sees the old or the new; the documents are
    added. Raises `Refused` for a damaged file or one of a newer program; then nothing is changed.
    """
    database, address = _database_file(), session.engine().url.render_as_string(hide_password=False)
    check(file)
    data_folder().mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="restore-", dir=data_folder()) as desk:
            _unpack(file, Path(desk))
            _check_known(Path(desk) / DATABASE)
            former = _set_aside(database, address)
            _put_documents(Path(desk) / FILES)
            session.bind(address)
            with _opened(Path(desk) / DATABASE) as old, _opened(database) as new:
                old.backup(new, pages=-1)
    except OSError as error:
        raise Refused(_("恢复时写不进数据文件夹：磁盘已满或没有权限，请腾出空间后重做。")) from error
    migrations.upgrade(session.bind(address))
    return former


def _unpack(file: Path, desk: Path) -> None:
    with tarfile.open(file) as tar:
        for member in tar:
            source = tar.extractfile(member) if member.isfile() and _MEMBER.fullmatch(member.name) else None
            if source is None:  # the seal; nothing else was ever packed
                continue
            target = desk.joinpath(*member.name.split("/"))
            target.parent.mkdir(parents=True, exist_ok=True)
            with source, target.open("wb") as out:
                shutil.copyfileobj(source, out, PIECE)


def _check_known(database: Path) -> None:
    """Refuse a database that this program cannot read: damaged, or of a newer program."""
    try:
        _check_database(database)
        with _opened(database) as copy:
            revision = copy.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    except (sqlite3.DatabaseError, engines.sqlite_module().DatabaseError, TypeError) as error:
        raise Refused(_("备份里的数据库打不开，没有恢复，现有数据未变。请换另一份备份。")) from error
    known = {each.revision for each in ScriptDirectory.from_config(migrations.config()).walk_revisions()}
    if revision not in known:
        raise Refused(_("这份备份来自更新版本的管家台，请先升级程序再恢复；现有数据未变。"))


def _set_aside(database: Path, address: str) -> Path | None:
    """Back up what is there; a file that cannot even be read is moved out of the way."""
    if not database.exists():
        return None
    try:
        return make(folder() / "before-restore")
    except Refused:
        session.bind(address)
        stamp = f"{local(now()):%Y%m%d-%H%M%S}"
        for suffix in ("", "-wal", "-shm"):
            part = database.with_name(database.name + suffix)
            if part.exists():
                part.replace(database.with_name(f"{database.name}.broken-{stamp}{suffix}"))
        return None


def _put_documents(found: Path) -> None:
    """Add the documents; what is named by its own digest never changes, so those present stay."""
    for each in sorted(found.glob("*/*")):
        target = data_folder() / FILES / each.parent.name / each.name
        if not target.exists() or hashlib.sha256(target.read_bytes()).hexdigest() != each.name:
            target.parent.mkdir(parents=True, exist_ok=True)
            each.replace(target)
