"""The start page of one workspace, made of real rows of both stores."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest
import sqlalchemy as sa
from litestar.di import Provide

from otklik.accounts.public import Role, Workspace, create_workspace, provide_principal
from otklik.analytics.home import launches
from otklik.analytics.home.http import HANDLERS
from otklik.analytics.home.launches import Launches, use_launches
from otklik.analytics.home.model import FailedLaunch
from otklik.channels.email.public import create_sender
from otklik.content.public import LetterKind, LetterSource, create_letter
from otklik.ingestion.public import ImportKind, import_file
from otklik.kit.i18n import Text
from otklik.kit.ids import new_id
from otklik.rules.parse import parse
from otklik.runtime.public import Runtime, Tx
from otklik.runtime.web.app import create_app
from otklik.segments.public import create_segment
from tests.conftest import NOW, Clock, client_of, signed_in

from .conftest import Store
from .recount import EventRow, FactRow

LAST_NIGHT = datetime(2026, 6, 14, 22, 30, tzinfo=UTC)
"""Half past one of June 15 in Moscow."""


@dataclass
class People:
    colleague: httpx.AsyncClient
    stranger: httpx.AsyncClient
    nobody: httpx.AsyncClient


@pytest.fixture
async def moscow(rt: Runtime) -> Workspace:
    async with rt.db.begin() as tx:
        return await create_workspace(tx, name="Acme", lang="en", now=NOW)


@pytest.fixture
async def people(
    rt: Runtime, moscow: Workspace, other_workspace: Workspace
) -> AsyncIterator[People]:
    app = create_app(rt, api=HANDLERS, dependencies={"who": Provide(provide_principal)})
    clients = People(
        await signed_in(rt, app, moscow.id, Role.ANALYST),
        await signed_in(rt, app, other_workspace.id, Role.OWNER),
        client_of(app),
    )
    yield clients
    for client in (clients.colleague, clients.stranger, clients.nobody):
        await client.aclose()


@pytest.fixture(autouse=True)
def no_campaigns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody tells of campaigns, whatever the wiring of the run has set."""
    monkeypatch.setattr(launches, "_lookup", [])


@pytest.fixture
def facts(rt: Runtime, moscow: Workspace) -> Store:
    store = Store(rt)
    store.workspace_id = moscow.id
    return store


async def home(client: httpx.AsyncClient, lang: str = "en") -> dict[str, Any]:
    answer = await client.get("/api/v1/home", headers={"accept-language": lang})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def kinds(page: dict[str, Any]) -> list[str]:
    return [line["kind"] for line in page["attention"]]


def done(page: dict[str, Any]) -> list[str]:
    return [step["id"] for step in page["checklist"] if step["done"]]


async def put_profiles(
    rt: Runtime, rows: Sequence[tuple[int, int, int, datetime, int, int]]
) -> None:
    """Rows: workspace, profile, known, first seen, deleted, version."""
    workspaces, ids, known, first, deleted, versions = zip(*rows, strict=True)
    at = pa.array(first, pa.timestamp("ms", tz="UTC"))
    await rt.ch.insert_arrow(
        "profiles",
        pa.table(
            {
                "workspace_id": pa.array(workspaces, pa.uint32()),
                "profile_id": pa.array(ids, pa.uint64()),
                "known": pa.array(known, pa.uint8()),
                "first_seen": at,
                "last_seen": at,
                "is_deleted": pa.array(deleted, pa.uint8()),
                "version": pa.array(versions, pa.uint64()),
            }
        ),
    )


async def put_orders(
    rt: Runtime, workspace_id: int, rows: Sequence[tuple[str, str, datetime, str, str, int]]
) -> None:
    """Rows: order, status, placed at, total, currency, version."""
    for order_id, status, at, total, currency, version in rows:
        await rt.ch.command(
            "INSERT INTO orders (workspace_id, order_id, profile_id, status, placed_at, total,"
            " currency, version) VALUES ({workspace:UInt32}, {id:String}, 1, {status:String},"
            " {at:DateTime64(3, 'UTC')}, toDecimal64({total:String}, 2), {currency:String},"
            " {version:UInt64})",
            {
                "workspace": workspace_id,
                "id": order_id,
                "status": status,
                "at": at,
                "total": total,
                "currency": currency,
                "version": version,
            },
        )


async def test_a_new_workspace_is_led_to_its_first_mailing(people: People) -> None:
    page = await home(people.colleague)
    assert kinds(page) == ["no_sender", "catcher"]
    assert [step["id"] for step in page["checklist"]] == [
        "data",
        "segment",
        "letter",
        "sender",
        "mailing",
    ]
    assert done(page) == []
    days = page["pulse"]["days"]
    assert (len(days), days[0]["date"], days[-1]["date"]) == (14, "2026-06-02", "2026-06-15")
    assert all(sum(v for k, v in day.items() if k != "date") == 0 for day in days)
    assert set(page["totals"].values()) == {0}


async def test_nobody_sees_no_start_page(people: People) -> None:
    assert (await people.nobody.get("/api/v1/home")).status_code == 401


async def test_days_are_cut_in_the_zone_of_the_workspace(people: People, facts: Store) -> None:
    await facts.events(
        [
            EventRow(1, "Page viewed", LAST_NIGHT),
            EventRow(1, "Page viewed", LAST_NIGHT - timedelta(hours=2)),
            EventRow(1, "Page viewed", NOW - timedelta(days=20)),
            EventRow(1, "Page viewed", NOW - timedelta(days=40)),
        ]
    )
    await facts.facts(
        [
            FactRow(1, 1, "A", "sent", LAST_NIGHT),
            FactRow(2, 2, "A", "sent", LAST_NIGHT - timedelta(days=1)),
            FactRow(3, 3, "A", "sent", NOW - timedelta(days=30)),
            FactRow(1, 1, "A", "opened", LAST_NIGHT, "person"),
        ]
    )
    page = await home(people.colleague)
    *_, yesterday, today = page["pulse"]["days"]
    assert (yesterday["events"], today["events"]) == (1, 1)
    assert (yesterday["sent"], today["sent"]) == (1, 1)
    assert page["totals"]["events_30d"] == 3
    assert sum(day["sent"] for day in page["pulse"]["days"]) == 2
    assert done(page) == ["data", "mailing"]


async def test_people_are_counted_once_and_only_while_they_are_there(
    rt: Runtime, people: People, moscow: Workspace
) -> None:
    here, long_ago = moscow.id, NOW - timedelta(days=90)
    await put_profiles(
        rt,
        [
            (here, 1, 1, long_ago, 0, 1),
            (here, 2, 0, LAST_NIGHT, 0, 1),
            (here, 3, 0, LAST_NIGHT, 0, 1),
            (here, 4, 0, LAST_NIGHT, 0, 1),
        ],
    )
    # One of them is recognised, another was merged away.
    await put_profiles(rt, [(here, 2, 1, LAST_NIGHT, 0, 2), (here, 3, 0, LAST_NIGHT, 1, 2)])
    page = await home(people.colleague)
    assert (page["totals"]["profiles"], page["totals"]["known"]) == (3, 2)
    assert [day["new_profiles"] for day in page["pulse"]["days"][-2:]] == [0, 2]


async def test_revenue_is_of_orders_that_stand_and_in_the_own_currency(
    rt: Runtime, people: People, moscow: Workspace
) -> None:
    await put_orders(
        rt,
        moscow.id,
        [
            ("1", "paid", LAST_NIGHT, "100.10", "RUB", 1),
            ("2", "placed", LAST_NIGHT, "50.15", "RUB", 1),
            ("3", "paid", LAST_NIGHT, "7", "USD", 1),
            ("4", "paid", LAST_NIGHT, "1000", "RUB", 1),
            ("4", "returned", LAST_NIGHT, "1000", "RUB", 2),
            ("5", "cancelled", LAST_NIGHT, "1000", "RUB", 1),
            # Its date was put right: it is an order of the day before.
            ("6", "paid", LAST_NIGHT, "30", "RUB", 1),
            ("6", "paid", LAST_NIGHT - timedelta(days=1), "20", "RUB", 2),
            ("7", "paid", NOW - timedelta(days=30), "500", "RUB", 1),
        ],
    )
    *_, yesterday, today = (await home(people.colleague))["pulse"]["days"]
    assert (today["orders"], today["revenue"]) == (3, 150.25)
    assert (yesterday["orders"], yesterday["revenue"]) == (1, 20.0)


async def test_the_checklist_ticks_itself_off(
    rt: Runtime, people: People, moscow: Workspace
) -> None:
    async with rt.db.begin() as tx:
        await create_segment(
            tx,
            workspace_id=moscow.id,
            name="Buyers",
            definition=parse({"kind": "everyone"}),
            now=NOW,
        )
    page = await home(people.colleague)
    assert (done(page), page["totals"]["segments"]) == (["segment"], 1)
    async with rt.db.begin() as tx:
        content = LetterSource(kind=LetterKind.HTML, subject="Hi", source="<p>Hi</p>")
        await create_letter(tx, workspace_id=moscow.id, name="First", content=content, now=NOW)
        await create_sender(
            tx, workspace_id=moscow.id, name="Shop", address="hi@shop.example", now=NOW
        )
    page = await home(people.colleague)
    assert done(page) == ["segment", "letter", "sender"]
    assert kinds(page) == ["catcher"]


async def test_a_failed_import_is_shown_until_it_went_well(
    rt: Runtime, clock: Clock, people: People, moscow: Workspace, tmp_path: Path
) -> None:
    file = tmp_path / "people.csv"
    file.write_text("email\na@b.example\n", encoding="utf-8")

    async def run(**more: Any) -> Any:
        return await import_file(
            rt, workspace_id=moscow.id, kind=ImportKind.CUSTOMERS, file=file, **more
        )

    failed = await run()
    async with rt.db.begin() as tx:
        await tx.execute(
            sa.text("UPDATE imports SET state = 'failed', error = :error WHERE import_id = :id"),
            {"id": failed.id, "error": "file_gone"},
        )
    page = await home(people.colleague)
    (line,) = (line for line in page["attention"] if line["kind"] == "import_failed")
    assert line["level"] == "bad"
    assert line["link"] == f"/imports/{failed.id}"
    assert line["detail"] == "“people.csv”: The uploaded file is gone."
    lines = (await home(people.colleague, "ru"))["attention"]
    assert "«people.csv»: Загруженного файла больше нет." in {line["detail"] for line in lines}
    assert "data" not in done(page)
    clock.move(minutes=1)
    await run()
    page = await home(people.colleague)
    assert "import_failed" not in kinds(page)
    assert "data" in done(page)


async def put_mailing(tx: Tx, workspace_id: int, *, in_doubt: int, trouble: str | None) -> Any:
    source_id = new_id()
    mailing_id = (
        await tx.execute(
            sa.text(
                """
                INSERT INTO mailings (workspace_id, source_kind, source_id, name, channel,
                    sender_id, state, arms, created_at, started_at, trouble, trouble_at)
                VALUES (:workspace_id, 'campaign', :source_id, 'Spring', 'email',
                    :sender_id, 'running', '[]', :at, :at, :trouble, :at)
                RETURNING mailing_id
                """
            ),
            {
                "workspace_id": workspace_id,
                "source_id": source_id,
                "sender_id": new_id(),
                "at": NOW - timedelta(minutes=10),
                "trouble": trouble,
            },
        )
    ).scalar_one()
    await tx.execute(
        sa.text(
            """
            INSERT INTO message_blocks
                (block_id, workspace_id, mailing_id, last_id, state, due_at, tally)
            VALUES (CAST(:mailing_id AS bigint) * 1000000000, :workspace_id, :mailing_id,
                CAST(:mailing_id AS bigint) * 1000000000 + 9, 'done', :at,
                jsonb_build_object('in_doubt||A', CAST(:in_doubt AS int), 'sent||A', 3))
            """
        ),
        {
            "workspace_id": workspace_id,
            "mailing_id": mailing_id,
            "in_doubt": in_doubt,
            "at": NOW - timedelta(minutes=10),
        },
    )
    return source_id


async def test_a_mailing_in_trouble_comes_first(
    rt: Runtime, people: People, moscow: Workspace
) -> None:
    async with rt.db.begin() as tx:
        source_id = await put_mailing(tx, moscow.id, in_doubt=2, trouble="535 no login")
    try:
        page = await home(people.colleague, "ru")
        first, second, *_ = page["attention"]
        assert (first["kind"], first["link"]) == ("mailing_stalled", f"/mailings/{source_id}")
        assert first["detail"].endswith("Ответ почтового сервера: 535 no login")
        assert second["title"] == "2 сообщения: доставка неизвестна"
        assert page["totals"]["campaigns"] == 1
        stranger = await home(people.stranger)
        assert not {"mailing_stalled", "in_doubt"} & set(kinds(stranger))
        assert stranger["totals"]["campaigns"] == 0
    finally:
        # A running mailing would wake the sending loops of other tests.
        async with rt.db.begin() as tx:
            for table in ("message_blocks", "mailings"):
                await tx.execute(
                    sa.text(f"DELETE FROM {table} WHERE workspace_id = :id"), {"id": moscow.id}
                )


async def test_rejects_and_events_that_wait_are_told(
    rt: Runtime, people: People, moscow: Workspace
) -> None:
    async with rt.db.begin() as tx:
        for hours in (1, 2, 30):
            await tx.execute(
                sa.text(
                    """
                    INSERT INTO event_rejects (reject_id, workspace_id, received_at, code, detail,
                        type, message_id, body, source)
                    VALUES (:id, :workspace_id, :at, 'not_json', '', 'track', '', '', '')
                    """
                ),
                {
                    "id": new_id(),
                    "workspace_id": moscow.id,
                    "at": NOW - timedelta(hours=hours),
                },
            )
        for batch, state in ((new_id(), "quarantined"), (new_id(), "formed")):
            await tx.execute(
                sa.text(
                    """
                    INSERT INTO event_batches (batch_id, workspace_id, state, events, attempts,
                        fence, lease_until, created_at, finished_at, error)
                    VALUES (:id, :workspace_id, :state, 4, 6, 6, :later, :at, :at, 'bad')
                    """
                ),
                {
                    "id": batch,
                    "workspace_id": moscow.id,
                    "state": state,
                    "at": NOW - timedelta(minutes=3),
                    "later": NOW + timedelta(days=365),
                },
            )
    try:
        page = await home(people.colleague)
        by_kind = {line["kind"]: line for line in page["attention"]}
        assert by_kind["rejects"]["title"] == "2 events were put aside"
        assert by_kind["rejects"]["at"].startswith("2026-06-15T11:00:00")
        assert by_kind["quarantined"]["title"] == "4 events could not be stored"
        assert by_kind["backlog"]["level"] == "warn"
        assert kinds(await home(people.stranger)) == ["no_sender", "catcher"]
    finally:
        async with rt.db.begin() as tx:
            await tx.execute(
                sa.text("DELETE FROM event_batches WHERE workspace_id = :id"), {"id": moscow.id}
            )


async def test_a_launch_that_failed_is_told_by_those_who_know(
    people: People, moscow: Workspace
) -> None:
    source_id = new_id()

    async def told(_tx: Tx, workspace_id: int) -> Launches:
        if workspace_id != moscow.id:
            return Launches(0)
        gone = Text(en="The segment was not found.", ru="Сегмент не найден.")
        return Launches(5, [FailedLaunch(source_id, "Spring", gone, NOW)])

    use_launches(told)
    page = await home(people.colleague)
    assert page["totals"]["campaigns"] == 5
    assert page["attention"][0]["detail"] == "“Spring”: The segment was not found."
    assert (await home(people.colleague, "ru"))["attention"][0][
        "detail"
    ] == "«Spring»: Сегмент не найден."
    assert page["attention"][0]["link"] == f"/mailings/{source_id}"
    assert "launch_failed" not in kinds(await home(people.stranger))


async def test_a_stranger_sees_nothing_of_it(
    rt: Runtime, people: People, moscow: Workspace, facts: Store
) -> None:
    await facts.events([EventRow(1, "Page viewed", LAST_NIGHT)])
    await facts.facts([FactRow(1, 1, "A", "sent", LAST_NIGHT)])
    await put_profiles(rt, [(moscow.id, 1, 1, LAST_NIGHT, 0, 1)])
    await put_orders(rt, moscow.id, [("1", "paid", LAST_NIGHT, "100", "RUB", 1)])
    assert (await home(people.colleague))["totals"]["profiles"] == 1
    page = await home(people.stranger)
    assert all(sum(v for k, v in day.items() if k != "date") == 0 for day in page["pulse"]["days"])
    assert set(page["totals"].values()) == {0}
    assert done(page) == []
