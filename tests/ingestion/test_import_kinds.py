"""Files of events, of consents and of the stop list; exports of mailing services."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from otklik.ingestion.imports import pieces, run
from otklik.ingestion.imports.guess import make_guess
from otklik.ingestion.imports.model import FileFormat, ImportKind, ImportOptions
from otklik.ingestion.public import ImportView, import_file
from otklik.privacy.public import (
    Action,
    ConsentEntry,
    Source,
    SuppressionReason,
    create_topic,
    record_consents,
    suppressed,
)
from otklik.runtime.public import Runtime
from tests.ingestion.importing import Crash, write_csv
from tests.ingestion.support import Ingestion

EVENTS, CONSENTS = ImportKind.EVENTS, ImportKind.CONSENTS
STOPS = ImportKind.SUPPRESSIONS
ACTS = [
    ["event", "time", "user id", "email", "plan", "amount", "message id"],
    ["Signed up", "2026-01-01T10:00:00Z", "ann", "ann@a.example", "pro", "10,5", "m1"],
    ["Signed up", "2026-01-02T10:00:00Z", "", "boris@b.example", "free", "", "m2"],
    ["Paid", "2026-01-03T10:00:00Z", "ann", "", "pro", "10,5", "m3"],
    ["Paid", "2026-01-03T10:00:00Z", "ann", "", "pro", "10,5", "m3"],
    ["", "2026-01-03T10:00:00Z", "ann", "", "", "", "m4"],
    ["Paid", "yesterday", "ann", "", "", "", "m5"],
    ["Paid", "2026-01-03T10:00:00Z", "", "", "", "", "m6"],
]
TOLD = [
    ["email", "status", "date", "channel", "topic", "ip", "form", "text", "name"],
    ["ann@a.example", "подписан", "01.03.2026 10:00", "", "", "192.0.2.7", "/order", "v2", "Ann"],
    ["ann@a.example", "отписан", "01.04.2026", "", "", "", "", "", ""],
    ["boris@b.example", "yes", "02.03.2026", "sms", "news", "", "", "", ""],
    ["eva@e.example", "не знаю", "02.03.2026", "", "", "", "", "", ""],
    ["eva@e.example", "yes", "02.03.2026", "pigeon", "other", "999", "", "", ""],
    ["gleb@g.example", "pending", "", "", "", "", "", "", "Gleb"],
]


async def the_import(
    rt: Runtime, seen: Ingestion, file: Path, kind: ImportKind | None = None, **more: Any
) -> ImportView:
    return await import_file(
        rt, workspace_id=seen.workspace_id, kind=kind, file=file, carry=True, **more
    )


async def ledger(rt: Runtime, workspace_id: int) -> list[Any]:
    async with rt.db.begin() as tx:
        rows = await tx.execute(
            sa.text(
                "SELECT i.value AS email, e.channel, e.topic_id, e.action, e.at, e.source,"
                " host(e.ip) AS ip, e.proof, e.key FROM consent_entries e JOIN identifiers i"
                " ON i.home_id = e.profile_id AND i.kind = 'email'"
                " WHERE e.workspace_id = :w ORDER BY 1, e.at"
            ),
            {"w": workspace_id},
        )
        return list(rows)


async def states(rt: Runtime, workspace_id: int) -> set[tuple[str, str, str]]:
    async with rt.db.begin() as tx:
        rows = await tx.execute(
            sa.text(
                "SELECT i.value, s.channel, s.state FROM consent_states s JOIN identifiers i"
                " ON i.home_id = s.profile_id AND i.kind = 'email' WHERE s.workspace_id = :w"
            ),
            {"w": workspace_id},
        )
        return {tuple(row) for row in rows}


async def test_events_are_stored_with_their_own_times_and_names(
    rt: Runtime, seen: Ingestion, tmp_path: Path
) -> None:
    view = await the_import(rt, seen, write_csv(tmp_path / "e.csv", ACTS))
    assert (view.kind, view.state, view.rows_ok, view.rows_failed) == (EVENTS, "done", 4, 3)
    assert (view.counts.events, view.counts.repeats, view.created) == (3, 1, 2)
    rows = await seen.stored("name, toUnixTimestamp(time), properties.plan, properties.amount")
    at = int(datetime(2026, 1, 3, 10, tzinfo=UTC).timestamp())
    assert ("Paid", at, "pro", 10.5) in rows
    assert len(rows) == 3
    assert len(await seen.stored("DISTINCT profile_id")) == 2


@pytest.mark.parametrize("own_ids", [True, False])
async def test_events_that_came_before_are_counted_and_not_stored(
    rt: Runtime, seen: Ingestion, clock: Any, tmp_path: Path, own_ids: bool
) -> None:
    acts = ACTS[:5] if own_ids else [row[:-1] for row in ACTS[:5]]
    first = await the_import(rt, seen, write_csv(tmp_path / "e.csv", acts))
    assert (first.counts.events, first.counts.repeats) == (3, 1)
    # Longer than the windows in which the event API knows a repeat.
    clock.move(days=9)
    more = [*acts, ["Left", "2026-02-01T00:00:00Z", "ann", "", "", "", "m9"][: len(acts[0])]]
    dry = await the_import(rt, seen, write_csv(tmp_path / "e2.csv", more), dry_run=True)
    again = await the_import(rt, seen, write_csv(tmp_path / "e2.csv", more))
    assert (dry.counts.events, dry.counts.repeats) == (1, 4)
    assert (again.counts.events, again.counts.repeats) == (1, 4)
    assert len(await seen.stored()) == 4


async def test_all_events_of_a_file_may_have_one_name(
    rt: Runtime, seen: Ingestion, tmp_path: Path
) -> None:
    rows = [["when", "email"], ["2026-01-01", "a@b.example"], ["2026-01-02", "a@b.example"]]
    options = ImportOptions(event_name="Webinar visited")
    view = await the_import(rt, seen, write_csv(tmp_path / "e.csv", rows), EVENTS, options=options)
    assert view.counts.events == 2
    assert set(await seen.stored("name")) == {("Webinar visited",)}


async def test_consents_reach_the_ledger_with_their_moment_and_proof(
    rt: Runtime, seen: Ingestion, tmp_path: Path, now: datetime
) -> None:
    async with rt.db.begin() as tx:
        topic = await create_topic(tx, workspace_id=seen.workspace_id, name="News", now=now)
    options = ImportOptions(timezone="Europe/Moscow", note="from the old shop")
    file = write_csv(tmp_path / "c.csv", TOLD)
    dry = await the_import(rt, seen, file, options=options, dry_run=True)
    assert await ledger(rt, seen.workspace_id) == []
    view = await the_import(rt, seen, file, options=options)
    for one in (dry, view):
        assert (one.kind, one.rows_ok, one.rows_failed) == (CONSENTS, 4, 2)
        assert (one.counts.granted, one.counts.withdrawn, one.counts.silent) == (2, 1, 1)
        assert (one.created, one.updated) == (3, 1)
    given, taken, boris = await ledger(rt, seen.workspace_id)
    assert (given.email, given.channel, given.action) == ("ann@a.example", "email", "granted")
    assert given.at == datetime(2026, 3, 1, 7, tzinfo=UTC)
    assert (given.source, given.ip) == ("import", "192.0.2.7")
    assert given.proof == {
        "import_id": str(view.id),
        "form": "/order",
        "text": "v2",
        "note": "from the old shop",
    }
    assert (taken.action, taken.at) == ("withdrawn", datetime(2026, 3, 31, 21, tzinfo=UTC))
    assert (boris.channel, boris.topic_id) == ("sms", topic.id)
    names = await seen.stored("DISTINCT properties.name")
    assert ("Gleb",) in names


@pytest.mark.parametrize("order", itertools.permutations(range(1, 4)))
async def test_the_order_of_lines_decides_nothing(
    rt: Runtime, seen: Ingestion, tmp_path: Path, order: tuple[int, ...]
) -> None:
    rows = [TOLD[0], *(TOLD[i] for i in order)]
    rows = [[*row[:4], *row[5:]] for row in rows]
    await the_import(rt, seen, write_csv(tmp_path / "c.csv", rows), CONSENTS)
    assert await states(rt, seen.workspace_id) == {
        ("ann@a.example", "email", "withdrawn"),
        ("boris@b.example", "sms", "granted"),
    }


async def test_an_old_consent_without_a_date_lifts_no_later_refusal(
    rt: Runtime, seen: Ingestion, tmp_path: Path, now: datetime
) -> None:
    rows = [["email", "status"], ["a@b.example", "subscribed"]]
    file = write_csv(tmp_path / "c.csv", rows)
    await the_import(rt, seen, write_csv(tmp_path / "p.csv", [["email"], ["a@b.example"]]))
    (profile_id,) = (await seen.stored("DISTINCT profile_id"))[0]
    async with rt.db.begin() as tx:
        entry = ConsentEntry(
            profile_id=profile_id,
            channel="email",
            action=Action.WITHDRAWN,
            source=Source.UNSUBSCRIBE_LINK,
            at=now - timedelta(days=3),
        )
        await record_consents(tx, workspace_id=seen.workspace_id, entries=[entry], now=now)
    options = ImportOptions(agreed_at=now - timedelta(days=30))
    await the_import(rt, seen, file, CONSENTS, options=options)
    assert await states(rt, seen.workspace_id) == {("a@b.example", "email", "withdrawn")}


async def stop_list(rt: Runtime, workspace_id: int) -> set[tuple[Any, ...]]:
    async with rt.db.begin() as tx:
        rows = await tx.execute(
            sa.text("SELECT channel, hint, reason, at FROM suppressions WHERE workspace_id = :w"),
            {"w": workspace_id},
        )
        return {tuple(row) for row in rows}


async def test_the_stop_list_takes_addresses_and_makes_no_customers(
    rt: Runtime, seen: Ingestion, tmp_path: Path
) -> None:
    rows = [
        ["address", "reason", "date"],
        ["a@b.example", "unsubscribed", "2026-01-05"],
        ["A@B.example", "spam complaint", "2026-01-06"],
        ["+7 916 123-45-67", "", "2026-01-07"],
        ["c@b.example", "hard bounce", ""],
        ["nobody", "manual", ""],
        ["d@b.example", "because", ""],
    ]
    seen_lists = []
    for number in range(3):
        random.Random(number).shuffle(body := rows[1:])
        file = write_csv(tmp_path / f"s{number}.csv", [rows[0], *body])
        dry = await the_import(rt, seen, file, dry_run=True)
        view = await the_import(rt, seen, file)
        assert (view.kind, view.rows_ok, view.rows_failed) == (STOPS, 4, 2)
        assert dry.counts == view.counts
        assert view.counts.suppressed == (3 if number == 0 else 0)
        seen_lists.append(await stop_list(rt, seen.workspace_id))
    assert seen_lists[0] == seen_lists[1] == seen_lists[2]
    assert {row[:3] for row in seen_lists[0]} == {
        ("email", "a•••@b.example", "complaint"),
        ("email", "c•••@b.example", "hard_bounce"),
        ("sms", "•••67", "manual"),
    }
    assert await seen.stored() == []
    async with rt.db.begin() as tx:
        found = await suppressed(
            tx, workspace_id=seen.workspace_id, channel="email", addresses=["a@b.example"]
        )
    assert found == {"a@b.example": SuppressionReason.COMPLAINT}


@pytest.mark.parametrize(("kind", "rows"), [(EVENTS, ACTS), (CONSENTS, TOLD)])
async def test_a_killed_import_of_any_kind_goes_on_where_it_was(
    rt: Runtime, seen: Ingestion, tmp_path: Path, monkeypatch: Any, kind: Any, rows: Any
) -> None:
    monkeypatch.setattr(pieces, "PIECE_ROWS", 2)
    chance, honest = random.Random(3), pieces.change

    async def dies(*args: Any, **values: Any) -> None:
        await honest(*args, **values)
        if chance.random() < 0.5:
            raise Crash

    monkeypatch.setattr(pieces, "change", dies)
    with pytest.raises(Crash):
        for _ in range(9):
            await the_import(rt, seen, write_csv(tmp_path / "x.csv", rows), kind)
    for _ in range(100):
        try:
            if not await run.step_imports(rt):
                break
        except Crash:
            continue
    monkeypatch.setattr(pieces, "change", honest)
    await seen.drain()
    whole = await the_import(rt, seen, write_csv(tmp_path / "y.csv", rows), kind)
    if kind is EVENTS:
        assert (whole.counts.events, whole.counts.repeats) == (0, 4)
        assert len(await seen.stored()) == 3
    else:
        assert len({(e.email, e.at, e.channel) for e in await ledger(rt, seen.workspace_id)}) == 2
        assert (whole.created, whole.updated) == (0, 3)


MAILCHIMP = (
    "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,"
    "LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION"
)


async def test_the_three_files_of_a_mailchimp_audience_need_no_mapping(
    rt: Runtime, seen: Ingestion, tmp_path: Path
) -> None:
    tail = "LAST_CHANGED,LEID,EUID,NOTES,TAGS\n"
    person = ",Ann,A,4,2024-01-01 09:00:00,,2024-01-01 10:00:00,192.0.2.1,,,,,,DE,BE"
    last = '2024-02-02 00:00:00,1,e1,,"""vip"",""new"""\n'
    files = {
        "subscribed": f"{MAILCHIMP},{tail}a@b.example{person},{last}",
        "unsubscribed": f"{MAILCHIMP},UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,"
        f"UNSUB_REASON,UNSUB_REASON_OTHER,{tail}"
        f"b@b.example{person},2025-05-05 05:05:05,May,c1,NORMAL,too often,{last}",
        "cleaned": f"{MAILCHIMP},CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,{tail}"
        f"c@b.example{person},2025-06-06 06:06:06,June,c2,{last}",
    }
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        view = await the_import(rt, seen, tmp_path / f"{name}.csv")
        assert (view.rows_ok, view.rows_failed, view.service) == (1, 0, f"mailchimp_{name}")
    agreed, left = await ledger(rt, seen.workspace_id)
    assert (agreed.email, agreed.action, agreed.ip) == ("a@b.example", "granted", "192.0.2.1")
    assert agreed.at == datetime(2024, 1, 1, 10, tzinfo=UTC)
    assert (left.email, left.action) == ("b@b.example", "withdrawn")
    assert left.at == datetime(2025, 5, 5, 5, 5, 5, tzinfo=UTC)
    assert left.proof["note"] == "May; NORMAL; too often"
    assert await stop_list(rt, seen.workspace_id) == {
        ("email", "c•••@b.example", "hard_bounce", datetime(2025, 6, 6, 6, 6, 6, tzinfo=UTC))
    }
    tags = await seen.stored("properties.tags, properties.country")
    assert (["vip", "new"], "DE") in tags


@pytest.mark.parametrize(
    ("columns", "code", "kind"),
    [
        ("Email,Klaviyo ID,Email Marketing Consent", "klaviyo_profiles", CONSENTS),
        ("email,Name,email_status,email_add_time,tags", "unisender_contacts", CONSENTS),
        ("EMAIL,FIRSTNAME,SMS,ADDED_TIME,MODIFIED_TIME", "brevo_contacts", ImportKind.CUSTOMERS),
        (
            "uuid,email,name,attributes,status,created_at,updated_at",
            "listmonk_subscribers",
            CONSENTS,
        ),
        (
            "identifier,name,email,status,status_formatted,created_at,unsubscribed_at",
            "lemonsqueezy_subscribers",
            CONSENTS,
        ),
        (
            "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Total Spent",
            "shopify_customers",
            CONSENTS,
        ),
        ("email,имя", "", ImportKind.CUSTOMERS),
    ],
)
def test_an_export_is_known_by_its_columns(columns: str, code: str, kind: ImportKind) -> None:
    form = FileFormat(
        encoding="utf-8",
        original_encoding="utf-8",
        separator=",",
        header=True,
        columns=columns.split(","),
    )
    guess = make_guess(form, [])
    assert (guess.service, guess.kind) == (code, kind)
    fields = [field for field in guess.mapping.values() if field != "skip"]
    assert "email" in fields
    assert len(fields) == len(set(fields)) or "granted_at" in fields
