"""Keyboard alone is enough, and nobody is shut out by colours or missing names."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW, WIDE
from tests.browser.program import Visit, World


def test_lists_are_walked_by_keys(visit: Visit) -> None:
    page = visit("owner", "/segments")
    rows = page.locator("tbody tr")
    expect(rows.nth(1).locator("a")).to_be_visible()
    active = page.locator('tbody tr[data-active="true"]')
    page.keyboard.press("j")
    expect(active).to_have_attribute("data-index", "0")
    page.keyboard.press("j")
    expect(active).to_have_attribute("data-index", "1")
    page.keyboard.press("k")
    expect(active).to_have_attribute("data-index", "0")
    name = active.locator("a").first.inner_text()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/segments/[0-9a-f-]{36}$"))
    expect(page).to_have_title(re.compile(re.escape(name)))


def test_one_key_finds_a_segment(visit: Visit, world: World) -> None:
    page = visit("owner", "/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Find or do").fill("everybody with")
    expect(page.get_by_role("option", selected=True)).to_contain_text("Everybody with an address")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/segments/{world.segment_id}$"))


@pytest.mark.parametrize(
    ("person", "lang", "scheme", "size"),
    [("marketer", "ru", "light", WIDE), ("owner", "en", "dark", NARROW)],
    ids=["wide, light, Russian", "narrow, dark, English"],
)
def test_no_screen_has_a_serious_barrier(
    visit: Visit, world: World, person: str, lang: str, scheme: str, size: tuple[int, int]
) -> None:
    paths = [
        "/",
        "/customers",
        f"/customers/{world.hostile_id}",
        "/imports/new",
        f"/mailings/{world.campaign_id}",
        f"/mailings/{world.draft_id}",
        f"/mailings/{world.campaign_id}/people",
        "/reports",
        f"/reports/compare?ids={world.campaign_id}",
        f"/letters/{world.letter_id}",
        "/caught",
        "/events/rejects",
        "/settings/identity",
        "/settings/consent-texts",
        "/settings/stop-list",
        "/settings/retention",
        "/settings/topics",
        "/settings/tracking",
        "/customers/duplicates",
        "/segments/new",
        f"/segments/{world.segment_id}",
        f"/segments/overlap?ids={world.segment_id}",
        "/segments/flows",
        "/computed-traits/new?kind=score",
        "/sources/new",
        "/catalogue",
        "/catalogue/feeds",
        "/catalogue/orders",
        "/catalogue/order-fields",
        "/exports",
        "/exports/schedules",
        "/exports/destinations",
        "/exports/forwarding",
        "/requests",
    ]
    page = visit(person, "/", lang=lang, scheme=scheme, size=size)
    found = []
    for path in paths:
        page.goto(path)
        settled(page)
        expect(page.locator("html")).to_have_attribute("lang", lang)
        found += [f"{path}: {problem}" for problem in barriers(page)]
    assert not found, "\n".join(found)


def settled(page: Page) -> None:
    expect(page.locator("main").get_by_role("heading", level=1).first).to_be_attached()
    expect(page.locator(".mantine-Skeleton-root")).to_have_count(0)


def barriers(page: Page) -> list[str]:
    # Violations are all that is asked for: the rest of axe's answer is long and slow to carry.
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    answer = Axe().run(page, options=options).response
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:160]}"
        for one in answer["violations"]
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]
