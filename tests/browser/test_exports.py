"""People of a segment leave as a file, at once or from the list of exports."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from playwright.sync_api import Download, expect

from tests.browser.program import CUSTOMERS, Visit, World


def test_a_segment_leaves_as_a_csv(visit: Visit, world: World) -> None:
    page = visit("owner", f"/segments/{world.segment_id}")
    page.get_by_role("button", name="Export").click()
    dialog = page.get_by_role("dialog", name="Export: Everybody with an address")
    with page.expect_download() as now:
        dialog.get_by_role("link", name="Download now").click()
    at_once = rows_of(now.value)
    addresses = {row["email"] for row in at_once}
    assert {f"person{number}@shop.example" for number in range(CUSTOMERS)} <= addresses

    dialog.get_by_role("button", name="Prepare in the background").click()
    dialog.get_by_role("link", name="To the list of exports").click()
    expect(page).to_have_url(re.compile("/exports$"))
    file = page.get_by_role("row", name=re.compile("Everybody with an address"))
    expect(file).to_contain_text(str(len(at_once)))
    with page.expect_download() as later:
        file.get_by_role("button", name=re.compile("^Download the file")).click()
    assert rows_of(later.value) == at_once


def rows_of(download: Download) -> list[dict[str, str]]:
    text = Path(download.path()).read_text("utf-8-sig")
    return list(csv.DictReader(text.splitlines(), delimiter=";" if ";" in text[:20] else ","))
