"""The main job, as a new user runs it: a process of its own, real engines, real SMTP and HTTP."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.timeout(900)
def test_the_demo_verifies_every_step(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "otklik.entrypoints.cli",
            "demo",
            "--data",
            str(tmp_path / "demo"),
            "--port",
            "0",
            "--exit",
        ],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    told = done.stdout[-6000:] + done.stderr[-3000:]
    assert done.returncode == 0, told
    assert "NOT TRUE" not in done.stdout, told
    assert "Every step was verified." in done.stdout, told
    assert "Traceback" not in done.stderr, told


def test_the_demo_leaves_a_foreign_folder_alone(tmp_path: Path) -> None:
    treasure = tmp_path / "treasure.txt"
    treasure.write_text("mine")
    done = subprocess.run(
        [sys.executable, "-m", "otklik.entrypoints.cli", "demo", "--data", str(tmp_path), "--exit"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "is not empty" in " ".join(done.stdout.split())
    assert treasure.read_text() == "mine"
