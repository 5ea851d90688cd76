"""Products: from the shop's feed into the catalogue, and nothing of a broken feed."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from otklik.accounts.public import Workspace
from otklik.catalog.products import jobs
from otklik.catalog.products.errors import FeedBadArchive
from otklik.catalog.products.fetch import Limits
from otklik.catalog.products.http import _keeps_password
from otklik.catalog.products.load import run_feed
from otklik.catalog.products.operations import clean_runs, start_due
from otklik.catalog.products.packing import open_feed
from otklik.runtime.outbox import carry_facts
from otklik.runtime.public import Runtime
from tests.catalog.shop import Shop, feed, local_outgoing, offer, open_shop
from tests.conftest import Cast, Clock

API = "/api/v1"
TEN = [offer(n) for n in range(10)]


@pytest.fixture
async def shop(rt: Runtime, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    made = local_outgoing()
    monkeypatch.setattr(rt, "outgoing", made)
    async with open_shop(feed(*TEN)) as shop:
        yield shop
    await made.close()


async def add(cast: Cast, shop: Shop, **more: Any) -> dict[str, Any]:
    answer = await cast.owner.post(f"{API}/feeds", json={"name": "Shop", "url": shop.url, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def load(rt: Runtime, workspace: Workspace, cast: Cast, feed_id: str) -> dict[str, Any]:
    """Do the run that waits and return it."""
    (run, *_) = (await cast.owner.get(f"{API}/feeds/{feed_id}/runs")).json()
    await run_feed(rt, workspace_id=workspace.id, run_id=UUID(run["id"]))
    (run, *_) = (await cast.owner.get(f"{API}/feeds/{feed_id}/runs")).json()
    done: dict[str, Any] = run
    return done


async def again(rt: Runtime, workspace: Workspace, cast: Cast, feed_id: str) -> dict[str, Any]:
    answer = await cast.owner.post(f"{API}/feeds/{feed_id}/runs", json={})
    assert answer.status_code == 201, answer.text
    return await load(rt, workspace, cast, feed_id)


async def names(cast: Cast, **query: Any) -> list[str]:
    answer = await cast.owner.get(f"{API}/products", params=query)
    assert answer.status_code == 200, answer.text
    return [row["name"] for row in answer.json()["items"]]


async def test_a_feed_is_loaded_and_then_only_what_changed(
    rt: Runtime, workspace: Workspace, cast: Cast, shop: Shop, clock: Clock
) -> None:
    feed_id = (await add(cast, shop))["id"]
    run = await load(rt, workspace, cast, feed_id)
    assert (run["state"], run["report"]["offers"], run["report"]["categories"]) == ("done", 10, 2)
    assert run["changes"]["added"] == 10
    assert len(await names(cast)) == 10
    (kept,) = (await cast.owner.get(f"{API}/feeds")).json()
    assert (kept["products"], kept["last_run"]["state"]) == (10, "done")

    # The same bytes: there is nothing to do.
    clock.move(hours=1)
    assert (await again(rt, workspace, cast, feed_id))["state"] == "unchanged"

    # One price changed, one name changed, one product went, one came.
    changed = [offer(0, 90), offer(1, name="Coffee"), *TEN[2:9], offer(10)]
    shop.body = feed(*changed).encode()
    clock.move(hours=1)
    run = await again(rt, workspace, cast, feed_id)
    counts = {k: v for k, v in run["changes"].items() if v}
    assert counts == {
        "before": 10, "offers": 10, "added": 1, "changed": 2, "gone": 1, "price_changed": 1,
    }  # fmt: skip
    assert await names(cast, availability="gone") == ["Tea 9"]

    # And comes back.
    shop.body = feed(*changed, offer(9)).encode()
    clock.move(hours=1)
    run = await again(rt, workspace, cast, feed_id)
    assert (run["changes"]["returned"], run["changes"]["changed"]) == (1, 0)

    while await carry_facts(rt):
        pass
    rows = (await cast.owner.get(f"{API}/products", params={"search": "tea 0"})).json()["items"]
    (cheaper,) = rows
    assert (cheaper["price"], cheaper["category"]) == (90.0, ["Food", "Tea"])
    history = (await cast.owner.get(f"{API}/products/{cheaper['id']}/history")).json()
    assert [fact["price"] for fact in history] == [100.0, 90.0]
    (back,) = (await cast.owner.get(f"{API}/products", params={"search": "tea 9"})).json()["items"]
    history = (await cast.owner.get(f"{API}/products/{back['id']}/history")).json()
    assert [(f["available"], f["gone"]) for f in history] == [
        (True, False),
        (False, True),
        (True, False),
    ]
    # A renamed product has no new fact.
    (renamed,) = (await cast.owner.get(f"{API}/products", params={"search": "coff"})).json()[
        "items"
    ]
    assert len((await cast.owner.get(f"{API}/products/{renamed['id']}/history")).json()) == 1


async def test_a_broken_feed_leaves_the_catalogue_as_it_was(
    rt: Runtime, workspace: Workspace, cast: Cast, shop: Shop
) -> None:
    feed_id = (await add(cast, shop))["id"]
    await load(rt, workspace, cast, feed_id)
    whole = feed(*[offer(n, 1) for n in range(3_000)]).encode()
    cases: list[tuple[bytes, str]] = [
        (whole[:-100], "feed_cut_short"),
        (whole.replace(b"</shop>", b"</shop><x>"), "feed_broken"),
        (b"<html><body>Please sign in</body></html>", "feed_is_not_yml"),
        (b"", "feed_is_not_xml"),
        (gzip.compress(whole)[:-50], "feed_bad_archive"),
        (b"PK\x03\x04 no archive", "feed_bad_archive"),
        (gzip.compress(b" " * 200_000_000, 1), "feed_bad_archive"),
        (
            b'<!DOCTYPE yml_catalog [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
            b"<yml_catalog>&b;</yml_catalog>",
            "feed_declares_entities",
        ),
        (
            b'<!DOCTYPE y [<!ENTITY x SYSTEM "file:///etc/passwd">]><yml_catalog>&x;</yml_catalog>',
            "feed_declares_entities",
        ),
    ]
    for body, code in cases:
        shop.body = body
        run = await again(rt, workspace, cast, feed_id)
        assert run["state"] == "failed", code
        assert run["problem"]
        assert run["report"]["refused"] == code
    rows = (await cast.owner.get(f"{API}/products")).json()
    assert (rows["total"], {row["price"] for row in rows["items"]}) == (10, {100.0})
    shop.body = feed(*TEN).encode()
    assert (await again(rt, workspace, cast, feed_id))["state"] == "unchanged"


async def test_what_the_shops_server_does_wrong_is_said(
    rt: Runtime, workspace: Workspace, cast: Cast, shop: Shop
) -> None:
    feed_id = (await add(cast, shop))["id"]
    shop.status = 404
    run = await load(rt, workspace, cast, feed_id)
    assert run["state"] == "failed"
    assert "404" in run["problem"]
    russian = await cast.owner.get(f"{API}/feeds/{feed_id}", headers={"accept-language": "ru"})
    assert "ответил 404" in russian.json()["last_run"]["problem"]
    shop.status = 200
    shop.location = "http://169.254.169.254/latest/meta-data"
    run = await again(rt, workspace, cast, feed_id)
    assert run["state"] == "failed"
    shop.location = "http://[broken"
    run = await again(rt, workspace, cast, feed_id)
    assert "instead of the feed" in run["problem"], run
    broken = await cast.owner.post(f"{API}/feeds/check", json={"url": "http://[broken"})
    assert broken.status_code == 422
    shop.location = "/feed.xml"
    run = await again(rt, workspace, cast, feed_id)
    assert "without end" in run["problem"]
    shop.location = "/other.xml"
    assert (await again(rt, workspace, cast, feed_id))["state"] == "done"


async def test_a_feed_that_never_ends_is_refused(
    rt: Runtime, workspace: Workspace, cast: Cast, shop: Shop
) -> None:
    feed_id = (await add(cast, shop))["id"]
    shop.body = feed(*TEN).encode().split(b"</offers>")[0]
    shop.endless = offer(1).encode() * 1_000
    (run, *_) = (await cast.owner.get(f"{API}/feeds/{feed_id}/runs")).json()
    limits = Limits(bytes_max=5_000_000)
    await run_feed(rt, workspace_id=workspace.id, run_id=UUID(run["id"]), limits=limits)
    (run, *_) = (await cast.owner.get(f"{API}/feeds/{feed_id}/runs")).json()
    assert run["state"] == "failed"
    assert "too large" in run["problem"] or "larger" in run["problem"]
    assert not list((rt.settings.data_dir / "feeds" / str(workspace.id)).iterdir())


async def test_a_password_is_sealed_sent_and_never_shown(
    rt: Runtime, workspace: Workspace, cast: Cast, shop: Shop
) -> None:
    shop.login = "me:s3cret"
    made = await add(cast, shop, login="me", password="s3cret")
    assert (made["login"], made["has_password"]) == ("me", True)
    assert "s3cret" not in json.dumps(made)
    assert (await load(rt, workspace, cast, made["id"]))["state"] == "done"
    path = f"{API}/feeds/{made['id']}"
    check = {"url": shop.url, "login": "me", "feed_id": made["id"]}
    assert (await cast.owner.post(f"{API}/feeds/check", json=check)).json()["offers"] == 10
    # With another server in the address the stored password is not sent.
    other = check | {"url": shop.url.replace("127.0.0.1", "127.0.0.2")}
    answer = await cast.owner.post(f"{API}/feeds/check", json=other)
    assert answer.status_code in {422, 502}
    changed = await cast.owner.patch(path, json={"url": other["url"]})
    assert changed.json()["has_password"] is False


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        ("https://shop.ru/a.xml", "https://shop.ru/b.xml", True),
        ("http://shop.ru/a.xml", "https://SHOP.ru/a.xml", True),
        ("https://shop.ru/a.xml", "http://shop.ru/a.xml", False),
        ("https://shop.ru/a.xml", "https://shop.ru:8443/a.xml", False),
        ("https://shop.ru/a.xml", "https://shop.ru.evil.example/a.xml", False),
    ],
)
def test_a_password_stays_with_its_server_and_never_goes_in_the_open(
    old: str, new: str, kept: bool
) -> None:
    assert _keeps_password(old, new) is kept


def test_a_hostile_archive_is_refused_before_it_takes_memory(tmp_path: Path) -> None:
    many, odd = tmp_path / "many.zip", tmp_path / "odd.zip"
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(80):
            archive.writestr(f"{number:060000}.xml", b"")
    with zipfile.ZipFile(odd, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("feed.xml", feed(offer(1)))
    for path, why in ((many, "too many files"), (odd, "other than deflate")):
        with pytest.raises(FeedBadArchive, match=why), open_feed(path):
            pass


async def test_a_known_etag_spares_the_download(
    rt: Runtime, workspace: Workspace, cast: Cast, shop: Shop
) -> None:
    shop.etag = '"v1"'
    feed_id = (await add(cast, shop))["id"]
    await load(rt, workspace, cast, feed_id)
    run = await again(rt, workspace, cast, feed_id)
    assert (run["state"], run["bytes"]) == ("unchanged", None)
    assert shop.asked[-1][1]["if-none-match"] == '"v1"'


async def test_a_feed_that_lost_most_products_waits_for_a_decision(
    rt: Runtime, workspace: Workspace, cast: Cast, shop: Shop
) -> None:
    feed_id = (await add(cast, shop))["id"]
    await load(rt, workspace, cast, feed_id)
    shop.body = feed(*TEN[:4]).encode()
    run = await again(rt, workspace, cast, feed_id)
    assert (run["state"], run["changes"]["gone"]) == ("held", 6)
    assert "6 of 10" in run["problem"]
    assert len(await names(cast)) == 10
    held = f"{API}/feeds/{feed_id}/runs/{run['id']}/acceptance"
    for person in (cast.colleague, cast.stranger, cast.nobody):
        assert (await person.put(held)).status_code in {401, 403, 404}
    assert (await cast.owner.put(held)).status_code == 200
    run = await load(rt, workspace, cast, feed_id)
    assert (run["state"], run["accepted"], run["changes"]["gone"]) == ("done", True, 6)
    assert len(await names(cast)) == 4
    assert (await cast.owner.put(held)).status_code == 409

    shop.body = feed(*[offer(n) for n in range(40)]).encode()
    await again(rt, workspace, cast, feed_id)
    shop.body = feed(*TEN).encode()
    run = await again(rt, workspace, cast, feed_id)
    held = f"{API}/feeds/{feed_id}/runs/{run['id']}/acceptance"
    assert (await cast.owner.delete(held)).status_code == 204
    assert len(await names(cast)) == 40


async def test_files_come_bare_packed_and_in_any_encoding(
    rt: Runtime, workspace: Workspace, cast: Cast
) -> None:
    text = feed(offer(1, name="Чай «Зелёный» 🍵 שלום"))
    cyrillic = feed(offer(1, name="Чай")).replace("UTF-8", "windows-1251").encode("cp1251")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../etc/readme.txt", "not a feed")
        archive.writestr("feed.xml", text)
    for body, name in (
        (text.encode(), "Чай «Зелёный» 🍵 שלום"),
        (gzip.compress(text.encode()), "Чай «Зелёный» 🍵 שלום"),
        (packed.getvalue(), "Чай «Зелёный» 🍵 שלום"),
        (cyrillic, "Чай"),
    ):
        answer = await cast.owner.post(f"{API}/feeds/uploads", content=body)
        assert answer.status_code == 201, answer.text
        upload = answer.json()
        assert upload["report"]["offers"] == 1
        body_ = {"name": "File", "upload_id": upload["id"]}
        assert (await cast.stranger.post(f"{API}/feeds", json=body_)).status_code == 404
        made = (await cast.owner.post(f"{API}/feeds", json=body_)).json()
        run = await load(rt, workspace, cast, made["id"])
        assert (run["state"], run["cause"]) == ("done", "upload"), run
        assert await names(cast) == [name]
        assert (await cast.owner.post(f"{API}/feeds/{made['id']}/runs", json={})).status_code == 404
        assert (await cast.owner.delete(f"{API}/feeds/{made['id']}")).status_code == 204
        assert await names(cast) == []


async def test_repeated_ids_odd_values_and_circles_do_no_harm(
    rt: Runtime, workspace: Workspace, cast: Cast, shop: Shop
) -> None:
    odd = offer(2, name="tab\tnew\nline \\N back\\slash &#x85; &lt;b&gt;")
    circle = '<category id="1" parentId="2">A</category><category id="2" parentId="1">B</category>'
    nameless = "<offer><name>No id</name></offer>"
    shop.body = feed(offer(1, 5), offer(1, 6), odd, nameless, categories=circle).encode()
    feed_id = (await add(cast, shop))["id"]
    run = await load(rt, workspace, cast, feed_id)
    assert (run["state"], run["changes"]["added"]) == ("done", 2)
    report = run["report"]
    assert (report["duplicate_ids"], report["without_id"]) == (1, 1)
    assert {remark["code"] for remark in report["errors"]} >= {"duplicate_id", "without_id"}
    rows = (await cast.owner.get(f"{API}/products")).json()["items"]
    assert [(row["price"], row["category"]) for row in rows] == [
        (5.0, ["A", "B"]),
        (100.0, ["A", "B"]),
    ]
    assert rows[1]["name"] == "tab new line \\N back\\slash <b>"


async def test_products_are_found_filtered_and_paged(
    rt: Runtime, workspace: Workspace, cast: Cast, shop: Shop
) -> None:
    offers = [offer(n, n % 7, more=f"<vendor>V{n % 3}</vendor>") for n in range(30)]
    sold_out = offer(99).replace('available="true"', 'available="false"')
    offers.append(sold_out.replace("<categoryId>2", "<categoryId>1"))
    shop.body = feed(*offers).encode()
    made = await add(cast, shop)
    await load(rt, workspace, cast, made["id"])
    for order in ("name", "cheap", "dear", "new"):
        seen: list[int] = []
        cursor = None
        while True:
            params = {"order": order, "limit": 7} | ({"cursor": cursor} if cursor else {})
            page = (await cast.owner.get(f"{API}/products", params=params)).json()
            seen += [row["id"] for row in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == 31, order
    assert len(await names(cast, vendor="V1")) == 10
    assert await names(cast, availability="unavailable") == ["Tea 99"]
    assert len(await names(cast, availability="available", limit=100)) == 30
    assert len(await names(cast, category_id="1", limit=100)) == 31
    assert len(await names(cast, category_id="2", limit=100)) == 30
    assert await names(cast, search="'); DROP:* & | ! \\ tea", limit=100) == []
    assert await names(cast, search="te 99") == ["Tea 99"]
    assert len(await names(cast, price_min=5, price_max=6)) == 8
    categories = (await cast.owner.get(f"{API}/products/categories")).json()
    assert [(c["path"], c["products"]) for c in categories] == [
        (["Food"], 1),
        (["Food", "Tea"], 30),
    ]
    vendors = (await cast.owner.get(f"{API}/products/vendors", params={"search": "v2"})).json()
    assert vendors == [{"value": "V2", "count": 10}]
    (row, *_) = (await cast.owner.get(f"{API}/products")).json()["items"]
    paths = [f"/products/{row['id']}", f"/products/{row['id']}/history", f"/feeds/{made['id']}"]
    for path in paths:
        assert (await cast.colleague.get(f"{API}{path}")).status_code == 200
        assert (await cast.stranger.get(f"{API}{path}")).status_code == 404
        assert (await cast.nobody.get(f"{API}{path}")).status_code == 401
    for path in ("/products", "/products/categories", "/products/vendors", "/feeds"):
        body = (await cast.stranger.get(f"{API}{path}")).json()
        assert (body["items"] if isinstance(body, dict) else body) == []
    assert (await cast.colleague.post(f"{API}/feeds/{made['id']}/runs", json={})).status_code == 403


async def test_the_schedule_starts_each_feed_once(
    rt: Runtime, workspace: Workspace, cast: Cast, shop: Shop, clock: Clock
) -> None:
    feed_id = (await add(cast, shop, every_minutes=60))["id"]
    await load(rt, workspace, cast, feed_id)
    clock.move(minutes=30)
    async with rt.db.begin() as tx:
        await start_due(rt, tx, now=rt.clock())
    assert len((await cast.owner.get(f"{API}/feeds/{feed_id}/runs")).json()) == 1
    clock.move(hours=5)
    for _ in range(3):
        await jobs.start_due_feeds(rt)
    runs = (await cast.owner.get(f"{API}/feeds/{feed_id}/runs")).json()
    assert [run["state"] for run in runs] == ["queued", "done"]
    # "Load now" while one waits is that one.
    now = await cast.owner.post(f"{API}/feeds/{feed_id}/runs", json={})
    assert now.status_code == 201, now.text
    assert now.json()["id"] == runs[0]["id"]
    clock.move(hours=7)
    async with rt.db.begin() as tx:
        await clean_runs(tx, now=rt.clock(), kept=jobs.RUNS_KEPT)
    runs = (await cast.owner.get(f"{API}/feeds/{feed_id}/runs")).json()
    assert (runs[0]["state"], bool(runs[0]["problem"])) == ("failed", True)
    # A run that is over is left alone.
    await run_feed(rt, workspace_id=workspace.id, run_id=UUID(runs[0]["id"]))
    change = {"every_minutes": None, "name": "Other"}
    changed = (await cast.owner.patch(f"{API}/feeds/{feed_id}", json=change)).json()
    assert (changed["name"], changed["next_run_at"]) == ("Other", None)


async def test_the_history_of_a_deleted_feed_is_destroyed(
    rt: Runtime, workspace: Workspace, cast: Cast, shop: Shop
) -> None:
    feed_id = (await add(cast, shop))["id"]
    await load(rt, workspace, cast, feed_id)
    while await carry_facts(rt):
        pass

    async def facts() -> int:
        query = "SELECT count() FROM product_facts WHERE workspace_id = {ws:UInt32}"
        return int((await rt.ch.query(query, {"ws": workspace.id}))[0][0])

    assert await facts() == 10
    assert (await cast.stranger.delete(f"{API}/feeds/{feed_id}")).status_code == 404
    assert (await cast.owner.delete(f"{API}/feeds/{feed_id}")).status_code == 204
    await jobs.forget_feed(rt, workspace_id=workspace.id, feed_id=feed_id)
    assert await facts() == 0


@pytest.mark.parametrize("url", ["http://127.0.0.1/f", "http://10.0.0.1/f", "ftp://x.example/f"])
async def test_an_address_inside_is_refused_in_the_form(cast: Cast, url: str) -> None:
    answer = await cast.owner.post(f"{API}/feeds", json={"name": "X", "url": url})
    assert answer.status_code in {400, 422}
