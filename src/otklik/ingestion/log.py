"""The durable log: many requests, one commit, and no answer before it.

While one commit is under way, what arrives is gathered; the next commit takes all of it. So the
load sets the size of a commit, and a lonely request waits for nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import sqlalchemy.exc
import zstandard
from sqlalchemy.ext.asyncio import AsyncConnection

from otklik.ingestion.errors import LogUnavailable
from otklik.ingestion.model import Record, Reject
from otklik.kit.ids import new_id
from otklik.runtime.public import Database, EngineUnavailable, Tx, driver, log

CHANNEL = "event_chunks"
CHUNK_BYTES_MAX = 4 * 1024 * 1024
CHUNK_EVENTS_MAX = 5_000
COMMIT_PATIENCE_S = 8.0
"""How long the requests of one commit wait for PostgreSQL before they are told to come back."""
_AWAY = (psycopg.Error, sqlalchemy.exc.DBAPIError, EngineUnavailable, OSError)

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Record]).decode


class Chunk(msgspec.Struct, gc=False):
    """Records of one workspace that become one row."""

    workspace_id: int
    records: list[Record]
    events: int = 0
    size: int = 0


def pack(records: list[Record]) -> bytes:
    """Return the stored form of records: msgpack, compressed with zstd."""
    return zstandard.compress(_encode(records), 1)


def unpack(body: bytes) -> list[Record]:
    """Return the records of one stored chunk."""
    return _decode(zstandard.decompress(body))


class _Gathering:
    """What waits for one commit."""

    __slots__ = ("chunks", "done", "error", "events", "rejects", "size")

    def __init__(self) -> None:
        self.chunks: dict[int, list[Chunk]] = {}
        self.rejects: list[tuple[UUID, int, int, str, Reject]] = []
        self.events = 0
        self.size = 0
        self.done = asyncio.Event()
        self.error: BaseException | None = None

    def add(self, workspace_id: int, record: Record, events: int) -> None:
        parts = self.chunks.get(workspace_id)
        size = len(record.body)
        if parts is None:
            parts = self.chunks[workspace_id] = [Chunk(workspace_id, [])]
        part = parts[-1]
        if part.records and (
            part.size + size > CHUNK_BYTES_MAX or part.events + events > CHUNK_EVENTS_MAX
        ):
            part = Chunk(workspace_id, [])
            parts.append(part)
        part.records.append(record)
        part.events += events
        part.size += size
        self.events += events
        self.size += size


class EventLog:
    """The committer of one process.

    `append` returns when the record is on disk; it raises LogUnavailable when it is not, or when
    more waits than the process may hold. `stop` commits what waits and then refuses.
    """

    def __init__(
        self,
        db: Database,
        *,
        pending_bytes_max: int,
        pending_events_max: int = 200_000,
        patience_s: float = COMMIT_PATIENCE_S,
    ) -> None:
        self._db = db
        self._pending_bytes_max = pending_bytes_max
        self._pending_events_max = pending_events_max
        self._patience_s = patience_s
        self._gathering = _Gathering()
        self._committing: _Gathering | None = None
        self._something = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._held: AsyncConnection | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="ingestion.log")

    async def stop(self) -> None:
        """Commit what waits; nothing is accepted after that."""
        self._stopping = True
        self._something.set()
        if self._task is not None:
            await self._task

    async def append(
        self,
        workspace_id: int,
        *,
        record: Record | None,
        events: int,
        rejects: Iterable[Reject] = (),
        source: str = "",
        received_ms: int = 0,
    ) -> None:
        """Write one request's events and rejects; returns after the commit.

        Raises: LogUnavailable if nothing of it was written.
        """
        gathering = self._gathering
        held = self._committing.size if self._committing else 0
        if (
            self._stopping
            or gathering.size + held > self._pending_bytes_max
            or gathering.events > self._pending_events_max
            or len(gathering.rejects) > self._pending_events_max
        ):
            raise LogUnavailable()
        if record is not None:
            gathering.add(workspace_id, record, events)
        for reject in rejects:
            gathering.rejects.append((new_id(), workspace_id, received_ms, source, reject))
            gathering.size += len(reject.body)
        self._something.set()
        await gathering.done.wait()
        if gathering.error is not None:
            raise LogUnavailable() from gathering.error

    async def _run(self) -> None:
        while True:
            await self._something.wait()
            self._something.clear()
            gathering, self._gathering = self._gathering, _Gathering()
            if gathering.events or gathering.rejects or gathering.chunks:
                self._committing = gathering
                try:
                    await self._commit(gathering)
                except Exception as error:
                    log.error("events were not committed", error=repr(error), exc_info=True)
                    gathering.error = error
                finally:
                    self._committing = None
                    gathering.done.set()
            if self._stopping and not self._gathering.events and not self._gathering.rejects:
                await self._let_go()
                return

    async def _commit(self, gathering: _Gathering) -> None:
        parts = [part for parts in gathering.chunks.values() for part in parts]
        # The ids are made before the first try: a commit whose answer was lost can be repeated.
        rows = [chunk_row(part, pack(part.records)) for part in parts]
        deadline = asyncio.get_running_loop().time() + self._patience_s
        pause = 0.05
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    await write(await self._connection(), rows, gathering.rejects)
                return
            except (*_AWAY, TimeoutError) as error:
                await self._let_go(broken=True)
                if asyncio.get_running_loop().time() + pause > deadline:
                    raise
                log.warning("the log waits for PostgreSQL", error=repr(error))
            except BaseException:
                await self._let_go(broken=True)
                raise
            await asyncio.sleep(pause)
            pause = min(pause * 2, 1.0)

    async def _connection(self) -> psycopg.AsyncConnection[Any]:
        """Return the committer's own connection: taking one from the pool for each commit would
        cost several times the commit. A broken one shows itself by the error of the commit."""
        if self._held is None:
            held = await self._db.engine.connect()
            self._held = await held.execution_options(isolation_level="AUTOCOMMIT")
        return await driver(self._held)

    async def _let_go(self, *, broken: bool = False) -> None:
        held, self._held = self._held, None
        if held is not None:
            with contextlib.suppress(*_AWAY):
                if broken:
                    await held.invalidate()
                await held.close()


def chunk_row(part: Chunk, body: bytes) -> tuple[Any, ...]:
    """Return the row of a chunk, with a new id."""
    received = datetime.fromtimestamp(part.records[0].received_ms / 1000, UTC)
    return (new_id(), part.workspace_id, received, part.events, part.size, body)


async def write(
    connection: psycopg.AsyncConnection[Any],
    rows: list[tuple[Any, ...]],
    rejects: list[tuple[UUID, int, int, str, Reject]],
) -> None:
    """Write chunks and rejects by one statement, and wake the pipeline."""
    values: list[Any] = []
    parts = []
    if rows:
        parts.append(
            "chunks AS (INSERT INTO event_chunks"
            " (chunk_id, workspace_id, received_at, events, size, body) VALUES "
            + ", ".join(["(%b, %b, %b, %b, %b, %b)"] * len(rows))
            + " ON CONFLICT (chunk_id) DO NOTHING)"
        )
        for row in rows:
            values.extend(row)
    if rejects:
        parts.append(
            "rejects AS (INSERT INTO event_rejects (reject_id, workspace_id, received_at, code,"
            " detail, type, message_id, body, source)"
            " SELECT * FROM unnest(%s::uuid[], %s::int[], %s::timestamptz[], %s::text[],"
            " %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])"
            " ON CONFLICT (reject_id) DO NOTHING)"
        )
        values += [
            [r[0] for r in rejects],
            [r[1] for r in rejects],
            [datetime.fromtimestamp(r[2] / 1000, UTC) for r in rejects],
            [r[4].code.value for r in rejects],
            [r[4].detail for r in rejects],
            [r[4].type for r in rejects],
            [r[4].message_id for r in rejects],
            [r[4].body for r in rejects],
            [r[3] for r in rejects],
        ]
    await connection.execute(
        "WITH " + ", ".join(parts) + f" SELECT pg_notify('otklik', '{CHANNEL}')", values
    )


async def append_in(tx: Tx, *, workspace_id: int, records: list[Record], events: int) -> None:
    """Write records into the log as part of `tx`; how imports feed the pipeline.

    The chunk exists if, and only if, the transaction commits.
    """
    if records:
        size = sum(len(record.body) for record in records)
        part = Chunk(workspace_id, records, events, size)
        await write(await driver(tx), [chunk_row(part, pack(records))], [])
