"""Where files may go, and who says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from otklik.exports.errors import BadPath
from otklik.exports.schedules.destinations import inside
from otklik.exports.schedules.naming import named

MOSCOW, NEW_YORK = "Europe/Moscow", "America/New_York"


@pytest.mark.parametrize(
    "path",
    ["../x", "a/../../x", "/etc", "a//../b/..", "~", ".hidden", "a\0b", "a/..", "c:\\x", "x."],
)
def test_no_path_leads_out_of_the_folder(tmp_path: Path, path: str) -> None:
    with pytest.raises(BadPath):
        inside(tmp_path, path)


def test_no_link_leads_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "link").symlink_to(tmp_path)
    with pytest.raises(BadPath):
        inside(tmp_path / "root", "link/x")


def test_a_pattern_makes_a_safe_name() -> None:
    values = {"name": "../Ночь: 1", "to": "2026-06-15-1200"}
    assert named("{name}/{to}", values=values, suffix=".csv") == "Ночь-1-2026-06-15-1200.csv"
    assert named("...", values={}, suffix=".csv") == "export.csv"
