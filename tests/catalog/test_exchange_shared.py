"""Files of real shops pass through the whole server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from otklik.accounts.public import Workspace
from otklik.runtime.public import Runtime
from tests.catalog.onec import OneC, log, orders, zipped
from tests.conftest import Cast

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "commerceml"


pytestmark = pytest.mark.skipif(
    not DATA.exists(), reason=f"{DATA} is not here: files of real shops"
)
SIZE_MAX = 3_000_000


def cases(*, sale: bool) -> list[tuple[Path, dict[str, Any]]]:
    listed = json.loads((DATA / "expected_counts.json").read_text("utf-8")) if DATA.exists() else []
    found = [(DATA / "raw" / one["file"], one) for one in listed]
    return [
        (path, counts)
        for path, counts in sorted(found, key=lambda pair: pair[0])
        if ("Документ" in counts) is sale and path.exists() and path.stat().st_size <= SIZE_MAX
    ]


def check(told: str, file: dict[str, Any], counts: dict[str, Any], name: str) -> None:
    if not told.startswith("success"):
        assert file["problems"], name
        return
    for tag, ours in (("Товар", "products"), ("Предложение", "offers"), ("Группа", "groups")):
        assert file["counts"].get(ours, 0) == counts.get(tag, 0), name


async def test_goods_and_offers_of_real_shops_pass_through_the_server(
    cast: Cast, onec: OneC, made: dict[str, Any]
) -> None:
    for path, counts in cases(sale=False):
        await onec.login()
        assert await onec.send(path.name, path.read_bytes(), part=100_000) == "success"
        told = await onec.read(path.name)
        (file,) = (await log(cast, made))[0]["files"]
        check(told, file, counts, path.name)
        await onec.finish()


async def test_a_whole_catalogue_comes_as_one_archive_in_parts(
    cast: Cast, onec: OneC, made: dict[str, Any]
) -> None:
    parts = {path.name: path.read_bytes() for path, _ in cases(sale=False)}
    packed = zipped(**parts)
    await onec.login()
    assert await onec.send("v8_exchange.zip", packed, part=50_000) == "success"
    for path, counts in cases(sale=False):
        told = await onec.read(path.name)
        files = {one["name"]: one for one in (await log(cast, made))[0]["files"]}
        check(told, files[path.name], counts, path.name)
    await onec.finish()
    (session,) = await log(cast, made)
    assert (session["state"], session["files"][0]["counts"]) == ("closed", {"files": len(parts)})


async def test_documents_of_real_shops_pass_through_the_server(
    rt: Runtime, workspace: Workspace, cast: Cast, sale: OneC, made: dict[str, Any]
) -> None:
    found = cases(sale=True)
    assert found
    for path, counts in found:
        raw = path.read_bytes()
        for name, body in ((path.name, raw), (f"{path.stem}.zip", zipped(**{path.name: raw}))):
            await sale.login()
            assert await sale.send(name, body, part=4_000) == "success"
            assert (await sale.read(path.name)).startswith("success"), path.name
            files = {one["name"]: one for one in (await log(cast, made))[0]["files"]}
            told = files[path.name]["counts"]
            assert told["documents"] == counts["Документ"], path.name
            assert sum(told.get(name, 0) for name in OUTCOMES) == counts["Документ"], path.name
            if name != path.name:
                # The same documents once more, packed: nothing changes.
                assert "changed_orders" not in told
            await sale.finish()
    for order in (await orders(cast)).values():
        assert order["total"] >= 0
        assert order["currency"]
        assert order["placed_at"] <= f"{rt.clock():%Y-%m-%dT%H:%M:%S}Z"


OUTCOMES = (
    "new_orders",
    "known_orders",
    "without_contacts",
    "other_documents",
    "returns",
    "payments",
)
