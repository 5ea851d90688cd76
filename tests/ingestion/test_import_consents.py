"""Consents that an import declares: in the ledger once, and only for whom the import brought."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from otklik.ingestion.imports.known import Known
from otklik.ingestion.imports.model import DeclaredConsent, ImportKind, ImportOptions
from otklik.ingestion.pipeline import Pipeline
from otklik.ingestion.public import ImportView, import_file
from otklik.privacy.public import ConsentText, State, add_text, consent_states
from otklik.runtime.public import Runtime
from tests.conftest import NOW
from tests.ingestion.importing import customers_csv, write_csv
from tests.ingestion.support import Ingestion, track
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


PURPOSES = [
    ["email", "status", "date", "purpose", "text version", "channel"],
    ["a@p.example", "yes", "2026-03-01", "обработка", "Политика, версия 1", "email"],
    ["a@p.example", "yes", "2026-03-02", "Реклама", "политика", "sms"],
    ["b@p.example", "yes", "2026-03-03", "партнёры", "", ""],
    ["c@p.example", "yes", "2026-03-04", "", "", ""],
    ["d@p.example", "yes", "2026-03-05", "fun", "", ""],
    ["e@p.example", "yes", "2026-03-06", "marketing", "Политика v9", ""],
]


async def test_a_row_names_its_purpose_and_the_version_of_its_text(
    rt: Runtime, seen: Ingestion, tmp_path: Path
) -> None:
    texts = []
    for version, days in ((1, 200), (2, 3)):
        async with rt.db.begin() as tx:
            texts.append(
                await add_text(
                    tx,
                    workspace_id=seen.workspace_id,
                    name="Политика",
                    lang="ru",
                    text=f"Текст {version}",
                    now=rt.clock() - timedelta(days=days),
                )
            )
    view = await import_file(
        rt,
        workspace_id=seen.workspace_id,
        kind=ImportKind.CONSENTS,
        file=write_csv(tmp_path / "c.csv", PURPOSES),
        carry=True,
    )
    assert (view.rows_ok, view.rows_failed) == (4, 2)
    async with rt.db.begin() as tx:
        codes = await tx.execute(
            sa.text("SELECT line, code FROM import_errors WHERE workspace_id = :w ORDER BY line"),
            {"w": seen.workspace_id},
        )
        assert [tuple(row) for row in codes] == [(6, "bad_purpose"), (7, "unknown_text")]
    await seen.drain()
    found = sorted(await entries(rt, seen), key=lambda one: one.at)
    first = texts[0].id
    assert [(one.purpose, one.channel, one.text_id) for one in found] == [
        ("processing", "", first),
        # By its name alone: the version that was in force on that day.
        ("advertising", "sms", first),
        ("partners", "", None),
        ("advertising", "email", None),
    ]


def test_a_text_is_found_by_name_number_and_id() -> None:
    made = [
        ConsentText(
            id=uuid4(), name=name, version=version, lang="ru", text="", hash="",
            created_at=NOW + timedelta(days=version),
        )
        for name, version in (("Offer 24", 1), ("Offer 24", 2), ("News", 1))
    ]  # fmt: skip
    known = Known(texts=tuple(made))
    offer1, offer2, news = (text.id for text in made)
    late = NOW + timedelta(days=90)
    for written, at, expected in (
        (str(news), None, news),
        ("offer 24", late, offer2),
        ("Offer 24", NOW, offer1),
        (" OFFER  24 v2 ", NOW, offer2),
        ("Offer 24, version 1", late, offer1),
        ("Offer 24 (v1)", late, offer1),
        ("news 1", late, news),
        ("news 2", late, None),
        ("1", late, None),
        ("", late, None),
        ("x" * 5_000 + " 1", late, None),
    ):
        assert known.text_named(written, at) == expected, written
    assert Known(texts=(made[2],)).text_named("v1", None) == news
