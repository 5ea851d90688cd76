"""What block letters share, over HTTP: brand kit, saved blocks, pictures; and letters with them."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from PIL import Image

from otklik.accounts.public import Workspace
from otklik.catalog import tables as catalog
from otklik.content.check_links import check_links
from otklik.content.public import (
    bare_traits,
    compile_letter,
    get_letter,
    trait_gaps,
    traits_of_letters,
)
from otklik.runtime.public import OutgoingFailed, Runtime, metadata
from tests.conftest import Cast

FOOT = {"id": "foot", "columns": [{"blocks": [{"kind": "footer", "id": "f"}]}]}
ROW = {"id": "s", "columns": [{"blocks": [{"kind": "text", "id": "t", "html": "<p>WORDS</p>"}]}]}


def document(*blocks: dict[str, Any]) -> str:
    made = {"v": 1, "rows": [{"id": "r", "columns": [{"blocks": list(blocks)}]}, FOOT]}
    return json.dumps(made, ensure_ascii=False)


async def kept(client: httpx.AsyncClient, *blocks: dict[str, Any]) -> str:
    answer = await client.post(
        "/api/v1/letters",
        json={"name": "News", "kind": "blocks", "subject": "x", "source": document(*blocks)},
    )
    assert answer.status_code == 201, answer.text
    letter_id: str = answer.json()["id"]
    return letter_id


async def test_a_brand_kit_is_shared_by_all_letters_of_a_workspace(cast: Cast) -> None:
    kit = {
        "style": {"link_color": "#aa0000"},
        "logo": {"src": "https://a.ru/l.png", "alt": "Us"},
        "footer": {"company": "Us & Co"},
    }
    path = "/api/v1/brand-kit"
    assert (await cast.colleague.get(path)).json() == {}
    assert (await cast.colleague.put(path, json=kit)).status_code == 403
    assert (await cast.marketer.put(path, json=kit)).json() == kit
    assert (await cast.colleague.get(path)).json() == kit
    assert (await cast.stranger.get(path)).json() == {}
    source = document({"kind": "logo", "id": "l"})
    shown = await cast.colleague.post(
        "/api/v1/letters/preview", json={"kind": "blocks", "subject": "x", "source": source}
    )
    assert "https://a.ru/l.png" in shown.json()["html"]
    assert "Us &amp; Co" in shown.json()["html"]
    for wrong in (
        {"style": {"link_color": "red"}},
        {"logo": {"src": "javascript:x"}},
        {"footer": {"note": "{% if x %}"}},
        {"unknown": 1},
    ):
        assert (await cast.marketer.put(path, json=wrong)).status_code == 422


async def test_a_saved_block_changes_drafts_and_not_what_was_launched(
    cast: Cast, rt: Runtime, workspace: Workspace
) -> None:
    path = "/api/v1/saved-blocks"
    assert (await cast.colleague.post(path, json={"name": "x", "row": ROW})).status_code == 403
    made = (await cast.marketer.post(path, json={"name": "Terms", "row": ROW})).json()
    nested = {"id": "n", "columns": [{"blocks": [{"kind": "saved", "id": "x", "block_id": "y"}]}]}
    refused = await cast.marketer.post(path, json={"name": "x", "row": nested})
    assert refused.json()["code"] == "saved_block_nested"
    letter_id = await kept(cast.marketer, {"kind": "saved", "id": "b", "block_id": made["id"]})
    [listed] = (await cast.colleague.get(path)).json()
    assert (listed["name"], listed["used_in"]) == ("Terms", 1)
    assert listed["row"]["columns"][0]["blocks"][0]["html"] == "<p>WORDS</p>"
    async with rt.db.begin() as tx:
        launched = await get_letter(tx, workspace_id=workspace.id, letter_id=UUID(letter_id))
    one = f"{path}/{made['id']}"
    new = json.loads(json.dumps(ROW).replace("WORDS", "OTHERS"))
    changed = await cast.marketer.put(one, json={"name": "Terms 2", "row": new})
    assert changed.json()["name"] == "Terms 2"
    async with rt.db.begin() as tx:
        draft = await get_letter(tx, workspace_id=workspace.id, letter_id=UUID(letter_id))
    assert "WORDS" in str(compile_letter(launched.as_source).text.template)
    assert "OTHERS" in str(compile_letter(draft.as_source).text.template)
    assert (await cast.marketer.delete(one)).json()["code"] == "saved_block_in_use"
    for client, status in ((cast.stranger, 404), (cast.colleague, 403)):
        assert (await client.put(one, json={"name": "x", "row": ROW})).status_code == status
        assert (await client.delete(one)).status_code == status
    assert (await cast.stranger.get(one)).status_code == 404
    assert (await cast.stranger.get(path)).json() == []
    await cast.marketer.delete(f"/api/v1/letters/{letter_id}")
    assert (await cast.marketer.delete(one)).status_code == 204
    assert (await cast.marketer.get(one)).status_code == 404


def picture(width: int = 700, color: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, 10), color).save(out, "PNG")
    return out.getvalue()


async def test_a_picture_is_kept_once_and_shown_to_everybody(cast: Cast) -> None:
    path = "/api/v1/media"
    files = {"data": ("../cat.png", picture(), "text/html")}
    assert (await cast.colleague.post(path, files=files)).status_code == 403
    answer = await cast.marketer.post(path, files=files)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert [(one["size"], one["width"], one["weight"]) for one in made["files"]] == [
        ("full", 700, "fine"),
        ("small", 600, "fine"),
    ]
    assert (await cast.marketer.post(path, files=files)).json()["id"] == made["id"]
    address = made["url"][made["url"].index("/m/") :]
    shown = await cast.nobody.get(address)
    assert shown.status_code == 200
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert Image.open(io.BytesIO(shown.content)).size == (700, 10)
    for wrong in (address[:-3] + "jpg", address[:-5] + ".png", "/m/", "/m/x.png"):
        assert (await cast.nobody.get(wrong)).content != shown.content
    one = f"{path}/{made['id']}"
    how = {"width": 300, "format": "webp", "crop": {"left": 0.5}}
    copy = (await cast.marketer.post(f"{one}/copies", json=how)).json()
    assert (copy["name"], copy["files"][0]["width"]) == ("cat-300.webp", 300)
    again = (await cast.marketer.post(f"{one}/copies", json=how)).json()
    assert again["id"] == copy["id"] != made["id"]
    for client, status in ((cast.stranger, 404), (cast.colleague, 403)):
        assert (await client.post(f"{one}/copies", json=how)).status_code == status
    wrong_cut = {"crop": {"left": 0.5, "right": 0.5}}
    refused = await cast.marketer.post(f"{one}/copies", json=wrong_cut)
    assert refused.json()["code"] == "bad_picture"
    assert (await cast.marketer.delete(f"{path}/{copy['id']}")).status_code == 204
    changed = await cast.marketer.patch(one, json={"alt": "A cat", "name": "Cat"})
    assert (changed.json()["alt"], changed.json()["name"]) == ("A cat", "Cat")
    letter_id = await kept(
        cast.marketer, {"kind": "image", "id": "i", "src": made["files"][1]["url"], "alt": "x"}
    )
    page = (await cast.colleague.get(path, params={"search": "CAT"})).json()
    assert [(item["id"], item["used_in"]) for item in page["items"]] == [(made["id"], ["News"])]
    assert (await cast.marketer.delete(one)).json()["code"] == "media_in_use"
    assert (await cast.stranger.get(path)).json()["items"] == []
    for client, status in ((cast.stranger, 404), (cast.colleague, 403)):
        assert (await client.patch(one, json={"alt": "x"})).status_code == status
        assert (await client.delete(one)).status_code == status
    await cast.marketer.delete(f"/api/v1/letters/{letter_id}")
    assert (await cast.marketer.delete(one)).status_code == 204
    assert (await cast.nobody.get(address)).status_code == 404
    svg = {"data": ("x.png", b"<svg/>", "image/png")}
    assert (await cast.marketer.post(path, files=svg)).json()["code"] == "bad_picture"


async def test_picked_products_are_shown_as_the_catalogue_has_them(
    cast: Cast, rt: Runtime, workspace: Workspace, now: datetime
) -> None:
    ids: list[str] = []
    async with rt.db.begin() as tx:
        for number, (name, gone) in enumerate((("Pen", None), ("Old pen", now)), 1):
            values = {
                "workspace_id": workspace.id,
                "feed_id": UUID(int=number),
                "offer_id": str(number),
                "name": name,
                "url": "https://a.ru/pen",
                "price": Decimal(1_200),
                "old_price": Decimal(1_500),
                "currency": "RUR",
                "pictures": ["https://a.ru/pen.png"],
                "params": [],
                "digest": "",
                "words": sa.func.to_tsvector("simple", name),
                "first_seen": now,
                "changed_at": now,
                "gone_at": gone,
            }
            query = (
                catalog.products.insert().values(values).returning(catalog.products.c.product_id)
            )
            ids.append(str((await tx.execute(query)).scalar_one()))
    block = {
        "kind": "products",
        "id": "p",
        "source": {"kind": "picked", "product_ids": [*ids, "nonsense"]},
        "button_text": "Buy",
    }
    body = {"kind": "blocks", "subject": "x", "source": document(block)}
    shown = (await cast.colleague.post("/api/v1/letters/preview", json=body)).json()
    for part in ("https://a.ru/pen.png", "1,200\u00a0₽", "1,500\u00a0₽", ">Buy</a>"):
        assert part in shown["html"], part
    [missing] = [one for one in shown["problems"] if one["code"] == "products_missing"]
    assert "Old pen, nonsense" in missing["message"]
    assert (missing["row_id"], missing["block_id"]) == ("r", "p")
    stranger = (await cast.stranger.post("/api/v1/letters/preview", json=body)).json()
    assert "pen.png" not in stranger["html"]
    assert "Old pen" not in json.dumps(stranger["problems"])


async def test_a_letter_is_seen_by_several_people_at_once(cast: Cast, rt: Runtime) -> None:
    made = await cast.marketer.post(
        "/api/v1/profiles", json={"traits": {"first_name": "Bo"}, "identifiers": []}
    )
    ids = [made.json()["id"]] if made.status_code == 201 else []
    block = {"kind": "heading", "id": "h", "text": "Dear {{ customer.first_name }}."}
    body = {
        "kind": "blocks",
        "subject": "x",
        "source": document(block),
        "profile_ids": ids,
        "empty": True,
    }
    shown = (await cast.colleague.post("/api/v1/letters/preview", json=body)).json()
    assert [one["profile_id"] for one in shown["people"]] == [*ids, None]
    assert "Dear ." in shown["people"][-1]["text"]
    assert "Dear Emma." in shown["text"]
    too_many = await cast.colleague.post(
        "/api/v1/letters/preview", json={**body, "profile_ids": list(range(7))}
    )
    assert too_many.status_code == 422
    if ids:
        foreign = await cast.stranger.post("/api/v1/letters/preview", json=body)
        assert foreign.status_code == 404


async def test_a_letter_becomes_code_beside_itself(cast: Cast) -> None:
    letter_id = await kept(cast.marketer, {"kind": "heading", "id": "h", "text": "News"})
    path = f"/api/v1/letters/{letter_id}/convert"
    made = await cast.marketer.post(path, json={"into": "mjml"})
    assert made.status_code == 201
    assert (made.json()["kind"], made.json()["name"]) == ("mjml", "News (MJML)")
    again = await cast.marketer.post(
        f"/api/v1/letters/{made.json()['id']}/convert", json={"into": "mjml"}
    )
    assert again.json()["code"] == "cannot_convert"
    assert (await cast.stranger.post(path, json={"into": "mjml"})).status_code == 404
    assert (await cast.colleague.post(path, json={"into": "mjml"})).status_code == 403


async def test_it_counts_who_lacks_what_a_letter_shows(
    cast: Cast, rt: Runtime, workspace: Workspace
) -> None:
    letter_id = await kept(
        cast.marketer, {"kind": "heading", "id": "h", "text": "{{ customer.city }}"}
    )
    path = f"/api/v1/letters/{letter_id}/gaps"
    assert (await cast.colleague.get(path)).json() == []
    assert (await cast.stranger.get(path)).status_code == 404
    where = f"workspace_id, profile_id, version) VALUES ({workspace.id},"
    for number, city in enumerate(("Kazan", "", None), 1):
        await rt.ch.command(f"INSERT INTO profiles ({where} {number}, 1)", repeatable=True)
        if city is not None:
            await rt.ch.command(
                "INSERT INTO profile_traits (workspace_id, trait, profile_id, type, str, version)"
                f" VALUES ({workspace.id}, 'city', {number}, 'string', '{city}', 1)",
                repeatable=True,
            )
    [gap] = (await cast.colleague.get(path)).json()
    assert gap == {"trait": "city", "lacking": 2, "people": 3}
    async with rt.db.begin() as tx:
        letter = await get_letter(tx, workspace_id=workspace.id, letter_id=UUID(letter_id))
    traits = bare_traits(compile_letter(letter.as_source))
    assert await trait_gaps(rt, workspace_id=workspace.id, traits=traits, among=[1]) == []


async def test_the_traits_of_a_block_letter_are_known(
    cast: Cast, rt: Runtime, workspace: Workspace
) -> None:
    only = {"test": [{"path": "customer.plan", "op": "set"}]}
    text = """{{ customer["a b"].c }} {{ customer['d'] }}\n{{ customer.город }}"""
    block = {"kind": "heading", "id": "h", "text": text, "show_if": only}
    letter_id = await kept(cast.marketer, block)
    async with rt.db.begin() as tx:
        [(found, name, traits)] = await traits_of_letters(tx, workspace_id=workspace.id)
    assert (str(found), name, traits) == (letter_id, "News", {"plan", "a b.c", "d", "город"})


@dataclass
class Net:
    """A network of known addresses; servers that know no HEAD answer 405 to it."""

    pages: dict[str, int]
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def send(self, method: str, url: str, **_: Any) -> Any:
        self.asked.append((method, url))
        status = self.pages.get(url)
        if status is None:
            raise OutgoingFailed(reason="dns", host="gone.ru")
        if method == "HEAD" and "nohead" in url:
            status = 405
        headers = {"location": "https://b.ru/"} if 300 <= status < 400 else {}
        return SimpleNamespace(status=status, headers=headers)


async def test_links_are_asked_whether_they_answer() -> None:
    net: Any = Net({"https://a.ru/": 200, "https://nohead.ru/": 200, "https://b.ru/x": 301})
    net.pages |= {"https://c.ru/": 404, "https://d.ru/": 403}
    urls = [*net.pages, "https://gone.ru/"]
    found = await check_links(net, urls, lang="en")
    assert [(one.url, one.state, one.status) for one in found] == [
        ("https://a.ru/", "fine", 200),
        ("https://nohead.ru/", "fine", 200),
        ("https://b.ru/x", "moved", 301),
        ("https://c.ru/", "broken", 404),
        ("https://d.ru/", "guarded", 403),
        ("https://gone.ru/", "unreachable", None),
    ]
    assert found[-1].reason
    assert ("GET", "https://a.ru/") not in net.asked


async def test_a_stranger_s_letter_is_not_asked_about(cast: Cast) -> None:
    letter_id = await kept(cast.marketer, {"kind": "heading", "id": "h", "text": "x"})
    path = f"/api/v1/letters/{letter_id}/check-links"
    assert (await cast.marketer.post(path)).json() == []
    assert (await cast.stranger.post(path)).status_code == 404
    assert (await cast.colleague.post(path)).status_code == 403


@pytest.mark.parametrize("table", ["brand_kits", "saved_blocks", "media", "media_files"])
def test_what_is_shared_belongs_to_a_workspace(table: str) -> None:
    assert "workspace_id" in metadata.tables[table].c
