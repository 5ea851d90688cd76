"""Who keeps what of a person: every slice's answer, put together; terms are in `terms`.

The order is that of an erasure. A table that knows people and is named neither here nor in
`NOT_OF_PEOPLE` fails a house test, so a new slice can't be forgotten.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from otklik.campaigns.public import goal_events
from otklik.catalog import public as catalog
from otklik.channels.email import public as email
from otklik.delivery import public as delivery
from otklik.entrypoints.wiring.terms import STORES
from otklik.events import public as events
from otklik.exports import public as exports
from otklik.ingestion import public as ingestion
from otklik.kit.i18n import Text
from otklik.kit.traces import Erased, Traces
from otklik.privacy import public as privacy
from otklik.privacy.public import (
    Keeper,
    register_keeper,
    register_store,
    rows_keeper,
)
from otklik.profiles import public as profiles
from otklik.runtime import traces as runtime
from otklik.runtime.public import Runtime, Tx, metadata
from otklik.segments.public import memberships, segment_names

NOT_OF_PEOPLE: dict[str, str] = {
    "mailing_audiences": "numbers only, of a mailing that is being frozen; removed when it is",
    "identity_changes": "numbers only; the last thousand rows of each workspace are kept",
    "profile_changes": "numbers only, on their way to ClickHouse; an erasure waits for them",
    "erasures": "the act itself: the numbers that led to the person, who asked and why",
    "erased_profiles": "tombstones: numbers that lead to nobody and are never given again",
    "forward_changes": "a change's name and how far it was read; gone when everybody is told",
    "clickhouse:export_members": "numbers only; a day's partition is dropped after three days",
    "clickhouse:duplicate_keys": "numbers and hashes of a search, dropped at its end",
    "clickhouse:duplicate_candidates": "numbers of a search, dropped at its end",
}
"""Tables with numbers of profiles that need no keeper, each with its reason."""


def register_keepers() -> None:
    """Make every keeper of personal data and every term known. Once per process."""
    for keeper in _KEEPERS:
        register_keeper(keeper)
    for store in STORES:
        register_store(store)


async def _erase_events(rt: Runtime, tx: Tx, traces: Traces) -> Erased:
    goals = await goal_events(tx, workspace_id=traces.workspace_id)
    return await events.erase_events(rt, tx, traces, goals=goals)


async def _export_segments(rt: Runtime, tx: Tx, traces: Traces) -> AsyncIterator[dict[str, Any]]:
    names = await segment_names(tx, workspace_id=traces.workspace_id)
    found = await memberships(
        rt, workspace_id=traces.workspace_id, profile_id=traces.profile_ids[0]
    )
    for segment_id in found:
        if segment_id in names:
            yield {"id": segment_id, "name": names[segment_id]}


async def _no_count(_rt: Runtime, _tx: Tx, _traces: Traces) -> int:
    return 0


async def _no_records(_rt: Runtime, _tx: Tx, _traces: Traces) -> AsyncIterator[dict[str, Any]]:
    """A file of an export holds many people; what it says of one is handed out elsewhere."""
    nothing: tuple[dict[str, Any], ...] = ()
    for record in nothing:
        yield record


_AGAIN = timedelta(seconds=10)


async def _await_exports(rt: Runtime, tx: Tx, traces: Traces) -> Erased:
    """Wait until files of exports whose making began before `until` are deleted by their term.

    The keeper is asked last, so `until` is when nothing of the person was left to be copied: a file
    that was asked for after the cut may still hold what was destroyed only later.
    """
    table = metadata.tables["exports"].c
    begun = sa.func.coalesce(table.started_at, table.created_at) <= traces.until
    now = rt.clock()
    last = await tx.execute(
        sa.select(sa.func.max(table.expires_at)).where(
            table.workspace_id == traces.workspace_id, begun, table.expires_at > now
        )
    )
    # A file in the making may hold the person already, and has no term yet.
    making = await tx.execute(
        sa.select(sa.func.count()).where(
            table.workspace_id == traces.workspace_id, begun, table.state == "running"
        )
    )
    soon = now + _AGAIN if making.scalar_one() else None
    return Erased(0, max(filter(None, (last.scalar_one(), soon)), default=None))


async def _leave_segments(_rt: Runtime, _tx: Tx, _traces: Traces) -> Erased:
    """Segments hold numbers only, and every reading leaves out those that are nobody's."""
    return Erased()


_KEEPERS = (
    Keeper(
        name="profile",
        title=Text(en="Profile, identifiers, traits", ru="Профиль, идентификаторы, свойства"),
        tables=(
            "profiles",
            "profile_search",
            "identifiers",
            "trait_states",
            "merges",
            "clickhouse:profiles",
            "clickhouse:profile_traits",
            "clickhouse:profile_merges",
        ),
        export=profiles.export_profile,
        erase=profiles.erase_profile,
        count=profiles.count_profile,
        cut=True,
    ),
    Keeper(
        name="consents",
        title=Text(en="Consents", ru="Согласия"),
        tables=("consent_entries", "consent_states", "consent_people", "clickhouse:consents"),
        export=privacy.export_consents,
        erase=privacy.erase_consents,
        count=privacy.count_consents,
    ),
    Keeper(
        name="messages",
        title=Text(en="Messages and what became of them", ru="Сообщения и их судьба"),
        tables=("messages", "tracking_hits", "frequency_ledger", "clickhouse:message_facts"),
        export=delivery.export_messages,
        erase=delivery.erase_messages,
        count=delivery.count_person_messages,
    ),
    Keeper(
        name="letters",
        title=Text(en="Letters in the catcher", ru="Письма в ловушке"),
        tables=("caught_letters",),
        export=email.export_letters,
        erase=email.erase_letters,
        count=email.count_person_letters,
    ),
    rows_keeper(
        "message_requests",
        Text(en="Requests for transactional letters", ru="Заявки на транзакционные письма"),
        by_number={"message_requests": ["profile_id"]},
    ),
    rows_keeper(
        "returned_mails",
        Text(en="Bounces, complaints and replies", ru="Возвраты, жалобы и ответы на письма"),
        by_number={"returned_mails": ["profile_id"]},
        by_text={"returned_mails": (["sender", "recipient", "source_zstd"], "received_at")},
        hidden=("content_hash",),
    ),
    Keeper(
        name="orders",
        title=Text(en="Orders", ru="Заказы"),
        tables=("orders", "clickhouse:orders"),
        export=catalog.export_orders,
        erase=catalog.erase_orders,
        count=catalog.count_person_orders,
    ),
    Keeper(
        name="raw",
        title=Text(
            en="Raw events, events set apart, files and rows of imports",
            ru="Исходные события, отклонённые события, файлы и строки импорта",
        ),
        tables=(
            "event_chunks",
            "event_batches",
            "event_rejects",
            "import_files",
            "import_errors",
            "import_lines",
        ),
        export=ingestion.export_raw,
        erase=ingestion.erase_raw,
        count=ingestion.count_raw,
    ),
    Keeper(
        name="events",
        title=Text(en="Events", ru="События"),
        tables=("event_properties", "clickhouse:events"),
        export=events.export_events,
        erase=_erase_events,
        count=events.count_person_events,
    ),
    rows_keeper(
        "pauses",
        Text(en="Pauses in letters", ru="Паузы в рассылках"),
        by_number={"pauses": ["profile_id"]},
    ),
    rows_keeper(
        "notes",
        Text(en="Notes and edits", ru="Заметки и правки"),
        by_number={"profile_notes": ["profile_id"], "trait_edits": ["profile_id"]},
        # Which colleague wrote, and from which computer, is not the customer's.
        hidden=("id", "author_id", "author_key_id", "user_id", "key_id", "ip"),
    ),
    rows_keeper(
        "duplicates",
        Text(en="Possible duplicates", ru="Возможные дубли"),
        by_number={
            "duplicate_pairs": ["left_id", "right_id"],
            "duplicate_refusals": ["left_id", "right_id"],
        },
        by_text={"shared_identifiers": (["value", "user_id"], None)},
        in_clickhouse={"duplicate_people": ["profile_id"]},
        hidden=("run_id",),
    ),
    Keeper(
        name="sale_files",
        title=Text(
            en="Files of sales from 1C that wait to be read",
            ru="Файлы продаж из 1С, которые ещё не прочитаны",
        ),
        tables=("exchange_files",),
        export=catalog.export_sale_files,
        erase=catalog.erase_sale_files,
        count=catalog.count_sale_files,
    ),
    Keeper(
        name="calls",
        title=Text(en="Calls of incoming webhooks", ru="Вызовы входящих вебхуков"),
        tables=("hook_calls",),
        export=ingestion.export_calls,
        erase=ingestion.erase_calls,
        count=ingestion.count_calls,
    ),
    rows_keeper(
        "bad_rows",
        Text(en="Rows that an import refused", ru="Строки, не принятые импортом"),
        by_text={"import_bad_rows": (["cells"], None)},
    ),
    Keeper(
        name="forwarded",
        title=Text(
            en="Events on their way to other services", ru="События на пути в другие сервисы"
        ),
        tables=("forward_captures", "forward_deliveries"),
        export=exports.export_deliveries,
        erase=exports.erase_deliveries,
        count=exports.count_deliveries,
    ),
    rows_keeper(
        "answers",
        Text(en="What other services answered", ru="Ответы других сервисов"),
        by_text={"forward_attempts": (["error", "answer"], "at")},
    ),
    rows_keeper(
        "computed",
        Text(en="Computed traits being written", ru="Вычисляемые свойства в момент записи"),
        in_clickhouse={"computed_changes": ["profile_id"]},
    ),
    Keeper(
        name="exports",
        title=Text(en="Files of exports", ru="Файлы выгрузок"),
        tables=("exports",),
        export=_no_records,
        erase=_await_exports,
        count=_no_count,
        last=True,
    ),
    Keeper(
        name="segments",
        title=Text(en="Segments", ru="Сегменты"),
        tables=(
            "clickhouse:segment_memberships",
            "clickhouse:segment_answers",
            "clickhouse:segment_changes",
            "clickhouse:segment_changes_of_person",
            "clickhouse:segment_people",
            "clickhouse:id_pieces",
        ),
        export=_export_segments,
        erase=_leave_segments,
        count=_no_count,
    ),
    Keeper(
        name="requests",
        title=Text(en="Requests, stop list, copies of data", ru="Запросы, стоп-лист, копии данных"),
        tables=("person_requests", "person_exports", "suppressions"),
        export=privacy.export_requests,
        erase=privacy.erase_copies,
        count=privacy.count_copies,
    ),
    Keeper(
        name="passing",
        title=Text(en="Facts on their way, kept answers", ru="Данные в пути, сохранённые ответы"),
        tables=("fact_outbox", "idempotency_keys"),
        export=runtime.export_passing,
        erase=runtime.erase_passing,
        count=runtime.count_passing,
    ),
)
