"""The office's processes, one module each; a file in this folder with a `PROCESS` is all it takes."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from db.process import Process

MODULES = {found.name: import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)}
PROCESSES: dict[str, Process] = {
    module.PROCESS.key: module.PROCESS for module in MODULES.values() if hasattr(module, "PROCESS")
}
