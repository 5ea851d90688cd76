"""What has a term: every kind of data that is removed when it gets old, put together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

from otklik.channels.email import public as email
from otklik.delivery import public as delivery
from otklik.events import public as events
from otklik.ingestion import public as ingestion
from otklik.kit.i18n import Text
from otklik.privacy.public import Store
from otklik.profiles import public as profiles
from otklik.runtime.public import Runtime, Tx

_VISITORS_AT_ONCE = 2_000


class _InTx(Protocol):
    """A door that counts or removes what is older than a moment, in a transaction."""

    def __call__(self, tx: Tx, /, *, workspace_id: int, before: datetime) -> Awaitable[int]: ...


def _counted(door: _InTx) -> Callable[[Runtime, int, datetime], Awaitable[int]]:
    """Return a door as a store wants it: with a transaction of its own."""

    async def run(rt: Runtime, workspace_id: int, before: datetime) -> int:
        async with rt.db.begin() as tx:
            return await door(tx, workspace_id=workspace_id, before=before)

    return run


async def _count_events(rt: Runtime, workspace_id: int, before: datetime) -> int:
    return await events.count_old_events(rt, workspace_id=workspace_id, before=before)


async def _remove_events(rt: Runtime, workspace_id: int, before: datetime) -> int:
    return await events.erase_old_events(rt, workspace_id=workspace_id, before=before)


async def _remove_visitors(rt: Runtime, workspace_id: int, before: datetime) -> int:
    """Remove visitors with their events; the events first, so that a kill leaves none behind."""
    removed = 0
    while True:
        async with rt.db.begin() as tx:
            ids = await profiles.idle_visitors(
                tx, workspace_id=workspace_id, before=before, limit=_VISITORS_AT_ONCE
            )
        if not ids:
            return removed
        await events.erase_events_of(rt, workspace_id=workspace_id, profile_ids=ids)
        async with rt.db.begin() as tx:
            gone = await profiles.erase_visitors(
                rt, tx, workspace_id=workspace_id, profile_ids=ids, before=before
            )
        removed += gone
        if not gone:
            return removed


async def _remove_files(rt: Runtime, workspace_id: int, before: datetime) -> int:
    async with rt.db.begin() as tx:
        return await ingestion.erase_old_files(rt, tx, workspace_id=workspace_id, before=before)


async def _count_addresses(rt: Runtime, workspace_id: int, before: datetime) -> int:
    async with rt.db.begin() as tx:
        of_mailings = await delivery.count_old_addresses(
            tx, workspace_id=workspace_id, before=before
        )
        return of_mailings + await delivery.count_old_requests(
            tx, workspace_id=workspace_id, before=before
        )


async def _remove_addresses(rt: Runtime, workspace_id: int, before: datetime) -> int:
    of_mailings = await delivery.erase_old_addresses(rt, workspace_id=workspace_id, before=before)
    return of_mailings + await delivery.erase_old_requests(
        rt, workspace_id=workspace_id, before=before
    )


STORES = (
    Store(
        kind="events",
        title=Text(en="Events", ru="События"),
        hint=Text(
            en="Segments and reports see no events that are older.",
            ru="Сегменты и отчёты не увидят более старых событий.",
        ),
        default_days=730,
        least_days=31,
        count=_count_events,
        remove=_remove_events,
    ),
    Store(
        kind="visitors",
        title=Text(en="Anonymous visitors", ru="Анонимные посетители"),
        hint=Text(
            en="Visitors who gave no identifier and were not seen for so long, with their events.",
            ru="Посетители, которые не назвали себя и давно не появлялись, вместе с событиями.",
        ),
        default_days=180,
        least_days=7,
        count=_counted(profiles.count_idle_visitors),
        remove=_remove_visitors,
    ),
    Store(
        kind="addresses",
        title=Text(en="Addresses in sent messages", ru="Адреса в отправленных сообщениях"),
        hint=Text(
            en="The address and the server’s answer of a message; its fate stays in the reports.",
            ru="Адрес и ответ сервера в сообщении; его судьба останется в отчётах.",
        ),
        default_days=365,
        least_days=31,
        count=_count_addresses,
        remove=_remove_addresses,
    ),
    Store(
        kind="returned_mails",
        title=Text(en="Returned mail", ru="Вернувшиеся письма"),
        hint=Text(
            en="Bounces, complaints and answers of people; what followed from them stays.",
            ru="Возвраты, жалобы и ответы людей; то, что из них последовало, останется.",
        ),
        default_days=180,
        least_days=7,
        count=_counted(email.count_old_returns),
        remove=_counted(email.erase_old_returns),
    ),
    Store(
        kind="letters",
        title=Text(en="Letters in the catcher", ru="Письма в ловушке"),
        hint=Text(en="Whole letters of development mode.", ru="Письма целиком, режим разработки."),
        default_days=30,
        least_days=1,
        count=_counted(email.count_old_letters),
        remove=_counted(email.erase_old_letters),
    ),
    Store(
        kind="rejects",
        title=Text(en="Events set apart", ru="Отклонённые события"),
        hint=Text(
            en="Raw events with the reason of the refusal; 14 days without a rule.",
            ru="Исходные события с причиной отказа; без правила хранятся 14 дней.",
        ),
        default_days=14,
        least_days=1,
        count=_counted(ingestion.count_old_rejects),
        remove=_counted(ingestion.erase_old_rejects),
    ),
    Store(
        kind="hook_calls",
        title=Text(en="Calls of incoming webhooks", ru="Вызовы входящих вебхуков"),
        hint=Text(
            en="What came with a call; its line stays in the log. Each source has a term of its "
            "own, 30 days at first; the shorter one counts.",
            ru="Содержимое вызова, строка в журнале останется. У каждого источника есть свой срок, "
            "сначала 30 дней; действует меньший.",
        ),
        default_days=30,
        least_days=1,
        count=_counted(ingestion.count_old_calls),
        remove=_counted(ingestion.erase_old_calls),
    ),
    Store(
        kind="import_files",
        title=Text(en="Uploaded files", ru="Загруженные файлы"),
        hint=Text(
            en="Files of imports that are finished; 7 days without a rule.",
            ru="Файлы завершённых импортов; без правила хранятся 7 дней.",
        ),
        default_days=7,
        least_days=1,
        count=_counted(ingestion.count_old_files),
        remove=_remove_files,
    ),
)
