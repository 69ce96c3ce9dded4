"""What went wrong inside the program: one line of JSON each, in `data/logs/faults.log`, for whoever repairs it."""

from __future__ import annotations

import json
import logging
import secrets
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path
from threading import Lock
from typing import Any

from db.clock import now
from db.paths import data_folder

MOST_BYTES, MOST_FILES = 2_000_000, 10

_handlers: dict[Path, RotatingFileHandler] = {}
_opening = Lock()


def log_file() -> Path:
    """Return where faults are written."""
    return data_folder() / "logs" / "faults.log"


def _handler() -> RotatingFileHandler:
    file = log_file()
    with _opening:
        if file not in _handlers:
            file.parent.mkdir(parents=True, exist_ok=True)
            _handlers[file] = RotatingFileHandler(
                file, maxBytes=MOST_BYTES, backupCount=MOST_FILES, encoding="utf-8", delay=True
            )
        return _handlers[file]


def write_fault(error: BaseException, **where: Any) -> str:
    """Write an error down with where it happened (actor, page, case …); returns its reference, e.g. `3F9A1C`.

    Not what people typed: values stay out, they may be about customers.
    """
    reference = secrets.token_hex(3).upper()
    line = {
        "at": now().isoformat(),
        "reference": reference,
        **{name: value for name, value in where.items() if value is not None},
        "error": type(error).__name__,
        "message": str(error)[:2000],
        "traceback": traceback.format_exception(error),
    }
    text = json.dumps(line, ensure_ascii=False, default=str)
    _handler().handle(logging.LogRecord("guanjia", logging.ERROR, "", 0, text, None, None))
    return reference
