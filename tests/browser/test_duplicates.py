"""Two cards that may be one person are compared side by side, told apart, or merged."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.program import Visit, World


def test_a_pair_is_told_apart_taken_back_and_merged(visit: Visit, world: World) -> None:
    world.api.import_csv(
        "customers",
        "id;phone;first;last\ntwin-1;+79161234567;Zinaida;Platonova\n"
        "twin-2;+79161234567;Zinaida;Platonova\n",
        key="user_id",
        mapping={
            "id": "user_id",
            "phone": "phone",
            "first": "trait:first_name",
            "last": "trait:last_name",
        },
        options={},
        format={},
    )
    page = visit("owner", "/customers/duplicates")
    page.get_by_role("button", name="Search now").click()
    page.get_by_text("Likely", exact=True).click()
    pair = page.locator("main li", has_text="twin-1")
    expect(pair).to_contain_text("twin-2")
    pair.get_by_role("button", name="Not the same").click()
    expect(pair).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    pair.get_by_role("button", name="Compare").click()
    dialog = page.get_by_role("dialog", name="Is this one person?")
    expect(dialog).to_contain_text("Platonova")
    dialog.get_by_role("button", name="Merge", exact=True).click()
    expect(dialog).to_be_hidden()
    expect(pair).to_have_count(0)
    # Either id leads to the one card that is left.
    cards = {
        world.api.call("GET", "/profiles", search=twin)["items"][0]["id"]
        for twin in ("twin-1", "twin-2")
    }
    assert len(cards) == 1
