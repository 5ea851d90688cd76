"""Who gets in, what each may do, and in which language."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Watch
from tests.browser.program import PASSWORD, Visit, World


def test_a_wrong_password_is_told_beside_the_field(visit: Visit, watch: Watch) -> None:
    # The browser itself reports every refused request; this one is the point of the test.
    watch.expected = ("401 (Unauthorized)",)
    page = visit(None, "/segments")
    form = page.locator("form")
    form.get_by_label("E-mail", exact=True).fill("analyst@otklik.test")
    form.get_by_role("textbox", name="Password").fill("not this one")
    form.get_by_role("button", name="Sign in").click()
    expect(form.get_by_role("alert")).to_contain_text("password")
    expect(form.get_by_label("E-mail", exact=True)).to_have_value("analyst@otklik.test")

    form.get_by_role("textbox", name="Password").fill(PASSWORD)
    form.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(r"/segments$"))
    expect(page.get_by_role("heading", name="Segments", level=1)).to_be_visible()


def test_an_analyst_sees_no_way_to_send_or_change(visit: Visit, world: World) -> None:
    page = visit("analyst", f"/mailings/{world.draft_id}")
    summary = page.get_by_role("complementary", name="Summary")
    expect(summary).to_contain_text("Your role does not launch mailings.")
    expect(summary.get_by_role("button")).to_have_count(0)
    expect(page.get_by_role("button", name="Add a variant")).to_have_count(0)
    expect(page.get_by_role("combobox", name="Variant A: letter")).to_be_disabled()

    page.goto(f"/mailings/{world.campaign_id}")
    expect(page.get_by_role("region", name="Verdict")).to_be_visible()
    expect(page.get_by_role("button", name="Duplicate")).to_have_count(0)

    page.goto(f"/letters/{world.letter_id}")
    expect(page.get_by_label("Subject", exact=True)).to_be_disabled()
    expect(page.get_by_role("button", name="Send a test")).to_have_count(0)

    for path, forbidden in (
        ("/mailings", "New mailing"),
        ("/segments", "New segment"),
        ("/customers", "Import a file"),
    ):
        page.goto(path)
        expect(page.locator("tbody tr a").first).to_be_visible()
        expect(page.get_by_role("link", name=forbidden)).to_have_count(0)


def test_the_chosen_language_stays(visit: Visit) -> None:
    page = visit("newcomer", "/segments")
    expect(page.get_by_role("heading", name="Segments", level=1)).to_be_visible()
    page.get_by_role("link", name="Customers", exact=True).click()
    page.get_by_role("button", name="Newcomer").click()
    page.get_by_role("menuitem", name="Русский").click()
    # Each section brings its own texts: the one in sight, one seen before, one never opened.
    for section in ("Клиенты", "Сегменты", "Каталог", "Клиенты"):
        page.get_by_role("link", name=section, exact=True).click()
        expect(page.get_by_role("heading", name=section, level=1)).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Клиенты", level=1)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    # The account remembers it too: another browser, English by itself, follows.
    elsewhere = visit("newcomer", "/segments", lang="en")
    expect(elsewhere.get_by_role("heading", name="Сегменты", level=1)).to_be_visible()
