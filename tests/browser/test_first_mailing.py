"""The main job, click by click: from a file of customers to the report."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.program import Visit

PEOPLE = 40
FILE = "email,first_name,city\n" + "".join(
    f"guest{number}@kazan.example,Timur,Kazan\n" for number in range(PEOPLE)
)


def test_a_newcomer_sends_the_first_mailing(visit: Visit) -> None:
    page = visit("owner", "/imports/new")
    import_customers(page)
    cut_segment(page)
    write_letter(page)
    count = prepare_mailing(page)
    watch_sending(page, count)
    read_caught_mail(page, count)


def import_customers(page: Page) -> None:
    page.locator("input[type=file]").set_input_files(
        {"name": "guests.csv", "mimeType": "text/csv", "buffer": FILE.encode()}
    )
    # Without the proof of the consent the import does not start.
    start = page.get_by_role("button", name="Import", exact=True)
    expect(start).to_be_enabled()
    page.get_by_label("Everybody in this file agreed to e-mail from us").check()
    expect(start).to_be_disabled()
    page.get_by_label("How and when they agreed").fill("A tick in the form of our shop")
    start.click()
    expect(page.get_by_role("heading", name="guests.csv")).to_be_visible()
    expect(page.get_by_role("heading", name="Done")).to_be_visible(timeout=60_000)


def cut_segment(page: Page) -> None:
    page.goto("/segments/new")
    page.get_by_label("Name", exact=True).fill("Guests from Kazan")
    page.get_by_role("button", name="Condition", exact=True).click()
    page.get_by_role("menuitem", name="Trait").click()
    page.get_by_role("combobox", name="Trait").click()
    page.get_by_role("option", name="city").click()
    page.get_by_role("combobox", name="city: value").fill("Kazan")
    summary = page.get_by_role("complementary", name="Summary")
    expect(summary).to_contain_text(re.compile(rf"{PEOPLE}\s*people"))
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Save the segment").click()
    expect(page).to_have_url(re.compile(r"/segments/[0-9a-f-]{36}$"))


def write_letter(page: Page) -> None:
    page.goto("/letters/new")
    page.get_by_role("button", name="Welcome").click()
    change_blocks(page)
    with page.expect_response(
        lambda answer: "/letters/" in answer.url and answer.request.method == "PATCH"
    ) as saved:
        page.get_by_label("Name of the letter").fill("Letter to Kazan")
    assert saved.value.ok


def change_blocks(page: Page) -> None:
    letter = page.get_by_role("region", name="Letter", exact=True)
    headings = letter.get_by_role("group", name=re.compile("^Heading: "))
    quotes = letter.get_by_role("group", name=re.compile("^Quote"))
    # Put behind what is selected by a click, moved by keyboard, taken back by undo.
    headings.first.get_by_role("button").click()
    page.get_by_role("button", name="Quote", exact=True).click()
    expect(quotes).to_be_visible()
    quotes.get_by_role("button", name="Move").focus()
    for key, said in (
        ("Space", "row 2, column 1, place 2"),
        ("ArrowDown", "row 2, column 1, place 3"),
        ("ArrowDown", "row 2, column 1, place 4"),
        ("Space", "Put: Quote"),
    ):
        page.keyboard.press(key)
        expect(page.get_by_role("status").filter(has_text=said)).to_be_attached()
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(quotes).to_have_count(0)
    # A text is written where it stands.
    letter.get_by_role("button", name=re.compile("^Text: Hello")).click()
    page.get_by_role("toolbar", name="Formatting").get_by_role("button", name="variable").click()
    page.get_by_role("button", name="customer.city").click()
    expect(letter.get_by_role("textbox")).to_contain_text("{{ customer.city }}")
    page.get_by_text("Preview", exact=True).click()
    shown = page.frame_locator('iframe[title="Preview of the letter"]')
    expect(shown.locator("body")).to_contain_text("Good to meet you")


def prepare_mailing(page: Page) -> int:
    page.goto("/mailings/new")
    # Nothing is made before something is chosen to begin with.
    page.get_by_role("button", name=re.compile("^Empty mailing")).click()
    expect(page).to_have_url(re.compile(r"/mailings/[0-9a-f-]{36}$"))
    choose(page, "Segments", "Guests from Kazan")
    page.keyboard.press("Escape")
    choose(page, "Variant A: letter", "Letter to Kazan")
    page.get_by_role("button", name="Add a variant").click()
    choose(page, "Variant B: letter", "Letter to Kazan")
    # The letter is looked at without leaving the page, as people of the segment get it.
    page.get_by_role("button", name="Variant A: look at the letter").click()
    shown = page.frame_locator('iframe[title="Preview of the letter"]')
    expect(shown.locator("body")).to_contain_text("Good to meet you")
    expect(page.get_by_role("dialog")).to_contain_text("Timur")
    page.keyboard.press("Escape")
    choose(page, "Event", "Order Completed")
    summary = page.get_by_role("complementary", name="Summary")
    expect(summary).to_contain_text("Control group")
    expect(summary.get_by_role("region", name="When it goes")).to_contain_text("The first letter")
    checks = summary.get_by_role("list", name="Checks")
    expect(checks.get_by_role("listitem").first).to_be_visible()
    # Compared as texts, so that a failure says what stands in the way.
    expect(checks.locator('[data-level="block"]')).to_have_text([])
    send = summary.get_by_role("button", name=re.compile(r"^Send to \d+ people$"))
    expect(send).to_be_enabled()
    count = int(re.sub(r"\D", "", send.inner_text()))
    assert 0 < count < PEOPLE, "a part of the people is the control group"
    send.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"{count} people")
    dialog.get_by_role("button", name=f"Send to {count} people").click()
    return count


def watch_sending(page: Page, count: int) -> None:
    # Everything below moves by itself: the page is not loaded again.
    expect(page.get_by_role("progressbar", name="Letters handled")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Finished")).to_be_visible(timeout=60_000)
    expect(page.get_by_text(f"{count} of {count} letters")).to_be_visible()
    verdict = page.get_by_role("region", name="Verdict")
    expect(verdict).to_be_visible(timeout=60_000)
    expect(verdict.locator("p")).to_have_text(re.compile(r"\w+.*\."))
    choose(page, "Trait", "city")
    parts = page.get_by_role("table", name="Target action by “city”")
    expect(parts.get_by_role("row", name=re.compile(r"^Kazan \d+"))).to_be_visible()
    # A figure opens exactly its people.
    figure = (
        page.get_by_role("row", name=re.compile(r"^People in the group \d+"))
        .get_by_role("link")
        .first
    )
    people = int(figure.inner_text())
    figure.click()
    expect(page).to_have_url(re.compile(r"/people\?figure=assigned&arm=A"))
    cards = page.get_by_role("table", name="People in the group").locator('a[href^="/customers/"]')
    expect(cards).to_have_count(people)


def read_caught_mail(page: Page, count: int) -> None:
    page.goto("/caught?q=kazan.example")
    rows = page.get_by_role("region", name="Letters").locator("button", has_text="kazan.example")
    expect(rows).to_have_count(count)
    rows.first.click()
    frame = page.locator('iframe[title="Letter"]')
    # An empty value forbids scripts, forms and the way out.
    expect(frame).to_have_attribute("sandbox", "")
    expect(frame.content_frame.locator("body")).to_contain_text("Timur")


def choose(page: Page, field: str, option: str) -> None:
    page.get_by_role("combobox", name=field, exact=True).click()
    page.get_by_role("option", name=re.compile(rf"^{re.escape(option)}")).first.click()
