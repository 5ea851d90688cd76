"""A shop's feed is looked at before it is taken, and its goods stand in the catalogue."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.program import Visit

OFFERS = "".join(
    f'<offer id="cup-{number}" available="{"true" if number < 3 else "false"}">'
    f"<url>https://shop.example/cup-{number}</url><price>{100 * number}</price>"
    "<currencyId>RUB</currencyId><categoryId>1</categoryId>"
    f"<name>Cup number {number}</name><vendor>Potter</vendor></offer>"
    for number in range(1, 4)
)
FEED = f"""<?xml version="1.0" encoding="UTF-8"?>
<yml_catalog date="2026-11-20 10:00"><shop><name>Shop</name><company>Shop</company>
<url>https://shop.example</url><currencies><currency id="RUB" rate="1"/></currencies>
<categories><category id="1">Cups</category></categories>
<offers>{OFFERS}</offers></shop></yml_catalog>"""


def test_a_feed_from_a_file_fills_the_catalogue(visit: Visit) -> None:
    page = visit("owner", "/catalogue/feeds")
    page.get_by_role("button", name="Add a feed").first.click()
    dialog = page.get_by_role("dialog", name="New feed")
    dialog.get_by_role("radiogroup", name="Where the feed is").get_by_text("From a file").click()
    # What is no feed is refused with words, and nothing can be saved.
    upload(page, dialog, "letter.xml", b"<letter>Dear all</letter>")
    save = dialog.get_by_role("button", name="Save and load")
    expect(dialog.get_by_role("button", name="Another file")).to_be_visible()
    expect(save).to_be_disabled()
    dialog.get_by_role("button", name="Another file").click()
    upload(page, dialog, "cups.xml", FEED.encode())
    expect(dialog).to_contain_text(re.compile(r"Offers:\s*3"))
    # The name comes from the file that is taken, not from the one that was put aside.
    name = dialog.get_by_role("textbox", name="Name")
    expect(name).to_have_value("cups")
    name.fill("Cup shop")
    save.click()
    expect(page.get_by_role("heading", name="Cup shop", level=1)).to_be_visible()
    expect(page.get_by_text("loaded", exact=True).first).to_be_visible()

    page.goto("/catalogue?q=cup")
    expect(page.get_by_role("row", name=re.compile("Cup number 1"))).to_contain_text("100")
    expect(page.get_by_role("row", name=re.compile("Cup number 3"))).to_contain_text("sold out")
    # What is sold out stands apart from what can be bought now.
    page.goto("/catalogue?q=cup&availability=available")
    expect(page.get_by_role("row", name=re.compile("Cup number 1"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Cup number 3"))).to_have_count(0)
    page.get_by_role("link", name=re.compile("Cup number 2")).first.click()
    expect(page.get_by_role("heading", name="Cup number 2", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="Cup shop")).to_be_visible()


def upload(page: Page, dialog: Locator, name: str, body: bytes) -> None:
    with page.expect_file_chooser() as chooser:
        dialog.get_by_role("button", name="Choose a file").click()
    chooser.value.set_files({"name": name, "mimeType": "text/xml", "buffer": body})
