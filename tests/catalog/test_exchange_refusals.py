"""What the server of the exchange does not let in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.catalog.onec import API, OneC, goods, products, zipped
from tests.catalog.test_exchange_files import IMPORT
from tests.conftest import Cast, Clock


@pytest.mark.parametrize(
    "name",
    ["../x.xml", "a/../../x.xml", "/etc/x.xml", "..\\x.xml", "C:\\x.xml", "x.php", "x", "",
     "a//b.xml",     "x\0.xml", "x" * 300 + ".xml"],
)  # fmt: skip
async def test_a_name_that_leads_elsewhere_is_refused(onec: OneC, name: str) -> None:
    await onec.login()
    told = await onec.text("file", body=b"<a/>", filename=name)
    assert told.startswith("failure")


@pytest.mark.parametrize(
    ("packed", "reason"),
    [
        (zipped(**{"../../evil.xml": IMPORT}), "leads elsewhere"),
        (zipped(**{"import.xml": b" " * (80 * 1024**2)}), "too large"),
        (b"PK\x03\x04 not an archive", "damaged"),
    ],
    ids=["slip", "bomb", "damaged"],
)
async def test_a_bad_archive_is_refused_whole(
    onec: OneC, cast: Cast, packed: bytes, reason: str, data_dir: Path
) -> None:
    await onec.login()
    await onec.send("v8.zip", packed)
    told = await onec.read("import.xml")
    assert told.startswith("failure")
    assert reason in told
    assert await products(cast) == {}
    assert not list(data_dir.rglob("evil.xml"))


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    ],
    ids=["bomb", "external"],
)
async def test_entities_are_never_followed(onec: OneC, cast: Cast, head: str) -> None:
    await onec.login()
    body = head + goods("a").replace("N a", "&b;" if "b" in head else "&x;")
    await onec.send("import.xml", body)
    assert (await onec.read("import.xml")).startswith("failure")
    assert await products(cast) == {}


async def test_a_wrong_password_opens_nothing_and_many_close_the_door(
    onec: OneC, clock: Clock
) -> None:
    assert (await onec.text("init")).startswith("failure")
    for _ in range(20):
        assert (await onec.login("guess")).startswith("failure\nWrong login")
    assert (await onec.login()).startswith("failure\nToo many")
    clock.move(minutes=16)
    assert (await onec.login()).startswith("success")


async def test_strangers_see_and_touch_nothing(cast: Cast, made: dict[str, Any]) -> None:
    one = f"{API}/{made['exchange']['id']}"
    assert (await cast.stranger.get(API)).json() == []
    for answer in (
        await cast.stranger.get(one),
        await cast.stranger.get(f"{one}/sessions"),
        await cast.stranger.patch(one, json={"name": "mine"}),
        await cast.stranger.post(f"{one}/password", json={}),
        await cast.stranger.delete(one),
    ):
        assert answer.status_code == 404
    assert (await cast.colleague.post(API, json={"name": "x"})).status_code == 403
    assert (await cast.colleague.get(one)).status_code == 200
    unknown = await cast.nobody.get(
        "/1c/unknown", params={"type": "catalog", "mode": "checkauth"}, auth=("a", "b")
    )
    assert unknown.text.startswith("failure")
    assert (await cast.owner.delete(one)).status_code == 204
    assert (await cast.owner.get(API)).json() == []
