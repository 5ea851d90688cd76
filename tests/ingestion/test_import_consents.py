"""Consents that an import declares: in the ledger once, and only for whom the import brought."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from otklik.ingestion.imports.model import DeclaredConsent, ImportKind, ImportOptions
from otklik.ingestion.pipeline import Pipeline
from otklik.ingestion.public import ImportView, import_file
from otklik.privacy.public import State, consent_states
from otklik.runtime.public import Runtime
from tests.ingestion.support import Ingestion, track
from tests.ingestion.test_import_runs import customers_csv
from tests.ingestion.test_pipeline import Crash, crashing_after

AGREED = ImportOptions(consent=DeclaredConsent(channel="email", note="Signed at the till, 2025"))


async def the_import(
    rt: Runtime, seen: Ingestion, file: Path, options: ImportOptions = AGREED
) -> ImportView:
    """Import without the pipeline: the tests run it themselves."""
    return await import_file(
        rt, workspace_id=seen.workspace_id, kind=ImportKind.CUSTOMERS, file=file, options=options
    )


async def entries(rt: Runtime, seen: Ingestion) -> list[Any]:
    async with rt.db.begin() as tx:
        rows = await tx.execute(
            sa.text("SELECT * FROM consent_entries WHERE workspace_id = :w ORDER BY key"),
            {"w": seen.workspace_id},
        )
        return list(rows)


async def test_a_declared_consent_reaches_the_ledger_once(
    rt: Runtime, seen: Ingestion, tmp_path: Path
) -> None:
    view = await the_import(rt, seen, customers_csv(tmp_path / "c.csv", 5))
    await seen.drain()
    found = await entries(rt, seen)
    people = {row[0] for row in await seen.stored("profile_id")}
    assert {entry.profile_id for entry in found} == people
    assert len(found) == len(people) == 5
    for entry in found:
        assert (entry.channel, entry.action, entry.source) == ("email", "granted", "import")
        assert entry.at == view.created_at
        assert entry.proof == {"import_id": str(view.id), "note": "Signed at the till, 2025"}
    async with rt.db.begin() as tx:
        states = await consent_states(
            tx, workspace_id=seen.workspace_id, profile_id=next(iter(people))
        )
    assert [(s.channel, s.state) for s in states] == [("email", State.GRANTED)]


@pytest.mark.parametrize("step", ["identify", "store_events", "store_profiles", "finish"])
async def test_a_crash_writes_no_consent_twice_and_loses_none(
    rt: Runtime, seen: Ingestion, clock: Any, tmp_path: Path, step: str
) -> None:
    await the_import(rt, seen, customers_csv(tmp_path / "c.csv", 4))
    with pytest.raises(Crash):
        await crashing_after(step).step(rt)
    clock.move(seconds=61)
    await seen.drain(Pipeline())
    assert len(await entries(rt, seen)) == 4


async def test_an_import_that_declares_nothing_writes_nothing(
    rt: Runtime, seen: Ingestion, tmp_path: Path
) -> None:
    await the_import(rt, seen, customers_csv(tmp_path / "c.csv", 3), ImportOptions())
    await seen.drain()
    assert len(await seen.stored()) == 3
    assert await entries(rt, seen) == []


async def test_nobody_else_can_speak_in_the_name_of_an_import(
    rt: Runtime, seen: Ingestion, other_workspace: Any, tmp_path: Path
) -> None:
    view = await the_import(rt, seen, customers_csv(tmp_path / "c.csv", 1))
    await seen.drain()
    forged = {"type": "identify", "userId": "mallory", "traits": {"email": "m@example.com"}}
    stranger = Ingestion(rt, other_workspace.id)
    for source in ("server", "browser"):
        await seen.put(forged | {"messageId": f"import:{view.id}:{source}"}, source=source)
    await seen.put(track("mallory", messageId=f"import:{view.id}:9"), source="import")
    await stranger.put(forged | {"messageId": f"import:{view.id}:7"}, source="import")
    await seen.drain()
    assert len(await entries(rt, seen)) == 1
    assert await entries(rt, stranger) == []
