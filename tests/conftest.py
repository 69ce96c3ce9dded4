"""What every test may ask for: databases of its own, and the switches of the run."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import URL, Engine

import manage
from db import session
from tests import engines

os.environ |= manage.office_clock()
if hasattr(time, "tzset"):
    time.tzset()

_copies = count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the switches that `manage.py test` hands on."""
    parser.addoption(
        "--without",
        action="append",
        default=[],
        choices=manage.CAN_DO_WITHOUT,
        help="leave out the tests that need it",
    )
    parser.addoption("--long", action="store_true", help="also kills, soaks, million-row runs, thousands of examples")


def pytest_configure(config: pytest.Config) -> None:
    """Name the run for the workers, and set how hard Hypothesis tries."""
    os.environ.setdefault(engines.RUN, str(os.getpid()))
    hypothesis.settings.register_profile("house", deadline=None)
    hypothesis.settings.register_profile("long", deadline=None, max_examples=3000)
    hypothesis.settings.load_profile("long" if config.getoption("--long") else "house")


def pytest_unconfigure() -> None:
    """End the PostgreSQL server with the run."""
    if os.environ.get(engines.RUN) == str(os.getpid()):
        engines.stop_postgres()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this run does without, and refuse a duty that the table does not know."""
    left_out = set(config.getoption("--without")) | (set() if config.getoption("--long") else {"long"})
    known = manage.duties()
    kept, dropped = [], []
    for item in items:
        if "postgres_server" in getattr(item, "fixturenames", ()):
            item.add_marker("postgres")
        for mark in item.iter_markers("requirement"):
            if unknown := set(mark.args) - set(known):
                message = f"{item.nodeid}: {', '.join(sorted(unknown))} is not in docs/requirements.md"
                raise pytest.UsageError(message)
        (dropped if any(item.get_closest_marker(name) for name in left_out) else kept).append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


@pytest.fixture(scope="session", autouse=True)
def _not_the_office(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep every test away from the data of this computer's office."""
    os.environ.pop("DATABASE_URL", None)
    os.environ["GUANJIA_DATA"] = str(tmp_path_factory.mktemp("data"))
    engines.leave()


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return this test's own data folder (`GUANJIA_DATA`)."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("GUANJIA_DATA", str(folder))
    return folder


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated, empty SQLite file, made once a worker."""
    return engines.make_sqlite_template(tmp_path_factory.mktemp("template"))


@pytest.fixture
def sqlite_engine(data_folder: Path, sqlite_template: Path) -> Iterator[Engine]:
    """Bind the process to a fresh, migrated SQLite file."""
    file = data_folder / "guanjia.db"
    file.write_bytes(sqlite_template.read_bytes())
    yield session.bind(engines.sqlite_url(file))
    engines.leave()


@pytest.fixture(scope="session")
def postgres_server() -> URL:
    """Return the address of the run's PostgreSQL server, started when first asked for."""
    return engines.postgres_url()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: URL) -> str:
    """Return the name of a migrated, empty database, made once a worker."""
    return engines.make_postgres_template(postgres_server, f"template_{os.getpid()}")


@pytest.fixture
def postgres_engine(postgres_server: URL, postgres_template: str, data_folder: Path) -> Iterator[Engine]:
    """Bind the process to a fresh, migrated PostgreSQL database."""
    name = f"test_{os.getpid()}_{next(_copies)}"
    with engines.postgres_copy(postgres_server, postgres_template, name) as url:
        yield session.bind(url)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Bind the process to a fresh, migrated database, once on each engine; `reading` and `writing` then use it."""
    return request.getfixturevalue({"sqlite": "sqlite_engine", "postgresql": "postgres_engine"}[request.param])
