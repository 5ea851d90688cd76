"""The way to ClickHouse, embedded or external: one asynchronous client for the whole program.

Values are always bound (`{name:Type}` in the text, the value in `parameters`); texts and values
are never logged. While the engine restarts, reads and inserts with a token wait and repeat; an
insert with a token can be repeated at will because ClickHouse stores its rows once.
"""

from __future__ import annotations

import asyncio
import io
import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from otklik.kit.clickhouse_sql import quote_name
from otklik.runtime.clickhouse_errors import OutcomeUnknown, PassingFailure, explain
from otklik.runtime.clickhouse_statements import arrow_bytes, arrow_statement, bound, texts
from otklik.runtime.errors import EngineUnavailable

if TYPE_CHECKING:
    import pyarrow as pa
    from clickhouse_connect.driver.client import Client

T = TypeVar("T")

CURRENT_PROFILE: Final = (
    "dictGetOrDefault('profile_merge_map', 'into_id', (workspace_id, profile_id), profile_id)"
)
"""The current id of the profile of a fact, as an expression over a facts table.

A fact keeps the profile id of its time; a merge maps old ids to the surviving one. The dictionary
is filled from `profile_merges` and is reloaded by `insert_arrow` after every insert there, so a
merge is seen by the next query of any process. An undone merge maps to nothing. Every reader of a
facts table uses this one expression (also in GROUP BY and in the argument of a bitmap).
"""

# Inserts into these tables change what a dictionary was built from. Only a server reloads
# dictionaries by itself (their LIFETIME); the embedded engine does not.
_AFTER_INSERT: Final[Mapping[str, str]] = {
    "profile_merges": "SYSTEM RELOAD DICTIONARY profile_merge_map",
}

_INSERT_SETTINGS: Final[Mapping[str, str]] = {
    "date_time_input_format": "best_effort",
    # The rows are stored when the insert is answered, not some time later.
    "async_insert": "0",
    # A string in a JSON column stays a string, whatever it looks like: a type must not depend on
    # the luck of the first values.
    "input_format_try_infer_dates": "0",
    "input_format_try_infer_datetimes": "0",
    "input_format_try_infer_integers": "1",
    "input_format_json_try_infer_numbers_from_strings": "0",
    # An import of many years of history touches more months than the 100 that are allowed.
    "max_partitions_per_insert_block": "2000",
}


class ClickHouse:
    """An asynchronous client. Safe to be shared by all tasks of a process.

    `url` is `http[s]://user:password@host:port/database`. `pool_size` queries run at the same
    time, more wait. `wait_budget_s` is how long a repeatable request waits for an engine that
    is away before it raises `EngineUnavailable`. `compress` is for what travels both ways;
    None means: unless the engine is on this machine.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 8,
        wait_budget_s: float = 30.0,
        query_timeout_s: float = 300.0,
        compress: bool | None = None,
    ) -> None:
        self._url = urlsplit(url)
        if self._url.scheme not in ("http", "https") or not self._url.hostname:
            raise ValueError("The ClickHouse address must be http[s]://user:password@host/database")
        self._pool_size = pool_size
        self._wait_budget_s = wait_budget_s
        self._query_timeout_s = query_timeout_s
        here = self._url.hostname in ("127.0.0.1", "::1", "localhost")
        self._compress = not here if compress is None else compress
        self._threads = ThreadPoolExecutor(pool_size, thread_name_prefix="clickhouse")
        self._client: Client | None = None
        self._connecting = threading.Lock()
        self._types: dict[str, dict[str, str]] = {}
        self._closed = False

    @property
    def database(self) -> str:
        return unquote(self._url.path.lstrip("/")) or "default"

    @property
    def user(self) -> str:
        return unquote(self._url.username or "default")

    @property
    def password(self) -> str:
        return unquote(self._url.password or "")

    async def command(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
        *,
        repeatable: bool = False,
    ) -> None:
        """Run a statement that returns nothing (DDL, DELETE, INSERT … SELECT).

        Once it may have begun it is repeated only where `repeatable` says that this is harmless.
        Raises: ClickHouseError, EngineUnavailable; OutcomeUnknown if the engine went away while
        it ran.
        """

        def run(client: Client) -> None:
            client.command(sql, parameters=bound(sql, parameters), settings=texts(settings))

        await self._do(run, repeatable=repeatable)

    async def query(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> list[tuple[Any, ...]]:
        """Return the rows of a SELECT; times are aware and in UTC.

        Raises: ClickHouseError, EngineUnavailable.
        """

        def run(client: Client) -> list[tuple[Any, ...]]:
            result = client.query(
                sql,
                parameters=bound(sql, parameters),
                settings=texts(settings),
            )
            return [tuple(row) for row in result.result_rows]

        return await self._do(run, repeatable=True)

    async def query_arrow(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> pa.Table:
        """Return the result of a SELECT as an Arrow table (for large results).

        Raises: ClickHouseError, EngineUnavailable.
        """

        def run(client: Client) -> pa.Table:
            return client.query_arrow(
                sql,
                parameters=bound(sql, parameters),
                settings=texts(settings),
                use_strings=True,
            )

        return await self._do(run, repeatable=True)

    async def insert_arrow(
        self,
        table: str,
        arrow: pa.Table,
        token: str | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> int:
        """Insert an Arrow table by its column names; return the number of rows that were sent.

        Strings that hold JSON go into JSON columns as they are. With a `token` the insert is
        repeated while the engine is away, and rows of an insert whose token was seen before are
        not stored again (within the window of the table: its last 10,000 inserts). The same token
        must come with the same rows.
        Raises: ClickHouseError, EngineUnavailable.
        """
        if arrow.num_rows == 0:
            return 0

        def run(client: Client) -> int:
            types = self._column_types(client, table, arrow.schema.names)
            statement, more = arrow_statement(table, arrow.schema.names, types)
            body = statement.encode() + b"\n" + arrow_bytes(arrow)
            self._send_rows(client, table, body, token=token, settings={**more, **texts(settings)})
            return int(arrow.num_rows)

        return await self._do(run, repeatable=token is not None)

    async def insert_lines(
        self,
        table: str,
        lines: bytes,
        token: str | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        """Insert rows that are JSON objects, one a line; otherwise as `insert_arrow`.

        A key that is no column of the table is an error.
        Raises: ClickHouseError, EngineUnavailable.
        """
        if not lines.strip():
            return

        def run(client: Client) -> None:
            body = f"INSERT INTO {quote_name(table)} FORMAT JSONEachRow\n".encode() + lines
            given = {"input_format_skip_unknown_fields": "0", **texts(settings)}
            self._send_rows(client, table, body, token=token, settings=given)

        await self._do(run, repeatable=token is not None)

    async def wait_ready(self, timeout_s: float = 30.0) -> None:
        """Return when the engine answers queries.

        Raises: EngineUnavailable after `timeout_s`.
        """

        def run(client: Client) -> None:
            client.command("SELECT 1")

        await self._do(run, repeatable=True, budget_s=timeout_s)

    async def close(self) -> None:
        """Wait for the running requests and close the connections."""
        self._closed = True
        await asyncio.to_thread(self._threads.shutdown, wait=True)
        if self._client is not None:
            self._client.close()
            self._client = None

    async def _do(
        self, run: Callable[[Client], T], *, repeatable: bool, budget_s: float | None = None
    ) -> T:
        """Run `run` in a thread; repeat it while the engine is away, where that is safe."""
        loop = asyncio.get_running_loop()
        budget = self._wait_budget_s if budget_s is None else budget_s
        deadline = time.monotonic() + budget
        pause_s = 0.05
        while True:
            if self._closed:
                raise EngineUnavailable(engine="ClickHouse", reason="the client is closed")
            try:
                return await loop.run_in_executor(self._threads, self._try, run)
            except PassingFailure as failure:
                if failure.begun and not repeatable:
                    raise OutcomeUnknown(engine="ClickHouse") from None
                if time.monotonic() + pause_s > deadline:
                    raise EngineUnavailable(engine="ClickHouse", reason=failure.reason) from None
            await asyncio.sleep(pause_s * random.uniform(0.7, 1.3))  # noqa: S311 (a pause is no secret)
            pause_s = min(2.0, pause_s * 1.6)

    def _send_rows(
        self,
        client: Client,
        table: str,
        body: bytes,
        *,
        token: str | None,
        settings: Mapping[str, str],
    ) -> None:
        given = {**_INSERT_SETTINGS, **settings}
        if token is not None:
            given |= {"insert_deduplicate": "1", "insert_deduplication_token": token}
        if self._compress:
            import zstandard

            body = zstandard.compress(body, 1)
        client.raw_insert(
            "",
            # The driver repeats bytes by itself when a connection breaks; a stream it cannot.
            insert_block=body if token is not None else io.BytesIO(body),
            settings=given,
            compression="zstd" if self._compress else None,
        )
        if table in _AFTER_INSERT:
            client.command(_AFTER_INSERT[table])

    def _column_types(self, client: Client, table: str, columns: list[str]) -> dict[str, str]:
        """Return the types of a table's columns by name; asked again when one is new."""
        known = self._types.get(table, {})
        if not known.keys() >= set(columns):
            rows = client.query(
                "SELECT name, type FROM system.columns "
                "WHERE database = currentDatabase() AND table = {table:String}",
                parameters={"table": table},
            ).result_rows
            known = {str(name): str(kind) for name, kind in rows}
            self._types[table] = known
        return known

    def _try(self, run: Callable[[Client], T]) -> T:
        from clickhouse_connect.driver import exceptions as driver

        try:
            client = self._connected()
        except driver.Error as error:
            raise explain(error, connecting=True) from None
        try:
            return run(client)
        except driver.Error as error:
            raise explain(error, connecting=False) from None

    def _connected(self) -> Client:
        """Return the driver's client, making it on first use: that needs a living engine."""
        with self._connecting:
            if self._client is None:
                self._client = self._connect()
            return self._client

    def _connect(self) -> Client:
        import clickhouse_connect
        from clickhouse_connect.driver.httputil import get_pool_manager

        # The driver warns with the exception's text, which can hold parts of a query.
        logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)
        secure = self._url.scheme == "https"
        host = self._url.hostname or ""
        extra = dict(parse_qsl(self._url.query))
        options: dict[str, Any] = {}
        if secure:
            options["verify"] = extra.get("verify", "1") not in ("0", "false")
            if ca_cert := extra.get("ca_cert"):
                options["ca_cert"] = ca_cert
        client = clickhouse_connect.get_client(
            host=host,
            port=self._url.port or (8443 if secure else 8123),
            username=self.user,
            password=self.password,
            database=self.database,
            secure=secure,
            compress=self._compress,
            connect_timeout=5,
            send_receive_timeout=int(self._query_timeout_s),
            query_retries=0,
            # Without a session several queries of one client may run at the same time.
            autogenerate_session_id=False,
            tz_mode="aware",
            show_clickhouse_errors="scrub",
            client_name="otklik",
            pool_mgr=get_pool_manager(maxsize=self._pool_size, retries=0, **options),
        )
        # Repeating is decided here, by what the statement is.
        client.http_retries = 0  # type: ignore[attr-defined] # its stub lacks it
        return client
