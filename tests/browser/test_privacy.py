"""A person asks for his data and for being forgotten; the register and the act remember it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.program import Visit, World, wait_for


def test_a_request_is_entered_and_the_person_is_erased_by_it(visit: Visit, world: World) -> None:
    world.api.import_csv(
        "customers",
        "id;name\nforget-1;Forgotten Fedor\n",
        key="user_id",
        mapping={"id": "user_id", "name": "trait:first_name"},
        options={},
        format={},
    )
    found = wait_for(
        "the customer", lambda: world.api.call("GET", "/profiles", search="forget-1")["items"]
    )
    person = found[0]["id"]

    page = visit("owner", "/requests")
    page.get_by_role("button", name="Enter a request").first.click()
    entry = page.get_by_role("dialog")
    entry.get_by_role("combobox", name="What is asked").click()
    page.get_by_role("option", name="Erasure").click()
    entry.get_by_label("Number of the customer").fill(str(person))
    entry.get_by_role("button", name="Enter", exact=True).click()
    expect(entry).to_be_hidden()
    row = page.get_by_role("table", name="Requests").get_by_role("row", name=re.compile("Erasure"))
    expect(row).to_contain_text(f"customer {person}")

    row.get_by_role("link", name=f"customer {person}").click()
    expect(page.get_by_role("heading", name="Forgotten Fedor", level=1)).to_be_visible()
    page.get_by_role("button", name="Erase the person").click()
    dialog = page.get_by_role("dialog", name=f"Erase customer {person}")
    for_good = dialog.get_by_role("button", name="Erase for good")
    number = dialog.get_by_label(f"Type the number of the customer: {person}")
    # A number that is not his opens nothing.
    number.fill(f"{person}0")
    expect(for_good).to_be_disabled()
    number.fill(str(person))
    for_good.click()

    expect(page).to_have_url(re.compile(r"/requests\?tab=erasures"))
    wait_for(
        "the person to be gone",
        lambda: not world.api.call("GET", "/profiles", search="forget-1")["items"],
    )
    page.get_by_role("table", name="Erasures").get_by_text(f"customer {person}").click()
    act = page.get_by_role("dialog", name=re.compile(rf"Act \d+: customer {person}"))
    expect(act).to_contain_text("The person demands it")
    address = act.get_by_role("link", name="Act in English").get_attribute("href")
    printed = page.request.get(str(address))
    assert printed.ok
    assert str(person) in printed.text()
    assert "Fedor" not in printed.text()


def test_an_analyst_can_neither_enter_nor_erase(visit: Visit, world: World) -> None:
    page = visit("analyst", f"/customers/{world.hostile_id}")
    expect(page.get_by_role("heading", name="Consents")).to_be_visible()
    expect(page.get_by_role("button", name="Erase the person")).to_have_count(0)
    page.goto("/requests")
    expect(page.get_by_role("heading", name="Requests", level=1)).to_be_visible()
    expect(page.get_by_role("button", name="Enter a request")).to_have_count(0)
