"""What a workspace decides once: who is left alone, what people agreed to, who is one person."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.program import Visit, World

LEFT_ALONE = "leave.me@shop.example"
MASKED = "l•••@shop.example"


def test_the_owner_stops_an_address_and_the_analyst_only_sees_it(
    visit: Visit, world: World
) -> None:
    page = visit("owner", "/settings/stop-list")
    page.get_by_role("button", name="Stop an address").first.click()
    dialog = page.get_by_role("dialog", name="Stop an address")
    address = dialog.get_by_role("textbox", name="E-mail")
    address.fill("leave.me@")
    dialog.get_by_role("button", name="Stop the address").click()
    expect(dialog).to_contain_text("Enter a whole address")
    address.fill(LEFT_ALONE)
    choose(page, "Reason", "complained about spam")
    dialog.get_by_role("button", name="Stop the address").click()
    expect(dialog).to_be_hidden()
    row = page.get_by_role("row", name=re.compile(re.escape(MASKED)))
    expect(row).to_contain_text("complained about spam")

    colleague = visit("analyst", "/settings/stop-list")
    expect(colleague.get_by_role("row", name=re.compile(re.escape(MASKED)))).to_be_visible()
    expect(colleague.get_by_role("button", name="Stop an address")).to_have_count(0)
    expect(colleague.get_by_role("button", name=re.compile("^Take"))).to_have_count(0)
    # Only the whole address finds it, because nothing but its code is kept.
    search = colleague.get_by_role("searchbox")
    search.fill("leave.me")
    expect(colleague.get_by_text("This address is not on the list")).to_be_visible()
    search.fill(LEFT_ALONE)
    expect(colleague.get_by_role("row", name=re.compile(re.escape(MASKED)))).to_be_visible()

    # Taking it off can be undone: until then the server is told nothing.
    row.get_by_role("button", name=f"Take {MASKED} off the list").click()
    expect(row).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row).to_be_visible()
    assert len(world.api.call("GET", "/suppressions", address=LEFT_ALONE)["items"]) == 1


def test_a_version_of_a_consent_text_stays_beside_the_next(visit: Visit) -> None:
    page = visit("owner", "/settings/consent-texts")
    page.get_by_role("button", name="Add a text").click()
    page.get_by_label("Name", exact=True).fill("Form at the till")
    page.get_by_role("textbox", name="Text").fill("I agree to letters.")
    page.get_by_role("button", name="Save").click()
    text = page.get_by_role("list", name="Consent texts").get_by_role("listitem")
    text.get_by_text("Form at the till").click()
    text.get_by_role("button", name="New version").click()
    field = page.get_by_role("dialog").get_by_role("textbox", name="Text")
    expect(field).to_have_value("I agree to letters.")
    # The same text is no new version.
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    field.fill("I agree to letters and offers.")
    page.get_by_role("button", name="Save").click()
    expect(text).to_contain_text("version 2")
    expect(text).to_contain_text("I agree to letters and offers.")
    expect(text).to_contain_text("I agree to letters.")

    colleague = visit("analyst", "/settings/consent-texts")
    expect(colleague.get_by_text("Form at the till")).to_be_visible()
    expect(colleague.get_by_role("button", name="Add a text")).to_have_count(0)


def test_a_rule_of_joining_is_looked_at_before_it_is_switched_on(
    visit: Visit, world: World
) -> None:
    def by_phone() -> bool:
        return bool(world.api.call("GET", "/identity-rules")["merge_by_phone"])

    page = visit("owner", "/settings/identity")
    switch = page.get_by_role("switch", name="The same phone means the same person")
    expect(switch).not_to_be_checked()
    switch.click(force=True)
    page.get_by_role("button", name="See what changes").click()
    question = page.get_by_role("dialog", name="What the new rules change")
    expect(question.get_by_role("button", name="Switch on")).to_be_enabled()
    assert not by_phone()
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_be_hidden()
    page.get_by_role("button", name="Discard").click()
    expect(switch).not_to_be_checked()
    assert not by_phone()

    colleague = visit("analyst", "/settings/identity")
    expect(
        colleague.get_by_role("switch", name="The same phone means the same person")
    ).to_be_disabled()


def test_a_view_of_customers_is_kept_by_name(visit: Visit) -> None:
    page = visit("owner", "/customers?q=vera")
    expect(page.locator("tbody tr a").first).to_contain_text("Vera")
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("menuitemcheckbox", name="city").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Views").click()
    page.get_by_label("Save what is shown now").fill("Everybody called Vera")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Everybody called Vera")).to_be_visible()

    page.goto("/customers")
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("menuitemcheckbox", name="city").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("columnheader", name="city")).to_have_count(0)
    page.get_by_role("button", name="Views").click()
    page.get_by_role("button", name="Everybody called Vera", exact=True).click()
    expect(page).to_have_url(re.compile(r"q=vera"))
    expect(page.get_by_role("columnheader", name="city")).to_be_visible()
    expect(page.locator("tbody tr a").first).to_contain_text("Vera")


def choose(page: Page, field: str, option: str) -> None:
    page.get_by_role("combobox", name=field).click()
    page.get_by_role("option", name=option).click()
