"""The way of an event, as one list of steps.

Each step may be the last before a crash. What a step leaves in PostgreSQL it leaves by one
transaction that also moves the batch on; what it leaves in ClickHouse carries the batch's id as a
deduplication token. So a batch that is begun again ends in the same state.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, cast
from uuid import UUID

import msgspec
import psycopg
import pyarrow as pa
import sqlalchemy as sa
import zstandard
from sqlalchemy.exc import InterfaceError, OperationalError

from otklik.events.public import Discovery, Registry
from otklik.ingestion import batches
from otklik.ingestion.batches import Lease
from otklik.ingestion.collector import collector
from otklik.ingestion.decode import Columns, decode_chunks
from otklik.ingestion.dedup import find_repeats
from otklik.ingestion.errors import LostLease
from otklik.ingestion.log import CHANNEL
from otklik.ingestion.model import (
    REJECT_BODY_CHARS_MAX,
    EventsStored,
    Reject,
    RejectCode,
    StoredEvents,
)
from otklik.ingestion.observe import observe
from otklik.ingestion.refusals import Part, store_parts
from otklik.ingestion.rejects import put_rejects
from otklik.ingestion.store import events_table
from otklik.profiles.public import IdentityMemory, resolve_stream, store_changes
from otklik.runtime.public import EngineUnavailable, Loop, Runtime, Tx, log

IDENTITY_LOCK = 0x1DE7
_REFUSED_SHOWN_MAX = 200
_BEAT_S = batches.LEASE.total_seconds() / 3
_OVERLAP_FROM = 2_000
_OVERLAP_AFTER_S = 1.0


class Outcome(msgspec.Struct, array_like=True, gc=False):
    """What identification decided; stored with the batch, so that it is decided once.

    `dropped`: positions of repeats and of events without a usable identity.
    `profile_ids`: of the others, in their order. `refused`: parts of the others that ClickHouse
    refused, see `refusals.py`.
    """

    dropped: list[int]
    profile_ids: list[int]
    refused: list[Part] = []


class Work(msgspec.Struct, gc=False):
    """One batch in hand."""

    lease: Lease
    now: datetime
    chunks: list[tuple[UUID, bytes]] = []
    columns: Columns = msgspec.field(default_factory=Columns)
    outcome: Outcome | None = None
    kept: list[int] = []
    put_aside: list[tuple[int, str]] = []
    """Positions among the kept events that ClickHouse can't take, with the reason."""
    people_changed: bool = True
    """False where the batch only moved "last seen" of people: nobody waits for that."""
    remember: Callable[[], None] = lambda: None
    """To be called when identification is committed."""


class Pipeline:
    """Works on one batch after another; several copies may run in any number of processes.

    A second batch is begun beside another of this process only when there is much to do, or when
    the other takes long: two small ones in hand hold each other up, and every event waits longer.
    `probe(name)` is called after every step; tests use it to crash there.
    """

    def __init__(self, *, probe: Callable[[str], None] = lambda _: None) -> None:
        self._registry = Registry()
        self._people = IdentityMemory()
        self._probe = probe
        self._taking = asyncio.Lock()
        self._in_hand: dict[UUID, tuple[int, float]] = {}
        """Events of each batch in hand, and when it was begun."""
        self._steps: list[tuple[str, Callable[[Runtime, Work], Awaitable[None]]]] = [
            ("load", self.load),
            ("decode", self.decode),
            ("identify", self.identify),
            ("store_events", self.store_events),
            ("store_profiles", self.store_profiles),
            ("finish", self.finish),
        ]

    async def step(self, rt: Runtime) -> bool:
        """Take one batch the whole way; False when nothing waits or one in hand comes first."""
        async with self._taking:
            if self._is_calm():
                return False
            async with rt.db.begin() as tx:
                lease = await batches.take(
                    tx, events_max=rt.settings.ingestion.batch_events_max, now=rt.clock()
                )
            if lease is None:
                return False
            self._in_hand[lease.batch_id] = lease.events, time.monotonic()
        try:
            await self._carry(rt, lease)
        finally:
            del self._in_hand[lease.batch_id]
        return True

    async def _carry(self, rt: Runtime, lease: Lease) -> None:
        self._probe("lease")
        beat = asyncio.create_task(_beat(rt, lease))
        try:
            with collector.resting():
                await self._work(rt, Work(lease, rt.clock()))
        except LostLease:
            log.warning("a batch was taken over", batch=str(lease.batch_id))
        except Exception as error:
            await _put_back(rt, lease, error)
        finally:
            beat.cancel()
            with suppress(asyncio.CancelledError):
                await beat

    def _is_calm(self) -> bool:
        late = time.monotonic() - _OVERLAP_AFTER_S
        return any(
            events < _OVERLAP_FROM and begun > late for events, begun in self._in_hand.values()
        )

    async def _work(self, rt: Runtime, work: Work) -> None:
        for name, step in self._steps:
            begun = time.perf_counter()
            await step(rt, work)
            rt.metrics.pipeline_seconds.labels(name).observe(time.perf_counter() - begun)
            self._probe(name)

    async def load(self, rt: Runtime, work: Work) -> None:
        """Read the chunks of the batch."""
        async with rt.db.begin() as tx:
            work.chunks = await batches.chunks_of(tx, work.lease)

    async def decode(self, _: Runtime, work: Work) -> None:
        """Turn the chunks into columns."""
        work.columns = await asyncio.to_thread(decode_chunks, work.chunks)
        work.chunks = []

    async def identify(self, rt: Runtime, work: Work) -> None:
        """Drop repeats and find everybody's profile, once per batch."""
        async with rt.db.begin() as tx:
            row = await batches.hold(tx, work.lease)
            if row.state == "identified":
                work.outcome = _read_outcome(row.outcome)
            else:
                work.outcome = await self._decide(rt, tx, work)
                await batches.change(
                    tx, work.lease, state="identified", outcome=_write_outcome(work.outcome)
                )
        work.remember()
        dropped = set(work.outcome.dropped)
        work.kept = [i for i in range(len(work.columns)) if i not in dropped]

    async def _decide(self, rt: Runtime, tx: Tx, work: Work) -> Outcome:
        columns, workspace_id = work.columns, work.lease.workspace_id
        await tx.execute(
            sa.text("SELECT pg_advisory_xact_lock(:space, :workspace_id)"),
            {"space": IDENTITY_LOCK, "workspace_id": workspace_id},
        )
        dropped = set(
            await find_repeats(tx, workspace_id=workspace_id, keys=columns.keys, now=work.now)
        )
        observations, sightings = observe(columns, dropped)
        resolution = await resolve_stream(
            tx,
            workspace_id=workspace_id,
            observations=observations,
            sightings=sightings,
            memory=self._people,
            now=work.now,
            bus=rt.bus,
        )
        of_event = [0] * len(columns)
        for i, profile_id in zip(sightings.indexes, resolution.sighted, strict=True):
            of_event[i] = profile_id
        for one, profile_id in zip(observations, resolution.observed.profile_ids, strict=True):
            of_event[one.index] = profile_id
        rejects = list(columns.rejects)
        for i, profile_id in enumerate(of_event):
            if not profile_id and i not in dropped:
                dropped.add(i)
                rejects.append(_reject(columns, i, RejectCode.NO_IDENTITY, ""))
        for refused in resolution.observed.refused[:_REFUSED_SHOWN_MAX]:
            if refused.index not in dropped:
                detail = f"{refused.part}: {refused.code}"
                rejects.append(_reject(columns, refused.index, RejectCode.PART_REFUSED, detail))
        await put_rejects(tx, workspace_id=workspace_id, rejects=rejects)
        work.remember = resolution.remember
        found = resolution.observed
        work.people_changed = bool(found.created or found.changed or found.merged or found.parted)
        profile_ids = [one for i, one in enumerate(of_event) if i not in dropped]
        return Outcome(sorted(dropped), profile_ids)

    async def store_events(self, rt: Runtime, work: Work) -> None:
        """Put the events into ClickHouse, once whatever happens."""
        assert work.outcome is not None
        if not work.kept:
            return
        table = await asyncio.to_thread(
            events_table, work.lease.workspace_id, work.columns, work.kept, work.outcome.profile_ids
        )

        async def insert(rows: pa.Table, token: str) -> None:
            await rt.ch.insert_arrow(
                "events",
                rows,
                token=token,
                # Two keys can name one path ({"a.b": 1, "a": {"b": 2}}): then the first one counts.
                settings={"type_json_skip_duplicated_paths": 1},
            )

        token = str(work.lease.batch_id)
        if work.lease.attempt < batches.SPLIT_AFTER and not work.outcome.refused:
            await insert(table, token)
            return
        work.put_aside = await store_parts(
            table,
            token=token,
            refused=set(work.outcome.refused),
            insert=insert,
            remember=partial(self._remember_refused, rt, work),
        )

    async def _remember_refused(self, rt: Runtime, work: Work, refused: set[Part]) -> None:
        assert work.outcome is not None
        work.outcome.refused = sorted(refused)
        async with rt.db.begin() as tx:
            await batches.hold(tx, work.lease)
            await batches.change(tx, work.lease, outcome=_write_outcome(work.outcome))

    async def store_profiles(self, rt: Runtime, work: Work) -> None:
        """Let ClickHouse know of new profiles, changed traits and merges before anybody reacts."""
        while work.people_changed and await store_changes(rt):
            pass

    async def finish(self, rt: Runtime, work: Work) -> None:
        """Register names, tell the upper slices, and close the batch: all of it or nothing."""
        assert work.outcome is not None
        workspace_id = work.lease.workspace_id
        kept, profile_ids = work.kept, work.outcome.profile_ids
        aside = dict(work.put_aside)
        if aside:
            profile_ids = [one for i, one in enumerate(profile_ids) if i not in aside]
            kept = [one for i, one in enumerate(kept) if i not in aside]
        stored = stored_events(work.columns, kept, profile_ids)
        found: Discovery = self._registry.look_at(
            workspace_id, stored.names, stored.types, stored.properties, now=work.now
        )
        async with rt.db.begin() as tx:
            await batches.hold(tx, work.lease)
            rejects = [
                _reject(work.columns, work.kept[i], RejectCode.REFUSED_BY_STORE, why)
                for i, why in aside.items()
            ]
            await put_rejects(tx, workspace_id=workspace_id, rejects=rejects)
            if stored.names:
                await self._registry.write(tx, found, now=work.now)
                await rt.bus.publish(
                    tx,
                    EventsStored(
                        workspace_id=workspace_id,
                        batch_id=work.lease.batch_id,
                        events=stored,
                        profile_ids=frozenset(stored.profile_ids),
                        now=work.now,
                    ),
                )
            await batches.change(
                tx, work.lease, state="done", outcome=None, error=None, finished_at=work.now
            )
        self._registry.remember(found, now=work.now)
        rt.metrics.events_stored.inc(len(stored.names))


def stored_events(columns: Columns, kept: list[int], profile_ids: list[int]) -> StoredEvents:
    """Return the events of a batch that were not dropped, as subscribers see them."""
    whole = len(kept) == len(columns)

    def take(values: list[Any]) -> list[Any]:
        return values if whole else [values[i] for i in kept]

    return StoredEvents(
        names=take(columns.names),
        types=take(columns.types),
        profile_ids=profile_ids,
        times_ms=take(columns.times_ms),
        received_ms=take(columns.received_ms),
        message_ids=take(columns.message_ids),
        properties=take(columns.properties),
        sources=take(columns.sources),
    )


def _reject(columns: Columns, i: int, code: RejectCode, detail: str) -> tuple[int, str, Reject]:
    body = {
        "type": columns.types[i],
        "event": columns.names[i],
        "userId": columns.user_ids[i],
        "anonymousId": columns.anonymous_ids[i],
        "messageId": columns.message_ids[i],
        "properties": msgspec.Raw(columns.properties_json[i]),
    }
    text = msgspec.json.encode(body)[:REJECT_BODY_CHARS_MAX].decode("utf-8", "replace")
    return (
        columns.received_ms[i],
        columns.sources[i],
        Reject(
            code=code,
            detail=detail[:400],
            type=columns.types[i],
            message_id=columns.message_ids[i][:200],
            body=text,
        ),
    )


_outcome_decoder = msgspec.msgpack.Decoder(Outcome)


def _write_outcome(outcome: Outcome) -> bytes:
    return zstandard.compress(msgspec.msgpack.encode(outcome), 1)


def _read_outcome(body: bytes) -> Outcome:
    return _outcome_decoder.decode(zstandard.decompress(body))


async def _beat(rt: Runtime, lease: Lease) -> None:
    """Prolong the lease while the work lasts, however slow the engines are."""
    while True:
        await asyncio.sleep(_BEAT_S)
        with suppress(Exception):
            async with rt.db.begin() as tx:
                if not await batches.extend(tx, lease, now=rt.clock()):
                    return


async def _put_back(rt: Runtime, lease: Lease, error: Exception) -> None:
    away = isinstance(error, EngineUnavailable | OperationalError | InterfaceError | OSError)
    what = f"{type(error).__name__}: {error}".replace("\0", "")
    log.error(
        "a batch failed",
        batch=str(lease.batch_id),
        attempt=lease.attempt,
        error=type(error).__name__,
        exc_info=not away,
    )
    try:
        async with rt.db.begin() as tx:
            became = await batches.put_back(tx, lease, error=what, counts=not away, now=rt.clock())
    except (LostLease, EngineUnavailable, psycopg.Error, OperationalError):
        # The lease will expire by itself, and the batch is taken again.
        return
    if became != "again":
        log.error("a batch was set apart", batch=str(lease.batch_id), became=became)


def pipeline_loop(*, copies: int = 2) -> Loop:
    """Return the loop that carries events; two copies overlap one's waiting with other's work."""
    pipeline = Pipeline()
    return Loop(
        name="ingestion.pipeline",
        step=cast("Callable[[Runtime], Awaitable[bool]]", pipeline.step),
        channel=CHANNEL,
        idle_s=2.0,
        copies=copies,
    )
