"""Laws of the house: how the code must be, tried on the code itself."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from docs import generate
from locales.update import is_translation, translatable

ROOT = Path(__file__).parent.parent
CJK = re.compile(r"[\u3400-\u9fff\uff01-\uff60]")
KERNEL = ("base", "session", "fields", "cases", "process")
KERNEL_LINES = 700
ARROW = ("db", "components", "pages")


def sources(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted(path for path in found if "versions" not in path.parts)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), path.name)


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports_of(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def is_call_of(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def literals_outside_translation(tree: ast.Module) -> list[ast.Constant]:
    """List text constants that are neither docstrings nor arguments of `_()`."""
    inside = set()
    for node in ast.walk(tree):
        if is_translation(node):
            inside |= {id(child) for child in ast.walk(node)}
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            inside.add(id(node.value))
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside
    ]


# Chinese that is data, not words on a screen: what people type or what papers of others contain.
DATA = {
    "db/processes/repairs.py": "the words by which trouble is recognised",
    "db/checking.py": "how people write an extension and an amount",
    "db/words.py": "the names of languages, each in its own",
    "docs/generate.py": "writes papers in the office's words",
}


@pytest.mark.parametrize("path", [*sources("db", "components", "pages", "bench"), ROOT / "app.py"], ids=named)
def test_chinese_stands_only_where_it_is_translated(path):
    if named(path) in DATA or named(path).startswith(("db/demo/", "bench/")):
        return
    outside = literals_outside_translation(tree_of(path))
    loose = [(node.lineno, node.value) for node in outside if CJK.search(node.value)]
    assert loose == []


def test_no_text_is_put_together_inside_the_translation():
    wrong = [
        f"{named(path)}:{node.lineno}"
        for path in [*sources("db", "components", "pages"), ROOT / "app.py"]
        for node in ast.walk(tree_of(path))
        if is_translation(node) and not isinstance(node.args[0], ast.Constant | ast.Name | ast.Attribute)
    ]
    assert wrong == []


def test_the_english_catalogue_is_complete_and_says_nothing_that_nobody_asks():
    with (ROOT / "locales" / "en" / "guanjia.po").open("rb") as file:
        english = {str(entry.id): str(entry.string) for entry in read_po(file) if entry.id}
    wanted = translatable()
    assert sorted(f"{wanted[text]} {text}" for text in wanted if not english.get(text)) == []
    assert sorted(set(english) - set(wanted)) == []
    blanks = re.compile(r"\{(\w+)\}")
    assert [text for text in wanted if set(blanks.findall(text)) != set(blanks.findall(english[text]))] == []
    assert [text for text in wanted if CJK.search(english[text])] == []


@pytest.mark.parametrize("path", sources("db"), ids=named)
def test_the_business_knows_no_screen(path):
    assert imports_of(path) & {"streamlit", "components", "pages", "app", "altair"} == set()


@pytest.mark.parametrize("path", sources("components"), ids=named)
def test_components_know_no_page(path):
    assert imports_of(path) & {"pages", "app"} == set()


@pytest.mark.parametrize("path", sources("pages", "components"), ids=named)
def test_screens_build_no_query_and_set_no_state(path):
    for node in ast.walk(tree_of(path)):
        for builder in ("select", "insert", "update", "delete", "text"):
            assert not is_call_of(node, builder), f"{named(path)}:{node.lineno}"
        if isinstance(node, ast.Assign):
            for target in node.targets:
                wrong = isinstance(target, ast.Attribute) and target.attr in {"state", "closed_at", "version"}
                assert not wrong, f"{named(path)}:{node.lineno}"


@pytest.mark.parametrize("path", [*sources("components", "pages"), ROOT / "app.py"], ids=named)
def test_no_html_is_let_through_and_every_page_has_its_own_folder(path):
    text = path.read_text(encoding="utf-8")
    assert "unsafe_allow_html" not in text
    assert path.parent != ROOT / "pages", "a script directly in pages/ runs without the front door"


@pytest.mark.parametrize("path", sources("components", "pages"), ids=named)
def test_parts_that_renew_themselves_ask_again_who_is_there(path):
    if named(path) in {"components/live.py", "components/signin.py"}:
        return
    bare = [
        node.lineno
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and node.attr in {"fragment", "dialog"} and isinstance(node.value, ast.Name)
        and node.value.id == "st"
    ]
    assert bare == []


def test_states_are_set_by_the_kernel_alone():
    wrong = []
    for path in sources("db"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Assign):
                wrong += [
                    f"{named(path)}:{node.lineno}"
                    for target in node.targets
                    if isinstance(target, ast.Attribute)
                    and target.attr in {"state", "closed_at"}
                    and isinstance(target.value, ast.Name)
                    and target.value.id == "case"
                ]
    assert {each.split(":")[0] for each in wrong} == {"db/process.py"}


def lines_of_code(path: Path) -> int:
    """Count lines that carry code: no blanks, comments or docstrings."""
    text = path.read_text(encoding="utf-8")
    docstrings = {
        line
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    skipped = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    code = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in skipped:
            code |= set(range(token.start[0], token.end[0] + 1))
    return len(code - docstrings)


def test_the_kernel_stays_small():
    assert sum(lines_of_code(ROOT / "db" / f"{name}.py") for name in KERNEL) <= KERNEL_LINES


@pytest.mark.parametrize("path", sources("db", "components", "pages"), ids=named)
def test_names_say_what_a_module_is(path):
    forbidden = {"utils", "helpers", "manager", "service", "common", "misc"}
    assert not forbidden & set(path.stem.split("_"))
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500


def test_generated_papers_are_current():
    assert (ROOT / "docs" / "processes.md").read_text(encoding="utf-8") == generate.processes()
    assert (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8") == generate.permissions()


def test_the_project_stands_alone():
    told = re.compile(r"\.\./shared|\.\./\.library|/work/", re.IGNORECASE)
    files = [path for pattern in ("*.py", "*.md", "*.toml", "*.sql") for path in ROOT.rglob(pattern)]
    kept = [path for path in files if not {".venv", "data", ".git"} & set(path.relative_to(ROOT).parts)]
    wrong = [named(path) for path in kept if path != Path(__file__) and told.search(path.read_text(encoding="utf-8"))]
    assert wrong == []
