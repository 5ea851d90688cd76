"""Two segments beside each other: who is in both, and a list of exactly them."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.program import Visit, World, wait_for

NAMES = ("Everybody with an address", "Two orders and more")


def count_both(world: World, two: list[str]) -> tuple[int, int] | None:
    """Return how many are in both segments and in the first alone; None until both are counted.

    Other stories bring people too, so the program itself is asked how many there are.
    """
    told = world.api.call("POST", "/segments/overlap", {"segment_ids": two})
    regions = {tuple(sorted(one["inside"])): one["count"] for one in told["regions"]}
    names = [one["name"] for one in told["segments"]]
    first = (names.index(NAMES[0]),)
    if not all(one["size"] for one in told["segments"]) or not regions.get((0, 1)):
        return None
    return regions[(0, 1)], regions[first]


def test_the_people_in_both_segments_are_kept_as_a_list(visit: Visit, world: World) -> None:
    segments = world.api.call("GET", "/segments")["items"]
    two = [one["id"] for one in segments if one["name"] in NAMES]
    for segment_id in two:
        world.api.call("POST", f"/segments/{segment_id}/refresh")
    both_count, alone_count = wait_for("the segments to be counted", lambda: count_both(world, two))
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
    expect(both).to_contain_text(str(both_count))
    alone = table.get_by_role("row", name=re.compile("only Everybody with an address"))
    expect(alone).to_contain_text(str(alone_count))
    both.click()

    people = page.get_by_role("table", name="People behind a part of the diagram")
    expect(people.locator("tbody tr")).to_have_count(both_count)
    page.get_by_role("button", name="Keep as a list").click()
    page.get_by_role("textbox", name="Name of the list").fill("Known and faithful")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_role("heading", name="Known and faithful", level=1)).to_be_attached()
    # A list stays as it is: its people are those that were seen.
    kept = page.url.rsplit("/", 1)[-1]
    counted = world.api.call("GET", "/profiles", segment_id=kept, limit=100)["items"]
    assert len(counted) == both_count
