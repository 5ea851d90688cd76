"""Sessions of 1C: their beginning, their end, and what is left when they break off."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from otklik.catalog.exchange import files
from otklik.catalog.exchange import jobs as exchange_jobs
from otklik.runtime.public import Runtime
from tests.catalog.onec import API, OneC, goods, log, products
from tests.catalog.test_exchange_files import IMPORT, OFFERS
from tests.conftest import Cast, Clock


async def test_a_session_ends_with_silence_and_with_a_new_password(
    onec: OneC, cast: Cast, clock: Clock
) -> None:
    await onec.login()
    clock.move(minutes=31)
    assert (await onec.text("init")).startswith("failure")
    await onec.login()
    assert (await onec.text("init")).startswith("zip")
    renewed = await cast.owner.post(f"{API}/{onec.id}/password", json={})
    assert (await onec.text("init")).startswith("failure")
    assert (await onec.login()).startswith("failure")
    onec.auth = (onec.auth[0], renewed.json()["password"])
    assert (await onec.login()).startswith("success")


async def test_two_exchanges_at_once_are_refused_until_the_first_is_silent(
    rt: Runtime, app: object, onec: OneC, made: dict[str, Any], clock: Clock
) -> None:
    await onec.login()
    await onec.send("import.xml", goods("a"))
    other = OneC(rt, app, made)
    assert "under way" in await other.login()
    clock.move(minutes=6)
    assert (await other.login()).startswith("success")
    # The first has lost its session, and its parts are nobody's.
    assert (await onec.text("import", filename="import.xml")).startswith("failure")
    await other.client.aclose()


async def test_a_kill_before_the_end_of_a_file_leaves_it_to_be_read_again(
    cast: Cast, onec: OneC, monkeypatch: pytest.MonkeyPatch
) -> None:
    await onec.login()
    await onec.send("import.xml", goods("a"))
    assert (await onec.text("import", filename="import.xml")).startswith("progress")

    async def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("otklik.catalog.exchange.work._end", killed)
        with pytest.raises(KeyboardInterrupt):
            await onec.work()
    assert await products(cast) == {}
    assert (await onec.read("import.xml")).startswith("success")
    assert set(await products(cast)) == {"a"}


async def test_silence_ends_a_session_and_its_files(
    rt: Runtime, cast: Cast, onec: OneC, made: dict[str, Any], clock: Clock
) -> None:
    await onec.login()
    await onec.send("import.xml", goods("a"))
    clock.move(minutes=40)
    await exchange_jobs.sweep_exchanges(rt)
    await onec.work()
    (session,) = await log(cast, made)
    assert (session["state"], session["files"][0]["state"]) == ("closed", "failed")
    assert not files.folder(rt, UUID(session["id"])).exists()
    clock.move(days=100)
    await exchange_jobs.clean_exchanges(rt)
    assert await log(cast, made) == []


async def test_a_part_that_is_switched_off_is_refused(cast: Cast, onec: OneC, sale: OneC) -> None:
    await cast.owner.patch(f"{API}/{onec.id}", json={"orders": False})
    assert (await sale.login()).startswith("failure\nThis part")
    assert (await onec.login()).startswith("success")
    assert (await onec.text("query")).startswith("failure")


async def test_a_file_sent_again_changes_nothing(
    cast: Cast, onec: OneC, made: dict[str, Any]
) -> None:
    await onec.exchange(import_xml=IMPORT, offers_xml=OFFERS)
    await onec.exchange(import_xml=IMPORT, offers_xml=OFFERS)
    counts = (await log(cast, made))[0]["files"][1]["counts"]
    assert not {"added", "changed", "gone"} & set(counts)
