"""Bring the catalogues up to the source: `python -m locales.update` adds what is new, drops what nobody says.

New texts get an empty translation, which the law of the complete catalogue then asks for.
"""

from __future__ import annotations

import ast
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("db", "components", "pages")


def sources() -> list[Path]:
    """List the scripts that speak to people."""
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if "versions" not in path.parts]
    return [*sorted(found), ROOT / "app.py"]


def is_translation(node: ast.AST) -> bool:
    """Claim: this is a call of `_()` or of one of its other names."""
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr == "_"
    return isinstance(function, ast.Name) and function.id in {"_", "lazy"}


def translatable() -> dict[str, str]:
    """Collect every text in `_()`: text → where it first stands."""
    found: dict[str, str] = {}
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if is_translation(node):
                assert isinstance(node, ast.Call)  # noqa: S101 - for the type checker
                if node.args and isinstance(node.args[0], ast.Constant):
                    found.setdefault(str(node.args[0].value), path.relative_to(ROOT).as_posix())
    return found


def update(file: Path) -> int:
    """Rewrite one catalogue; returns how many texts wait for a translation."""
    known = {}
    if file.exists():
        with file.open("rb") as stream:
            known = {str(entry.id): str(entry.string) for entry in read_po(stream) if entry.id}
    fresh = Catalog(locale=file.parent.name, project="Guanjia", fuzzy=False)
    for text, where in sorted(translatable().items(), key=lambda item: (item[1], item[0])):
        fresh.add(text, known.get(text, ""), locations=[(where, 0)])
    with file.open("wb") as stream:
        write_po(stream, fresh, width=110, omit_header=True, include_lineno=False, sort_output=False)
    return sum(not entry.string for entry in fresh if entry.id)


if __name__ == "__main__":
    for catalogue in sorted((ROOT / "locales").glob("*/guanjia.po")):
        print(f"{catalogue.parent.name}: {update(catalogue)} without translation")  # noqa: T201 - a tool that says so
