"""Text of strangers stays text, and a broken letter says where it is broken."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.program import HOSTILE, Visit, World


def test_a_hostile_name_is_only_text_everywhere(visit: Visit, world: World) -> None:
    page = visit("owner", "/customers?q=hostile")
    expect(page.get_by_role("link", name=HOSTILE)).to_be_visible()
    nothing_came_alive(page)

    page.get_by_role("link", name=HOSTILE).click()
    expect(page.get_by_role("heading", name=HOSTILE)).to_be_visible()
    nothing_came_alive(page)

    page.goto(f"/mailings/{world.campaign_id}/recipients")
    expect(page.get_by_role("link", name="hostile@shop.example")).to_be_visible()
    nothing_came_alive(page)

    page.goto(f"/letters/{world.letter_id}")
    page.get_by_text("Preview", exact=True).click()
    preview = page.get_by_role("region", name="Preview")
    people = page.get_by_role("combobox", name="Preview for")
    people.fill("hostile")
    page.get_by_role("option", name=HOSTILE).click()
    expect(preview.locator("strong").first).to_have_text(f"Hello {HOSTILE}")
    letter = page.frame_locator('iframe[title="Preview of the letter"]')
    expect(letter.locator("body")).to_contain_text(HOSTILE)
    expect(letter.locator("img[src='x']")).to_have_count(0)
    nothing_came_alive(page)


def nothing_came_alive(page: Page) -> None:
    """Check the page; dialogs and complaints of the browser are caught by `watch`."""
    expect(page.locator("img[src='x'], [onerror]")).to_have_count(0)
    assert "49" not in page.get_by_role("heading", level=1).inner_text()


def test_a_broken_letter_shows_the_line(visit: Visit, world: World) -> None:
    page = visit("owner", f"/letters/{world.broken_letter_id}")
    problems = page.get_by_role("list", name="Problems")
    expect(problems.get_by_role("button").first).to_contain_text("line")
    expect(problems.get_by_role("img", name="error").first).to_be_visible()
    # The same marks stand beside the lines themselves.
    expect(page.locator(".cm-problem-mark:visible").first).to_have_attribute(
        "title", re.compile("mj")
    )


def test_ready_and_empty_letters_are_offered_at_once(visit: Visit) -> None:
    page = visit("owner", "/letters")
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route("**/starters", hold)
    page.get_by_role("link", name="New letter").click()
    # An empty letter is at hand while the ready ones are on their way.
    expect(page.get_by_role("button", name="From scratch")).to_be_visible()
    expect(page.locator("main .mantine-Skeleton-root")).to_have_count(12)
    places = [one.bounding_box() for one in page.locator("main .mantine-Skeleton-root").all()]
    waiting[0].continue_()
    cards = page.locator("main button", has=page.locator("iframe, .mantine-Skeleton-root"))
    expect(cards).to_have_count(12)
    expect(cards.first).to_contain_text("Welcome")
    # Nothing moves when they come.
    assert [one.bounding_box() for one in cards.all()] == places

    # A letter by keyboard alone: a block is taken to its place, and undo takes it back.
    page.get_by_role("button", name="From scratch").click()
    headings = page.get_by_role("button", name=re.compile("^Heading: "))
    expect(headings).to_have_count(1)
    page.get_by_role("button", name="Heading", exact=True).press(" ")
    page.keyboard.press("ArrowDown")
    page.keyboard.press(" ")
    expect(headings).to_have_count(2)
    page.keyboard.press("Control+z")
    expect(headings).to_have_count(1)
    # What exists is offered while it is written.
    subject = page.get_by_label("Subject")
    subject.press_sequentially("Hi {{ first")
    expect(page.get_by_role("listbox", name="What can stand here")).to_be_visible()
    subject.press("Enter")
    expect(subject).to_have_value("Hi {{ customer.first_name }}")
