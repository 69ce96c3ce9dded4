"""The office's one command: what it installs, finds, asks and refuses."""

from __future__ import annotations

import ast
import importlib.metadata
import io
import re
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from streamlit import config

import manage

# --- the environment ---


@pytest.fixture
def pins(tmp_path: Path) -> tuple[Path, Path]:
    runtime, testing = tmp_path / "requirements.txt", tmp_path / "requirements-test.txt"
    runtime.write_bytes(b"streamlit==1.67.0\n")
    testing.write_bytes(b"-r requirements.txt\npytest==9.2.0\n")
    return runtime, testing


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    folder = tmp_path / ".venv"
    folder.mkdir()
    return folder


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the slow steps instead of taking them; the interpreter appears when the environment is made."""
    taken: list[str] = []
    versions = {True: "3.11", False: None}
    monkeypatch.setattr(manage, "interpreter_version", lambda _python: versions["make" in taken])
    monkeypatch.setattr(manage, "make_venv", lambda _venv: taken.append("make"))
    monkeypatch.setattr(manage, "pip_install", lambda _python, pins: taken.append(f"install {pins[-1].name}"))
    return taken


def test_a_second_start_installs_nothing(pins: tuple[Path, Path], venv: Path, calls: list[str]) -> None:
    manage.prepare(pins[:1], venv)
    assert calls == ["make", "install requirements.txt"]
    manage.prepare(pins[:1], venv)
    assert calls == ["make", "install requirements.txt"]


def test_a_changed_pin_is_installed(pins: tuple[Path, Path], venv: Path, calls: list[str]) -> None:
    manage.prepare(pins[:1], venv)
    pins[0].write_bytes(b"streamlit==1.68.0\n")
    manage.prepare(pins[:1], venv)
    assert calls == ["make", "install requirements.txt", "install requirements.txt"]


def test_what_the_tests_installed_serves_the_office_too(
    pins: tuple[Path, Path], venv: Path, calls: list[str]
) -> None:
    manage.prepare(pins, venv)
    manage.prepare(pins[:1], venv)
    assert calls == ["make", "install requirements-test.txt"]


def test_the_tests_need_more_than_the_office(pins: tuple[Path, Path], venv: Path, calls: list[str]) -> None:
    manage.prepare(pins[:1], venv)
    manage.prepare(pins, venv)
    assert calls == ["make", "install requirements.txt", "install requirements-test.txt"]


def test_line_ends_do_not_install_again(pins: tuple[Path, Path], venv: Path, calls: list[str]) -> None:
    manage.prepare(pins[:1], venv)
    pins[0].write_bytes(b"streamlit==1.67.0\r\n")
    manage.prepare(pins[:1], venv)
    assert calls == ["make", "install requirements.txt"]


def test_another_python_installs_again(pins: tuple[Path, Path], venv: Path) -> None:
    manage.stamp_of(pins[0], venv).write_text(manage.fingerprint("3.11", pins[:1]), "utf-8")
    assert manage.is_installed(pins[:1], "3.11", venv)
    assert not manage.is_installed(pins[:1], "3.12", venv)
    assert not manage.is_installed(pins[:1], None, venv)


def test_an_interpreter_that_does_not_start_has_no_version(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("nothing that runs", "utf-8")
    assert manage.interpreter_version(broken) is None
    assert manage.interpreter_version(tmp_path / "missing") is None
    assert manage.interpreter_version(Path(sys.executable)) == "{}.{}".format(*sys.version_info)


def test_a_failed_install_says_what_to_do_and_leaves_no_stamp(
    pins: tuple[Path, Path], venv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pins[0].write_bytes(b"no-such-package-of-guanjia==1.0\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setattr(manage, "make_venv", lambda _venv: None)
    monkeypatch.setattr(manage, "venv_python", lambda _venv: Path(sys.executable))
    with pytest.raises(manage.Stop, match=r"(?s)no-such-package-of-guanjia.*PIP_INDEX_URL"):
        manage.prepare(pins[:1], venv)
    assert not manage.stamp_of(pins[0], venv).exists()


def test_a_python_without_venv_is_told_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(manage, "lacks_venv", lambda: True)
    with pytest.raises(manage.Stop, match="apt install python3-venv"):
        manage.make_venv(tmp_path / ".venv")


def test_an_old_python_is_told_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    assert manage.main(["run"]) == 1
    assert capsys.readouterr().out == "管家台需要 Python 3.11 或更新的版本，这里是 3.10。\n"


# --- the pins ---


def pinned(file: str) -> dict[str, str]:
    """Read which versions a list pins for this computer."""
    lines = (manage.ROOT / file).read_text("utf-8").splitlines()
    wanted = [Requirement(line) for line in lines if line[:1].isalnum()]
    here = [requirement for requirement in wanted if requirement.marker is None or requirement.marker.evaluate()]
    return {canonicalize_name(each.name): str(each.specifier).removeprefix("==") for each in here}


def all_it_pulls_in(file: str) -> set[str]:
    """Follow a list through what is installed."""
    lines = (manage.ROOT / file).read_text("utf-8").splitlines()
    ahead = [Requirement(line) for line in lines if line[:1].isalnum()]
    seen: set[tuple[str, frozenset[str]]] = set()
    while ahead:
        each = ahead.pop()
        name = canonicalize_name(each.name)
        if each.marker and not any(each.marker.evaluate({"extra": extra}) for extra in ("", *each.extras)):
            continue
        if (name, frozenset(each.extras)) in seen:
            continue
        seen.add((name, frozenset(each.extras)))
        for text in importlib.metadata.requires(name) or []:
            needed = Requirement(text)
            if needed.marker is None or any(needed.marker.evaluate({"extra": e}) for e in ("", *each.extras)):
                needed.marker = None
                ahead.append(needed)
    return {name for name, _ in seen}


def test_the_runtime_list_pins_all_and_nothing_else() -> None:
    assert set(pinned("requirements.txt")) == all_it_pulls_in("requirements.in")


def test_the_test_list_pins_the_rest() -> None:
    runtime = set(pinned("requirements.txt"))
    assert set(pinned("requirements-test.txt")) == all_it_pulls_in("requirements-test.in") - runtime


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-test.txt"])
def test_the_tests_run_on_what_is_pinned(file: str) -> None:
    assert {name: importlib.metadata.version(name) for name in pinned(file)} == pinned(file)


def test_every_setting_of_the_server_exists_in_this_streamlit() -> None:
    def names(table: dict[str, object], above: str = "") -> list[str]:
        return [
            name
            for key, value in table.items()
            for name in (names(value, f"{above}{key}.") if isinstance(value, dict) else [f"{above}{key}"])
        ]

    with (manage.ROOT / ".streamlit" / "config.toml").open("rb") as file:
        settings = tomllib.load(file)
    assert [name for name in names(settings) if name not in config.get_config_options()] == []
    assert settings["runner"]["postScriptGC"] is False
    assert settings["browser"]["gatherUsageStats"] is False


# --- the command line ---


def test_run_keeps_to_this_computer_unless_told() -> None:
    options = manage.parse(["run"])
    assert (options.does, options.demo, options.lan, options.port) == (manage.run, False, False, None)
    options = manage.parse(["run", "--demo", "--lan", "--port", "9000"])
    assert (options.demo, options.lan, options.port) == (True, True, 9000)


def test_test_hands_the_rest_to_pytest() -> None:
    options = manage.parse(["test", "--without", "browser", "tests/test_house.py", "-k", "naming", "--lf"])
    assert (options.without, options.long) == (["browser"], False)
    assert options.rest == ["tests/test_house.py", "-k", "naming", "--lf"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["run", "--dmo"], "不认识 --dmo"),
        (["run", "--port", "one"], "--port:'one' 不是这里要的值"),
        (["import", "a.xlsx", "--user", "li"], "缺少 --estate"),
        (["test", "--without", "everything"], "--without"),
    ],
)
def test_a_wrong_command_is_refused_in_chinese(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        manage.parse(arguments)
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert complaint in error
    assert "error" not in error


def test_help_is_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["--help"], ["run", "--help"], ["import", "--help"]):
        with pytest.raises(SystemExit):
            manage.parse(command)
        said = capsys.readouterr().out
        assert said.startswith("用法：manage.py")
        assert re.findall(r"(?i)\b(usage|options|positional|show this|exit)\b", said) == []


def test_restore_asks_before_it_overwrites(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    backup = tmp_path / "backup.zip"
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(manage.Stop, match="--yes"):
        manage.restore(manage.parse(["restore", str(backup)]))


# --- ports ---


@pytest.fixture
def taken_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_taken_port_is_said_in_one_line(taken_port: int) -> None:
    with pytest.raises(manage.Stop) as stopped:
        manage.choose_port(taken_port, "127.0.0.1")
    assert str(taken_port) in str(stopped.value)
    assert "\n" not in str(stopped.value)


def test_the_next_port_is_taken_instead_and_said(
    taken_port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(manage, "PORT", taken_port)
    chosen = manage.choose_port(None, "127.0.0.1")
    assert chosen > taken_port
    assert capsys.readouterr().out == f"端口 {taken_port} 已被占用(可能管家台已经在运行),这次改用 {chosen}。\n"


def test_the_app_is_served_to_this_computer_only() -> None:
    command = manage.serve_command("127.0.0.1", 8501, python="python")
    assert command == [
        "python", "-m", "streamlit", "run", "app.py", "--server.address", "127.0.0.1", "--server.port", "8501",
    ]  # fmt: skip


# --- the browser ---

EXE = ".exe" if manage.WINDOWS else ""


def executable(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("#!/bin/sh\n", "utf-8")
    file.chmod(0o755)
    return file


def test_the_browser_named_in_the_environment_is_taken(tmp_path: Path) -> None:
    own = executable(tmp_path / "own" / f"browser{EXE}")
    executable(tmp_path / "path" / "chromium")
    found = manage.find_chromium({"CHROMIUM": str(own), "PATH": str(tmp_path / "path")})
    assert found == str(own)


def test_a_named_browser_that_is_missing_is_not_replaced_by_another(tmp_path: Path) -> None:
    executable(tmp_path / "chromium")
    assert manage.find_chromium({"CHROMIUM": str(tmp_path / "gone"), "PATH": str(tmp_path)}) is None


@pytest.mark.parametrize("name", manage.BROWSERS)
def test_a_browser_on_the_path_is_found(tmp_path: Path, name: str) -> None:
    assert manage.find_chromium({"PATH": str(tmp_path)}) is None
    own = executable(tmp_path / f"{name}{EXE}")
    assert manage.find_chromium({"PATH": str(tmp_path)}) == str(own)


def test_edge_is_found_where_windows_keeps_it(tmp_path: Path) -> None:
    edge = executable(tmp_path / "Microsoft" / "Edge" / "Application" / "msedge.exe")
    assert manage.find_chromium({"PATH": "", "PROGRAMFILES(X86)": str(tmp_path)}) == str(edge)


# --- duties ---


def test_the_table_holds_the_116_duties() -> None:
    duties = manage.duties()
    assert len(duties) == 116
    assert duties["C9"] == "handle a dispute between residents as a complaint with two parties and a mediation record"


def test_duties_are_read_from_marks_on_tests_classes_and_files() -> None:
    source = """
import pytest
pytestmark = [pytest.mark.requirement("X1")]

@pytest.mark.requirement("C1")
@pytest.mark.requirement("C2", "C3")
def test_a():
    pass

@pytest.mark.parametrize("case", [pytest.param(1, marks=pytest.mark.requirement("M1"))])
def test_b(case):
    pass

@pytest.mark.requirement("K1")
class TestSpaces:
    def test_c(self):
        pass

def an_order():
    pass
"""
    a, b, c = "tests/test_it.py::test_a", "tests/test_it.py::test_b", "tests/test_it.py::TestSpaces::test_c"
    assert manage.tests_by_duty(source, "tests/test_it.py") == {
        "X1": [a, b, c], "C1": [a], "C2": [a], "C3": [a], "M1": [b], "K1": [c],
    }  # fmt: skip


def test_requirements_needs_no_environment() -> None:
    asked = subprocess.run(
        [sys.executable, "-I", "-S", str(manage.ROOT / "manage.py"), "requirements"],
        capture_output=True,
        check=False,
        env=manage.environment(),
    )
    assert asked.stderr == b""
    said = asked.stdout.decode("utf-8")
    assert {line.split()[0] for line in said.splitlines() if re.match(r"[A-Z]\d+ ", line)} == set(manage.duties())
    assert asked.returncode == 0


# --- laws ---


def test_ci_runs_what_a_developer_runs() -> None:
    lines = (manage.ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    assert lines[-1] == "exec python3 manage.py test"


def own_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=manage.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [manage.ROOT / name for name in listed.stdout.splitlines() if not name.startswith("deploy/")]


ONLY_ON_POSIX = {
    "fcntl", "grp", "pwd", "resource", "signal", "termios",
    "os.fork", "os.forkpty", "os.getpgid", "os.getuid", "os.kill", "os.killpg", "os.mkfifo", "os.setsid", "os.wait",
}  # fmt: skip


def posix_only(source: str) -> set[str]:
    """Find what Windows does not have."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.add(f"{node.value.id}.{node.attr}")
    return found & ONLY_ON_POSIX


def test_the_search_finds_what_windows_lacks() -> None:
    assert posix_only("import fcntl, os\nfrom os import fork\nos.kill(1, 9)\nimport os.path") == {
        "fcntl", "os.fork", "os.kill",
    }  # fmt: skip


def test_nothing_needs_posix() -> None:
    files = own_files()
    assert manage.ROOT / "manage.py" in files
    found = {str(file): posix_only(file.read_text("utf-8")) for file in files if file.exists()}
    assert {file: names for file, names in found.items() if names} == {}
