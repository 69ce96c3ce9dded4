"""The first of the two commands, on an empty folder: it makes the office and serves it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request

import psutil
import pytest

import manage


@pytest.mark.requirement("X8")
def test_one_command_makes_the_office_and_serves_it(data_folder, tmp_path):
    port, told = manage.free_port(), tmp_path / "told.txt"
    with told.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "run", "--port", str(port)],
            cwd=manage.ROOT,
            env=os.environ | {"GUANJIA_DATA": str(data_folder)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            assert manage.wait_until_healthy(f"http://127.0.0.1:{port}", process, seconds=120)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
                assert "<title>管家台</title>" in answer.read().decode()
            assert (data_folder / "guanjia.db").is_file()
            until = time.monotonic() + 60  # it says so once it has seen for itself that the server answers
            while (address := f"http://localhost:{port}") not in told.read_text("utf-8", "replace"):
                assert time.monotonic() < until, address
                time.sleep(0.2)
        finally:
            family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
            for each in family:
                each.kill()
            process.wait(timeout=20)
