"""Two segments beside each other: who is in both, and a list of exactly them."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.program import CUSTOMERS, Visit, World, wait_for

NAMES = ("Everybody with an address", "Two orders and more")
BOTH = CUSTOMERS // 2
"""Every second customer has bought twice; everybody has an address."""


def test_the_people_in_both_segments_are_kept_as_a_list(visit: Visit, world: World) -> None:
    segments = world.api.call("GET", "/segments")["items"]
    two = [one["id"] for one in segments if one["name"] in NAMES]
    for segment_id in two:
        world.api.call("POST", f"/segments/{segment_id}/refresh")
    wait_for(
        "the segments to be counted",
        lambda: (
            world.api.call("POST", "/segments/overlap", {"segment_ids": two})["union"]
            == CUSTOMERS + 1
        ),
    )
    page = visit("owner", "/segments")
    page.get_by_role("link", name="Overlap").click()
    expect(page.get_by_text("Choose at least two segments")).to_be_visible()
    chosen = page.get_by_role("combobox", name="Segments")
    for name in NAMES:
        chosen.click()
        page.get_by_role("option", name=name).click()
    page.keyboard.press("Escape")
    table = page.get_by_role("table", name="Overlap of segments")
    both = table.get_by_role("row", name=re.compile(r"Everybody with an address \+ Two orders"))
    expect(both).to_contain_text(str(BOTH))
    alone = table.get_by_role("row", name=re.compile("only Everybody with an address"))
    expect(alone).to_contain_text(str(CUSTOMERS + 1 - BOTH))
    both.click()

    people = page.get_by_role("table", name="People behind a part of the diagram")
    expect(people.locator("tbody tr")).to_have_count(BOTH)
    page.get_by_role("button", name="Keep as a list").click()
    page.get_by_role("textbox", name="Name of the list").fill("Known and faithful")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_role("heading", name="Known and faithful", level=1)).to_be_attached()
    # A list stays as it is: its people are those that were seen.
    kept = page.url.rsplit("/", 1)[-1]
    counted = world.api.call("GET", "/profiles", segment_id=kept, limit=100)["items"]
    assert len(counted) == BOTH
