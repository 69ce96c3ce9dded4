"""The office's one command: run Guanjia, test it, look after its data.

Begins as plain Python (3.11 or newer) and makes `.venv` itself. What a person reads is Chinese: `python manage.py -h`.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import http.client
import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
RUNTIME = (ROOT / "requirements.txt",)
TESTING = (*RUNTIME, ROOT / "requirements-test.txt")
OLDEST = (3, 11)
PORT = 8501
CAN_DO_WITHOUT = ("browser", "postgres")
WINDOWS = os.name == "nt"


class Stop(Exception):  # noqa: N818 - the end of a command, not a failure of the program
    """Ends the command with a sentence for the person who gave it."""


def say(*lines: object) -> None:
    """Print at once, also into a pipe."""
    for line in lines:
        print(line, flush=True)


# --- The environment ------------------------------------------------------------------------------------------------


def venv_python(venv: Path = VENV) -> Path:
    """Return where the environment's interpreter is, or will be."""
    return venv / ("Scripts/python.exe" if WINDOWS else "bin/python")


def inside(venv: Path = VENV) -> bool:
    """Say whether this process already runs in the environment."""
    return Path(sys.prefix).resolve() == venv.resolve()


def interpreter_version(python: Path) -> str | None:
    """Ask an interpreter for its version, as "3.11"; `None` where there is none or it no longer starts."""
    command = [str(python), "-I", "-S", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()


def fingerprint(version: str, pins: Iterable[Path]) -> str:
    """Say in one line which packages an environment holds: the interpreter's version and what the lists pin.

    Line ends do not count; Git changes them on Windows.
    """
    digest = hashlib.sha256()
    for pin in pins:
        digest.update(pin.read_bytes().replace(b"\r\n", b"\n"))
    return f"{version} {digest.hexdigest()}"


def stamp_of(pin: Path, venv: Path = VENV) -> Path:
    """Return the file in the environment that says what was installed from `pin`."""
    return venv / f"{pin.stem}.installed"


def is_installed(pins: tuple[Path, ...], version: str | None, venv: Path = VENV) -> bool:
    """Say whether the environment holds just what the lists pin now."""
    stamp = stamp_of(pins[-1], venv)
    return version is not None and stamp.is_file() and stamp.read_text("utf-8") == fingerprint(version, pins)


def lacks_venv() -> bool:
    """Say whether this Python cannot make environments: Debian ships that part in a package of its own."""
    importlib.invalidate_caches()
    return any(importlib.util.find_spec(module) is None for module in ("venv", "ensurepip"))


def make_venv(venv: Path = VENV) -> None:
    """Make the environment; says what to install where the system's Python cannot."""
    if lacks_venv():
        raise Stop(
            "!!! 这台电脑的 Python 缺少 venv 组件，无法建立运行环境。\n"
            "    Debian、Ubuntu 请先执行：sudo apt install python3-venv，然后重新运行本命令。"
        )
    say("正在建立运行环境 .venv …")
    if subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=False).returncode:
        raise Stop(f"运行环境没有建成。请检查磁盘空间和文件夹权限，删除 {venv} 后重试。")


def pip_install(python: Path, pins: tuple[Path, ...]) -> None:
    """Install what the lists pin, wheels only, counting aloud."""
    total = sum(len(re.findall(r"(?m)^[A-Za-z0-9]", pin.read_text("utf-8"))) for pin in pins)
    say(f"正在安装 {total} 个组件，首次约需几分钟 …")
    options = ["--only-binary", ":all:", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    lists = [part for pin in pins for part in ("-r", str(pin))]
    command = [str(python), "-m", "pip", "install", *options, *lists]
    heard: deque[str] = deque(maxlen=15)
    done = count(1)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace"
    ) as pip:
        for line in pip.stdout or ():
            heard.append(line.rstrip())
            if found := re.match(r"(?:Collecting|Requirement already satisfied:) ([A-Za-z0-9._-]+)", line):
                if sys.stdout.isatty():
                    print(f"\r  {min(next(done), total)}/{total} {found[1]:<40}", end="", flush=True)
            elif line.startswith("Installing"):
                say("", "  下载完毕，正在写入磁盘 …")
    if pip.returncode:
        raise Stop(
            "\n".join(["", *heard, ""])
            + "!!! 组件没有装成(原因见上)。已装好的不受影响，排除原因后重新运行本命令即可:\n"
            "    · 网络不通：检查网络或代理(环境变量 HTTPS_PROXY);单位有镜像源的，先设环境变量 PIP_INDEX_URL。\n"
            "    · 不能上网的电脑：在能上网的同类电脑上执行 pip download -r requirements.txt -d wheels,\n"
            "      把 wheels 文件夹拷来，设环境变量 PIP_NO_INDEX=1 和 PIP_FIND_LINKS=该文件夹。\n"
            "    · 提示 No matching distribution:这种电脑或 Python 没有现成组件，请改用 64 位 Python 3.11 至 3.14。"
        )


def prepare(pins: tuple[Path, ...], venv: Path = VENV) -> None:
    """Bring the environment to what the lists pin; does nothing when it is there already."""
    python = venv_python(venv)
    version = interpreter_version(python)
    if is_installed(pins, version, venv):
        return
    if version is None:
        if inside(venv):
            raise Stop(f"运行环境已损坏。请删除 {venv} 后重试。")
        if pins == TESTING and lacks_venv():
            apt_install("python3-venv")
        make_venv(venv)
        version = interpreter_version(python)
    pip_install(python, pins)
    for index, pin in enumerate(pins, start=1):
        stamp_of(pin, venv).write_text(fingerprint(str(version), pins[:index]), "utf-8")


def office_clock() -> dict[str, str]:
    """Return the environment that sets a program's clock to the estate's.

    Date fields start from the process's own "today". Windows does not know the zones' names and would read UTC.
    """
    return {"TZ": "CST-8" if WINDOWS else "Asia/Shanghai"}


def environment() -> dict[str, str]:
    """Return what programs started from here find around them."""
    return os.environ | office_clock() | {"PYTHONUTF8": "1"}


def wait_for(command: list[str], env: Mapping[str, str] | None = None) -> int:
    """Run a program to its end and return its exit code. Ctrl-C reaches it too; it is given the time to close."""
    with subprocess.Popen(command, cwd=ROOT, env=env or environment()) as process:
        return _outlive(process)


def _outlive(process: subprocess.Popen[bytes]) -> int:
    pressed_before = False
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            if pressed_before:
                process.terminate()
            pressed_before = True


def in_venv(pins: tuple[Path, ...], arguments: list[str]) -> int | None:
    """Run this command again inside the environment and return its exit code; `None` when we are there already."""
    prepare(pins)
    if inside():
        return None
    return wait_for([str(venv_python()), str(ROOT / "manage.py"), *arguments])


# --- run ------------------------------------------------------------------------------------------------------------


def port_is_free(port: int, address: str = "127.0.0.1") -> bool:
    """Say whether a server could listen there."""
    with socket.socket() as probe:
        if WINDOWS:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Find a port nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def choose_port(asked: int | None, address: str) -> int:
    """Return the port to serve on: the one asked for, or the first free from 8501. Raises `Stop` when it is taken."""
    if asked is not None:
        if not port_is_free(asked, address):
            raise Stop(
                f"端口 {asked} 已被占用：请打开 http://localhost:{asked} 看是否已在运行，或用 --port 换一个。"
            )
        return asked
    for port in range(PORT, PORT + 20):
        if port_is_free(port, address):
            if port != PORT:
                say(f"端口 {PORT} 已被占用(可能管家台已经在运行),这次改用 {port}。")
            return port
    raise Stop(f"端口 {PORT} 至 {PORT + 19} 都被占用，请用 --port 指定一个。")


def lan_addresses() -> list[str]:
    """List this computer's addresses in the office network."""
    try:
        found = socket.gethostbyname_ex(socket.gethostname())[2]
    except OSError:
        found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing; the system only picks the address it would send from
            found.append(probe.getsockname()[0])
        except OSError:
            pass
    return sorted({address for address in found if not address.startswith("127.")})


def serve_command(address: str, port: int, python: str = sys.executable) -> list[str]:
    """Return the command that serves the app."""
    return [python, "-m", "streamlit", "run", "app.py", "--server.address", address, "--server.port", str(port)]


def wait_until_healthy(url: str, process: subprocess.Popen[bytes], seconds: float = 60) -> bool:
    """Wait for the app to answer `/healthz`; says no when it ended or took longer."""
    host = url.removeprefix("http://")
    until = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < until:
        connection = http.client.HTTPConnection(host, timeout=5)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == http.client.OK:
                return True
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.1)
    return False


def show_demo_accounts() -> None:
    """Print who can be signed in as."""
    from db import demo

    say("", "演示账号(用户名 / 密码 / 岗位):")
    for username, password, role in demo.ACCOUNTS:
        say(f"  {username:<12} {password:<14} {role}")


def fill_demonstration() -> None:
    """Fill an empty database with the demonstration office; a database with data is left alone."""
    from sqlalchemy import select

    from components.papers.printing import pdf
    from db import demo, people, session
    from db.registry import Estate

    with session.reading(people.SYSTEM) as reading:
        is_empty = reading.scalar(select(Estate.id).limit(1)) is None
    if is_empty:
        say("正在填入演示数据 …")
        demo.fill(pdf, lambda *words: say("  " + " ".join(str(word) for word in words)))
    elif not people.demo_password_stands():
        say("数据库里已有数据，没有填入演示数据。")
    if people.demo_password_stands():
        show_demo_accounts()


def run(options: argparse.Namespace) -> int:
    """Bring the database up to date and serve the app until Ctrl-C."""
    from db import people, users

    upgrade(options)
    if options.demo:
        fill_demonstration()
    if options.lan and users.nobody_yet():
        raise Stop("还没有管理员，谁先打开谁就能当。请先不带 --lan 运行，在本机建立第一个管理员，再向局域网开放。")
    if options.lan and people.demo_password_stands():
        raise Stop(
            "还有演示账号在用公开的演示密码，不能向局域网开放。"
            "请先不带 --lan 运行，登录后修改或停用这些账号；或换一个数据文件夹(环境变量 GUANJIA_DATA)重新开始。"
        )
    address = "0.0.0.0" if options.lan else "127.0.0.1"  # noqa: S104 - the office asked for it with --lan
    port = choose_port(options.port, address)
    with subprocess.Popen(serve_command(address, port), cwd=ROOT, env=environment()) as server:
        was_ready = False
        try:
            if was_ready := wait_until_healthy(f"http://127.0.0.1:{port}", server):
                say("", f"管家台已就绪：http://localhost:{port}")
                if options.lan:
                    say(*(f"  局域网内其他电脑：http://{lan}:{port}" for lan in lan_addresses()))
                say("要停止，请按 Ctrl+C。", "")
            elif server.poll() is None:
                say("管家台启动超过一分钟还没有应答，请看上面的提示；要停止，请按 Ctrl+C。")
        except KeyboardInterrupt:
            pass  # the server heard it too, and is closing
        code = _outlive(server)
    say("管家台已停止。" if was_ready else "!!! 管家台没有启动成功，原因见上。")
    return code


# --- test -----------------------------------------------------------------------------------------------------------

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
)


def _browser_places(env: Mapping[str, str]) -> Iterator[Path]:
    for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
        if folder := env.get(variable):
            yield Path(folder, "Google", "Chrome", "Application", "chrome.exe")
            yield Path(folder, "Chromium", "Application", "chrome.exe")
            yield Path(folder, "Microsoft", "Edge", "Application", "msedge.exe")
    for name in ("Chromium", "Google Chrome", "Microsoft Edge"):
        yield Path("/Applications", f"{name}.app", "Contents", "MacOS", name)


def find_chromium(env: Mapping[str, str] = os.environ) -> str | None:
    """Find a Chromium, Chrome or Edge: `CHROMIUM`, then the path, then the usual places of Windows and macOS."""
    if given := env.get("CHROMIUM"):
        return shutil.which(given, path=env.get("PATH"))
    for name in BROWSERS:
        if found := shutil.which(name, path=env.get("PATH")):
            return found
    return next((str(place) for place in _browser_places(env) if place.is_file()), None)


def lacks_chinese_fonts() -> bool:
    """Say whether pages would show empty boxes; only Linux can lack Chinese fonts."""
    if not sys.platform.startswith("linux"):
        return False
    if shutil.which("fc-list") is None:
        return True
    return not subprocess.run(["fc-list", ":lang=zh"], capture_output=True, check=False).stdout.strip()


def apt_install(*packages: str) -> bool:
    """Install Debian packages where that is ours to do (root, apt); says whether it did."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    say(f"正在安装系统组件：{' '.join(packages)} …")
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    apt = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]
    steps = ([*apt, "update"], [*apt, "install", "-y", *packages])
    return all(
        subprocess.run(step, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False).returncode == 0
        for step in steps
    )


def have_browser() -> bool:
    """Make sure of a browser and of Chinese fonts, installing them where that is possible."""
    wanted = [] if find_chromium() else ["chromium"]
    if lacks_chinese_fonts():
        wanted += ["fontconfig", "fonts-noto-cjk"]
    if wanted:
        apt_install(*wanted)
    return find_chromium() is not None and not lacks_chinese_fonts()


def have_postgres() -> bool:
    """Start a PostgreSQL server and stop it again."""
    return wait_for([sys.executable, "-m", "tests.engines"]) == 0


LOUD = {
    "browser": "!!! 找不到 Chromium、Chrome 或 Edge(环境变量 CHROMIUM 可指定),或系统没有中文字体，也装不上。",
    "postgres": "!!! PostgreSQL 测试服务器起不来(原因见上；环境变量 TEST_DATABASE_URL 可指定现成的)。",
}


def test(options: argparse.Namespace) -> int:
    """Check style and types, then run every test."""
    for name, is_there in (("browser", have_browser), ("postgres", have_postgres)):
        if name not in options.without and not is_there():
            raise Stop(f"{LOUD[name]}要略过这部分测试，请加 --without {name}。")
    checks = {"ruff": ["ruff", "check"], "mypy": ["mypy"]}
    failed = [name for name, module in checks.items() if wait_for([sys.executable, "-m", *module])]
    if failed:
        raise Stop(f"!!! {'、'.join(failed)} 有问题(见上),测试没有运行。")
    pytest = [sys.executable, "-m", "pytest"]
    if not any(re.match(r"-n|--numprocesses|--pdb", argument) for argument in options.rest):
        pytest += ["-n", "auto", "--dist", "worksteal"]
    for name in options.without:
        pytest += ["--without", name]
    return wait_for([*pytest, *(["--long"] if options.long else []), *options.rest])


# --- requirements ---------------------------------------------------------------------------------------------------


def duties() -> dict[str, str]:
    """Read the table of duties: ID → what the office can do."""
    table = (ROOT / "docs" / "requirements.md").read_text("utf-8")
    return dict(re.findall(r"(?m)^\| ([A-Z]\d+) \|[^|]*\| (.*) \|$", table))


def _marks_in(node: ast.AST) -> set[str]:
    return {
        argument.value
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "requirement"
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }


def tests_by_duty(source: str, file: str) -> dict[str, list[str]]:
    """Read which duties a test file proves: ID → test names. Marks on a class or on the file hold for all within."""
    proofs: dict[str, list[str]] = {}

    def visit(body: list[ast.stmt], above: set[str], path: str) -> None:
        here = above.union(*(_marks_in(node) for node in body if isinstance(node, ast.Assign)))
        for node in body:
            if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            marks = here.union(*(_marks_in(decorator) for decorator in node.decorator_list))
            if isinstance(node, ast.ClassDef):
                visit(node.body, marks, f"{path}::{node.name}")
            elif node.name.startswith("test_"):
                for mark in marks:
                    proofs.setdefault(mark, []).append(f"{path}::{node.name}")

    visit(ast.parse(source).body, set(), file)
    return proofs


def requirements(options: argparse.Namespace) -> int:
    """List every duty with the tests that prove it."""
    proofs: dict[str, list[str]] = {}
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for duty, names in tests_by_duty(file.read_text("utf-8"), file.relative_to(ROOT).as_posix()).items():
            proofs.setdefault(duty, []).extend(names)
    table = duties()
    for duty, words in table.items():
        if not (options.missing and duty in proofs):
            say(f"{duty:<4} {words}", *(f"       {name}" for name in proofs.get(duty, ["——"])))
    for duty in sorted(set(proofs) - set(table)):
        say(f"!!! docs/requirements.md 里没有 {duty}:", *(f"       {name}" for name in proofs[duty]))
    say("", f"{len(table)} 项职责，有测试证明的 {len(set(table) & set(proofs))} 项。")
    return 1 if set(proofs) - set(table) else 0


# --- The office's data ----------------------------------------------------------------------------------------------


def upgrade(_options: argparse.Namespace) -> int:
    """Create the database, or bring it to this version's shape."""
    from db import engines, migrations, session

    if not engines.sqlite_is_safe() and session.engine().dialect.name == "sqlite":
        say("提示：这台电脑的 SQLite 版本较旧，已改用单连接写入的稳妥方式，多人同时录入会慢一些。")
    migrations.upgrade()
    return 0


def import_workbook(options: argparse.Namespace) -> int:
    """Bring an office's own workbook in."""
    from db import importing

    upgrade(options)
    summary = importing.import_file(options.file, options.estate, options.user, create=options.create, progress=say)
    say(*summary.lines())
    return 0


def check(_options: argparse.Namespace) -> int:
    """Look for contradictions in the data."""
    from db import checks

    findings = list(checks.run())
    say(*findings, f"共发现 {len(findings)} 处问题。" if findings else "数据检查完毕，没有发现问题。")
    return 1 if findings else 0


def backup(options: argparse.Namespace) -> int:
    """Put database and documents into one file."""
    from db import backup as backups
    from db.paths import data_folder

    say(f"备份已存到：{backups.make(options.folder or data_folder() / 'backups')}")
    return 0


def restore(options: argparse.Namespace) -> int:
    """Replace all data by a backup."""
    if not options.yes:
        if not sys.stdin.isatty():
            raise Stop("恢复会用备份覆盖现有的全部数据。确定要做，请加 --yes。")
        say(f"将用 {options.file} 覆盖现有的全部数据；备份之后录入的内容都会丢失。")
        if input("确定请输入“恢复”:").strip() != "恢复":
            raise Stop("没有恢复，数据未变。")
    from db import backup as backups

    backups.restore(options.file)
    say("已恢复。")
    return 0


def jobs(_options: argparse.Namespace) -> int:
    """Do what the clock owes."""
    from db import clock
    from db import jobs as owed

    owed.run_due(clock.now())
    return 0


def bench(options: argparse.Namespace) -> int:
    """Measure how fast it is."""
    return wait_for([sys.executable, "-m", "bench", *options.rest])


# --- The command line -----------------------------------------------------------------------------------------------

WORDS = {
    "usage: ": "用法：",
    "options": "选项",
    "positional arguments": "参数",
    "show this help message and exit": "显示这份说明",
    "%(prog)s: error: %(message)s\n": "%(prog)s:%(message)s\n",
    "the following arguments are required: %s": "缺少 %s",
    "unrecognized arguments: %s": "不认识 %s",
    "argument %(argument_name)s: %(message)s": "%(argument_name)s:%(message)s",
    "expected one argument": "后面要写一个值",
    "invalid %(type)s value: %(value)r": "%(value)r 不是这里要的值",
    "invalid choice: %(value)r (choose from %(choices)s)": "没有 %(value)r，可选:%(choices)s",
}


def parser() -> argparse.ArgumentParser:
    """Build the command line."""
    argparse._ = lambda text: WORDS.get(text, text)  # type: ignore[attr-defined]  # its own hook for translations
    top = argparse.ArgumentParser("manage.py", description="管家台：物业客户服务中心工作台。", allow_abbrev=False)
    commands = top.add_subparsers(dest="command", required=True, metavar="命令", title="命令")

    def add(
        name: str, does: Callable[[argparse.Namespace], int], words: str, pins: tuple[Path, ...] = RUNTIME
    ) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=words, description=words, allow_abbrev=False)
        command.set_defaults(does=does, pins=pins)
        return command

    command = add("run", run, "启动管家台(首次会自动安装所需组件)")
    command.add_argument("--demo", action="store_true", help="数据库为空时填入演示数据，并列出演示账号")
    command.add_argument("--lan", action="store_true", help="向局域网开放，供其他电脑使用")
    command.add_argument("--port", type=int, metavar="端口", help=f"默认 {PORT}")

    command = add("test", test, "运行全部测试；其余参数交给 pytest", TESTING)
    command.add_argument("--without", action="append", default=[], choices=CAN_DO_WITHOUT, help="略过需要它的测试")
    command.add_argument("--long", action="store_true", help="连同长时间测试")

    command = add("requirements", requirements, "列出每项职责和证明它的测试", ())
    command.add_argument("--missing", action="store_true", help="只列还没有测试的")

    command = add("import", import_workbook, "导入本单位的 Excel 工作簿")
    command.add_argument("file", type=Path, metavar="文件")
    command.add_argument("--estate", required=True, metavar="项目", help="导入到哪个项目")
    command.add_argument("--user", required=True, metavar="用户名", help="以谁的名义导入")
    command.add_argument("--create", action="store_true", help="项目不存在时新建")

    add("check", check, "检查数据有无矛盾")
    command = add("backup", backup, "备份数据库和文件")
    command.add_argument("folder", type=Path, nargs="?", metavar="文件夹", help="默认为数据文件夹里的 backups")
    command = add("restore", restore, "用备份恢复(覆盖现有数据)")
    command.add_argument("file", type=Path, metavar="备份文件")
    command.add_argument("--yes", action="store_true", help="不再询问")
    add("upgrade", upgrade, "建立数据库，或升级到本版本")
    add("jobs", jobs, "办理到期的定时事项(供系统定时任务调用)")
    add("bench", bench, "测量速度；其余参数交给 bench", TESTING)
    return top


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line; only `test` and `bench` hand on what they do not know."""
    top = parser()
    options, rest = top.parse_known_args(arguments)
    if rest and options.command not in {"test", "bench"}:
        top.error(f"不认识 {' '.join(rest)}")
    options.rest = rest
    return options


def perform(options: argparse.Namespace, arguments: list[str]) -> int:
    """Do a command inside the environment it needs."""
    if not options.pins:
        return int(options.does(options))
    if (code := in_venv(options.pins, arguments)) is not None:
        return code
    os.environ.update(office_clock())
    from db.refused import Refused

    try:
        return int(options.does(options))
    except Refused as refused:
        problems = (f"  {name}:{text}" for name, text in refused.problems.items())
        raise Stop("\n".join([refused.message, *problems])) from None
    except Stop:
        raise
    except Exception:  # noqa: BLE001 - a bug; whoever sits here needs a plain word after it
        traceback.print_exc()
        raise Stop("!!! 程序出错了。请把以上内容交给维护人员。") from None


def main(arguments: list[str]) -> int:
    """Run one command; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a console may lack Chinese
    if sys.version_info < OLDEST:
        say("管家台需要 Python 3.11 或更新的版本，这里是 {}.{}。".format(*sys.version_info))
        return 1
    try:
        return perform(parse(arguments), arguments)
    except Stop as stop:
        print(stop, file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
