"""Where the office's data lies: one folder for the database, documents and backups."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def data_folder() -> Path:
    """Return the data folder (`GUANJIA_DATA`, else `data/` beside the program), made if missing."""
    folder = Path(os.environ.get("GUANJIA_DATA") or ROOT / "data")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def database_url() -> str:
    """Return `DATABASE_URL`, else the SQLite file in the data folder."""
    return os.environ.get("DATABASE_URL") or f"sqlite:///{(data_folder() / 'guanjia.db').as_posix()}"
