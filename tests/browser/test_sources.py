"""Another service calls, and a person says by clicking what its fields mean."""

from __future__ import annotations

import re

import httpx
from playwright.sync_api import expect

from tests.browser.program import Visit, World, wait_for


def test_a_call_becomes_a_customer_after_its_fields_are_named(visit: Visit, world: World) -> None:
    page = visit("owner", "/sources")
    page.get_by_role("link", name="Connect a service").first.click()
    page.get_by_role("radio", name=re.compile("Another service")).check(force=True)
    page.get_by_role("textbox", name="Name").fill("The till")
    page.get_by_role("button", name="Make the address").click()
    expect(page.get_by_role("heading", name="The till", level=1)).to_be_visible()
    source = next(one for one in world.api.call("GET", "/sources") if one["name"] == "The till")

    call = {"guest": {"contact": "till@shop.example", "title": "Tamara"}, "sum": 120}
    answer = httpx.post(source["url"], json=call, trust_env=False)
    assert answer.status_code == 200, answer.text
    wait_for("the call", lambda: world.api.call("GET", f"/sources/{source['id']}")["caught"] == 1)
    # Nobody is made of a call before somebody has said what it means.
    assert not world.api.call("GET", "/profiles", search="till@shop.example")["items"]

    page.get_by_role("tab", name="Fields").click()
    fields = page.get_by_role("table", name="Fields of the call")
    contact = fields.get_by_role("combobox", name="contact: becomes")
    contact.click()
    page.get_by_role("option", name="E-mail", exact=True).click()
    title = fields.get_by_role("combobox", name="title: becomes")
    title.click()
    page.get_by_role("option", name="Trait", exact=True).click()
    fields.get_by_role("textbox", name="title: name").fill("first_name")
    page.get_by_role("textbox", name="Name of the event").fill("Till Visited")
    page.get_by_role("button", name="Save and switch on").click()
    expect(page.get_by_text("Caught calls in work: 1")).to_be_visible()

    found = wait_for(
        "the customer",
        lambda: world.api.call("GET", "/profiles", search="till@shop.example")["items"],
    )
    page.goto(f"/customers/{found[0]['id']}")
    expect(page.get_by_role("heading", name="Tamara", level=1)).to_be_visible()
    expect(page.get_by_text("Till Visited").first).to_be_visible()
