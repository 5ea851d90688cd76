"""PostgreSQL: the pool, transactions at the border, and waiting while the server restarts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import msgspec
import psycopg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from otklik.runtime.errors import EngineUnavailable

Tx = AsyncConnection
R = TypeVar("R")

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

WAIT_S = 30.0
"""How long a caller waits for a restarting server before it is told to come back later."""
_DEADLOCK = "40P01"
_SERIALIZATION = "40001"


class Database:
    """The PostgreSQL pool of one process."""

    def __init__(self, url: str, *, connections: int = 20, wait_s: float = WAIT_S) -> None:
        self.url = url
        self.wait_s = wait_s
        self.engine: AsyncEngine = create_async_engine(
            _sqlalchemy_url(url),
            pool_size=connections,
            max_overflow=0,
            pool_pre_ping=True,
            pool_timeout=wait_s,
            # Values of queries are personal data; they must not get into errors and logs.
            hide_parameters=True,
            json_serializer=lambda value: msgspec.json.encode(value).decode(),
            json_deserializer=msgspec.json.decode,
            connect_args={"application_name": "otklik"},
        )

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Tx]:
        """Open a transaction; it commits when the block ends and rolls back on an error.

        Raises: EngineUnavailable if no connection could be had within the wait budget.
        """
        connection = await self._connect()
        try:
            async with connection.begin():
                yield connection
        finally:
            await connection.close()

    @asynccontextmanager
    async def raw(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """Lend the driver's own connection, for COPY and pipelines; commits at the end."""
        async with self.begin() as tx:
            yield await driver(tx)

    async def run(self, work: Callable[[Tx], Awaitable[R]], *, tries: int = 5) -> R:
        """Run `work` in a transaction, again when PostgreSQL broke a deadlock or went away.

        Only for work that has no effect outside the transaction.
        """
        for attempt in range(tries):
            try:
                async with self.begin() as tx:
                    return await work(tx)
            except DBAPIError as error:
                state = getattr(error.orig, "sqlstate", None)
                again = state in {_DEADLOCK, _SERIALIZATION} or _is_connection_loss(error)
                if not again or attempt == tries - 1:
                    raise
                await asyncio.sleep(0.05 * 2**attempt)
        raise AssertionError("the loop returns or raises")

    async def wait_ready(self) -> None:
        """Return when the server answers; raises EngineUnavailable after the wait budget."""
        async with self.begin() as tx:
            await tx.execute(sa.text("SELECT 1"))

    async def close(self) -> None:
        await self.engine.dispose()

    async def _connect(self) -> AsyncConnection:
        deadline = asyncio.get_running_loop().time() + self.wait_s
        pause = 0.05
        while True:
            connection = self.engine.connect()
            try:
                return await connection.start()
            except (DBAPIError, OSError) as error:
                if isinstance(error, DBAPIError) and not _is_connection_loss(error):
                    raise
                if asyncio.get_running_loop().time() + pause > deadline:
                    raise EngineUnavailable(engine="PostgreSQL") from error
                await asyncio.sleep(pause)
                pause = min(pause * 2, 1.0)


async def driver(tx: Tx) -> psycopg.AsyncConnection[Any]:
    """Return the psycopg connection under an open transaction."""
    raw = await tx.get_raw_connection()
    connection = raw.driver_connection
    assert isinstance(connection, psycopg.AsyncConnection)
    return connection


async def notify(tx: Tx, channel: str) -> None:
    """Wake the loops that wait on `channel`, in every process, when the transaction commits."""
    await tx.execute(sa.text("SELECT pg_notify('otklik', :channel)"), {"channel": channel})


def _is_connection_loss(error: DBAPIError) -> bool:
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", None)
    # Class 57P: shut down or starting up; class 08: connection; 53300: too many connections.
    return isinstance(error, OperationalError) and (
        state is None or state.startswith(("57P", "08")) or state == "53300"
    )


def _sqlalchemy_url(url: str) -> str:
    scheme, rest = url.split("://", 1)
    return f"postgresql+psycopg://{rest}" if scheme.startswith("postgres") else url
