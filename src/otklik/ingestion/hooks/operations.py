"""Writes of incoming webhooks: sources and their mappings, replays, deletion of what is old."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import sqlalchemy as sa

from otklik.ingestion.hooks.checks import check_networks
from otklik.ingestion.hooks.errors import BadCheck, BadMapping, CallNotFound, SourceNotFound
from otklik.ingestion.hooks.model import (
    NAMED,
    Check,
    HmacCheck,
    HookCallState,
    HookMapping,
    HookService,
    NoCheck,
    SecretCheck,
    StandardCheck,
)
from otklik.ingestion.hooks.tables import hook_calls, hook_sources
from otklik.kit.ids import new_id, new_token
from otklik.privacy.public import TextNotFound, get_topic, list_texts
from otklik.profiles.public import Refusal, normalise
from otklik.runtime.public import Tx, Vault, notify

CHANNEL = "hook_calls"
ADDRESS_BITS = 128
SOURCES_MAX = 500
REPEAT_WINDOW_S = 600
KEEP_DAYS = 30
ROWS_KEPT = timedelta(days=400)
"""After this the line of a call goes too; its body went long before."""
REPLAYABLE = (
    HookCallState.CAUGHT,
    HookCallState.FAILED,
    HookCallState.MAPPED,
    HookCallState.IGNORED,
)
_SECRET_CHARS_MAX = 500


def first_check(service: HookService) -> Check:
    """Return the check that a new source begins with: what its service can do."""
    match service:
        case HookService.TILDA:
            # Tilda's settings of a webhook have a key and the name under which it is sent.
            return SecretCheck(place="header", name="X-Otklik-Secret")
        case HookService.GOOGLE_FORMS | HookService.ZAPIER | HookService.BOTMOTHER:
            return SecretCheck(place="header", name="X-Otklik-Secret")
        case _:
            return NoCheck()


async def create_source(
    tx: Tx, *, vault: Vault, workspace_id: int, name: str, service: HookService, now: datetime
) -> tuple[UUID, str | None]:
    """Make a source with an address of its own; returns its id and its secret, if it has one."""
    count = (
        await tx.execute(
            sa.select(sa.func.count()).where(hook_sources.c.workspace_id == workspace_id)
        )
    ).scalar_one()
    if count >= SOURCES_MAX:
        raise BadCheck(
            what=f"A workspace has at most {SOURCES_MAX} sources.",
            what_ru=f"В рабочем пространстве не больше {SOURCES_MAX} источников.",
        )
    check = first_check(service)
    secret = None if isinstance(check, NoCheck) else new_secret(check)
    source_id = new_id()
    await tx.execute(
        hook_sources.insert().values(
            source_id=source_id,
            workspace_id=workspace_id,
            address=new_token(ADDRESS_BITS),
            name=name.strip(),
            service=service.value,
            is_on=True,
            mapping=None,
            check=msgspec.to_builtins(check),
            secret=None if secret is None else vault.seal(secret),
            networks=[],
            id_path=None,
            repeat_window_s=REPEAT_WINDOW_S,
            keep_days=KEEP_DAYS,
            created_at=now,
            updated_at=now,
        )
    )
    return source_id, secret


def new_secret(check: Check) -> str:
    """Return a secret that fits a check: Standard Webhooks has a spelling of its own."""
    token = new_token(192)
    return (
        "whsec_" + token.translate({45: "+", 95: "/"})
        if isinstance(check, StandardCheck)
        else token
    )


async def change_source(
    tx: Tx, *, workspace_id: int, source_id: UUID, now: datetime, **changes: Any
) -> None:
    """Change columns of a source: name, is_on, networks, id_path, repeat_window_s, keep_days.

    Raises: SourceNotFound, BadCheck.
    """
    if "networks" in changes:
        changes["networks"] = check_networks(changes["networks"])
    await _update(tx, workspace_id, source_id, {**changes, "updated_at": now})


async def set_check(
    tx: Tx,
    *,
    vault: Vault,
    workspace_id: int,
    source_id: UUID,
    check: Check,
    secret: str | None,
    now: datetime,
) -> str | None:
    """Change how calls are checked; without a secret a fresh one is made and returned once.

    Raises: SourceNotFound, BadCheck.
    """
    _check_headers(check)
    made = None
    if isinstance(check, NoCheck):
        sealed = None
    else:
        if secret is None:
            secret = made = new_secret(check)
        if not 8 <= len(secret) <= _SECRET_CHARS_MAX or not secret.isprintable():
            raise BadCheck(
                what="The secret has 8 to 500 printable characters.",
                what_ru="В секрете от 8 до 500 печатных символов.",
            )
        sealed = vault.seal(secret)
    changes = {"check": msgspec.to_builtins(check), "secret": sealed, "updated_at": now}
    await _update(tx, workspace_id, source_id, changes)
    return made


def _check_headers(check: Check) -> None:
    names = []
    if isinstance(check, SecretCheck) and check.place == "header":
        names = [check.name]
    if isinstance(check, HmacCheck):
        names = [check.header, check.timestamp_header or check.header]
    for name in names:
        if not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
            raise BadCheck(
                what=f"{name[:60]} can't be the name of a header.",
                what_ru=f"{name[:60]} не может быть названием заголовка.",
            )


async def set_mapping(
    tx: Tx,
    *,
    workspace_id: int,
    source_id: UUID,
    mapping: HookMapping,
    replay_caught: bool,
    now: datetime,
) -> int:
    """Save a mapping and switch the source on; returns how many caught calls will be replayed.

    Raises: SourceNotFound, BadMapping, TopicNotFound, TextNotFound.
    """
    await check_mapping(tx, workspace_id=workspace_id, mapping=mapping)
    # The row of the source is written first: a call that comes meanwhile waits for its lock, and
    # then sees the mapping; one that came before is seen by the statement after this.
    await _update(
        tx,
        workspace_id,
        source_id,
        {"mapping": msgspec.to_builtins(mapping), "is_on": True, "updated_at": now},
    )
    if not replay_caught:
        return 0
    return await _to_waiting(tx, workspace_id, source_id, (HookCallState.CAUGHT,))


async def check_mapping(tx: Tx, *, workspace_id: int, mapping: HookMapping) -> None:
    """Refuse a mapping that could not work. Raises: BadMapping, TopicNotFound, TextNotFound."""
    kinds = {rule.to for rule in mapping.rules}
    if not kinds & {"user_id", "anonymous_id", "email", "phone", "external"}:
        raise BadMapping(
            what="No field says who the person is: choose the e-mail, the phone or an id.",
            what_ru="Ни одно поле не говорит, кто это: укажите почту, телефон или номер клиента.",
        )
    taken: set[tuple[str, str]] = set()
    for rule in mapping.rules:
        if (rule.to in NAMED) != bool(rule.name.strip()):
            raise BadMapping(
                what=f"The field {rule.path[-1]} needs a name for what it becomes.",
                what_ru=f"Полю {rule.path[-1]} нужно название того, чем оно станет.",
            )
        if rule.to == "external" and normalise(rule.name, "x") is Refusal.BAD_KIND:
            raise BadMapping(
                what=f"{rule.name} can't be a kind of identifier: small Latin letters, digits, _.",
                what_ru=f"{rule.name} — не вид идентификатора: строчная латиница, цифры и _.",
            )
        if rule.to in {"trait", "property", "external"} and (rule.to, rule.name) in taken:
            raise BadMapping(
                what=f"Two fields become {rule.name}.", what_ru=f"Два поля становятся {rule.name}."
            )
        taken.add((rule.to, rule.name))
    try:
        ZoneInfo(mapping.timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadMapping(
            what=f"The time zone {mapping.timezone} is not known.",
            what_ru=f"Часовой пояс {mapping.timezone} неизвестен.",
        ) from error
    for topic_id in {one.topic_id for one in mapping.consents if one.topic_id}:
        await get_topic(tx, workspace_id=workspace_id, topic_id=topic_id)
    wanted = {one.text_id for one in mapping.consents if one.text_id}
    if wanted and wanted - {text.id for text in await list_texts(tx, workspace_id=workspace_id)}:
        raise TextNotFound()


async def delete_source(tx: Tx, *, workspace_id: int, source_id: UUID) -> None:
    """Delete a source with its address and its log. Raises: SourceNotFound."""
    found = await tx.execute(
        hook_sources.delete().where(
            hook_sources.c.workspace_id == workspace_id, hook_sources.c.source_id == source_id
        )
    )
    if not found.rowcount:
        raise SourceNotFound()
    await tx.execute(
        hook_calls.delete().where(
            hook_calls.c.workspace_id == workspace_id, hook_calls.c.source_id == source_id
        )
    )


async def replay(
    tx: Tx,
    *,
    workspace_id: int,
    source_id: UUID,
    call_id: UUID | None = None,
    states: Sequence[HookCallState] = (),
    since: datetime | None = None,
    until: datetime | None = None,
) -> int:
    """Let calls be mapped once more; returns how many. What they gave before is not given again.

    Raises: SourceNotFound, CallNotFound, BadMapping (there is none yet).
    """
    query = sa.select(hook_sources.c.mapping.is_not(None)).where(
        hook_sources.c.workspace_id == workspace_id, hook_sources.c.source_id == source_id
    )
    has_mapping = (await tx.execute(query)).scalar()
    if has_mapping is None:
        raise SourceNotFound()
    if not has_mapping:
        raise BadMapping(
            what="First say what the fields mean.", what_ru="Сначала укажите, что значат поля."
        )
    count = await _to_waiting(
        tx, workspace_id, source_id, states or REPLAYABLE, call_id=call_id, since=since, until=until
    )
    if call_id is not None and not count:
        raise CallNotFound()
    return count


async def _to_waiting(
    tx: Tx,
    workspace_id: int,
    source_id: UUID,
    states: Sequence[HookCallState],
    *,
    call_id: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> int:
    c = hook_calls.c
    allowed = [state.value for state in states if state in REPLAYABLE]
    statement = hook_calls.update().where(
        c.workspace_id == workspace_id,
        c.source_id == source_id,
        c.state.in_(allowed),
        c.body.is_not(None),
    )
    if call_id is not None:
        statement = statement.where(c.call_id == call_id)
    if since is not None:
        statement = statement.where(c.received_at >= since)
    if until is not None:
        statement = statement.where(c.received_at < until)
    changed = await tx.execute(statement.values(state=HookCallState.WAITING.value))
    if changed.rowcount:
        await notify(tx, CHANNEL)
    return int(changed.rowcount)


async def _update(tx: Tx, workspace_id: int, source_id: UUID, values: dict[str, Any]) -> None:
    changed = await tx.execute(
        hook_sources.update()
        .where(hook_sources.c.workspace_id == workspace_id, hook_sources.c.source_id == source_id)
        .values(**values)
    )
    if not changed.rowcount:
        raise SourceNotFound()


async def purge_bodies(tx: Tx, *, now: datetime, limit: int = 2_000) -> int:
    """Delete bodies that are older than their source keeps them, in every workspace."""
    result = await tx.execute(
        sa.text(
            """
            UPDATE hook_calls SET body = NULL, consents = '[]', ip = '', problems = '[]'
            WHERE call_id IN (
              SELECT c.call_id FROM hook_calls c JOIN hook_sources s USING (source_id)
              WHERE c.body IS NOT NULL AND c.state <> 'waiting'
                AND c.received_at < CAST(:now AS timestamptz) - make_interval(days => s.keep_days)
              ORDER BY c.received_at LIMIT :limit
            )
            """
        ),
        {"now": now, "limit": limit},
    )
    return int(getattr(result, "rowcount", 0))


async def purge_calls(tx: Tx, *, before: datetime, limit: int = 20_000) -> int:
    """Delete lines of the log that are older than a moment, in every workspace."""
    old = sa.select(hook_calls.c.call_id).where(hook_calls.c.received_at < before).limit(limit)
    result = await tx.execute(hook_calls.delete().where(hook_calls.c.call_id.in_(old)))
    return result.rowcount
