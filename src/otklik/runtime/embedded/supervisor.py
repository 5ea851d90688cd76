"""Both embedded engines of one data folder: started, watched, restarted, stopped.

One process owns the engines (an exclusive lock in the data folder); every other process of the
same folder attaches to them. When the owner is gone, one of the attached takes over.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

import structlog

from otklik.runtime.embedded.clickhouse_child import (
    START_TIMEOUT_S,
    ClickHouse,
    answers,
    make_limits,
)
from otklik.runtime.embedded.clickhouse_server import ClickHouseAddress
from otklik.runtime.embedded.errors import UnableToStartEngine
from otklik.runtime.embedded.files import (
    FileLock,
    read_private,
)
from otklik.runtime.embedded.postgres import Postgres, PostgresAddress, accepts
from otklik.runtime.errors import EngineUnavailable

_WATCH_S: Final = 0.1
_ATTACHED_WATCH_S: Final = 0.5
_BACKOFF_MAX_S: Final = 10.0
_HEALTHY_AFTER_S: Final = 30.0


class Log(Protocol):
    """What the supervisor needs of a logger: an event and facts, as structlog takes them."""

    def info(self, event: str, /, **facts: object) -> object: ...
    def warning(self, event: str, /, **facts: object) -> object: ...
    def error(self, event: str, /, **facts: object) -> object: ...


class EmbeddedEngines:
    """Both engines of one data folder, as a context manager (`with` or `async with`).

    `database_url` and `clickhouse_url` stay the same for the life of the folder. `postgres` and
    `clickhouse` say which of the two are wanted here. `memory_bytes_max` caps ClickHouse's memory,
    `threads_max` the number of its queries that run at the same time.
    """

    def __init__(
        self,
        data_dir: Path | str,
        log: Log | None = None,
        *,
        postgres: bool = True,
        clickhouse: bool = True,
        memory_bytes_max: int | None = None,
        threads_max: int | None = None,
    ) -> None:
        self._wants_postgres = postgres
        self._wants_clickhouse = clickhouse
        self._data = Path(data_dir).resolve()
        self._log: Log = log or structlog.get_logger("otklik.engines")
        run = self._data / "engines"
        logs = self._data / "logs"
        self._lock = FileLock(run / "lock")
        self._postgres_file = run / "postgres.json"
        self._clickhouse_file = run / "clickhouse.json"
        self._postgres_log = logs / "postgres.log"
        self._clickhouse_log = logs / "clickhouse.log"
        self._limits = make_limits(memory_bytes_max, threads_max)
        self._postgres: Postgres | None = None
        self._clickhouse: ClickHouse | None = None
        self._postgres_address: PostgresAddress | None = None
        self._clickhouse_address: ClickHouseAddress | None = None
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._started_in = 0

    # What callers use.

    @property
    def database_url(self) -> str:
        """The PostgreSQL address as a libpq URL (`postgresql://…`), over a Unix socket."""
        if self._postgres_address is None:
            raise EngineUnavailable(engine="PostgreSQL", reason="it was not started")
        return self._postgres_address.url()

    @property
    def clickhouse_url(self) -> str:
        """The ClickHouse address: `http://user:password@127.0.0.1:port/database`."""
        address = self._clickhouse_address
        if address is None:
            raise EngineUnavailable(engine="ClickHouse", reason="it was not started")
        return (
            f"http://{address.user}:{address.password}@127.0.0.1:{address.port}/{address.database}"
        )

    @property
    def is_owner(self) -> bool:
        """True when this process runs the engines, False when it uses another's."""
        return self._lock.held

    @property
    def postgres_pid(self) -> int | None:
        return self._postgres.pid if self._postgres else None

    @property
    def clickhouse_pid(self) -> int | None:
        return self._clickhouse.pid if self._clickhouse else None

    def start(self) -> Self:
        """Start the engines, or attach to those of another process; return when both answer.

        Raises: UnableToStartEngine, EngineUnavailable (the other process does not get ready).
        """
        try:
            self._data.mkdir(parents=True, exist_ok=True)
            for private in (self._postgres_file.parent, self._postgres_log.parent):
                private.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise _unable("of the data folder", error) from error
        self._stop.clear()
        self._started_in = os.getpid()
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            if self._lock.acquire():
                try:
                    self._start_own()
                except BaseException:
                    self._stop_own()
                    raise
                self._watch_own()
                return self
            if self._attach():
                self._run_beside(self._wait_for_ownership, "engines")
                return self
            if time.monotonic() > deadline:
                raise EngineUnavailable(
                    engine="ClickHouse, PostgreSQL",
                    reason="another process owns the data folder, but its engines do not answer",
                )
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop the engines cleanly if this process owns them; otherwise only let go of them."""
        self._stop.set()
        # A thread that takes the engines over adds threads of its own while we wait for it.
        while self._threads:
            self._threads.pop().join()
        if self._started_in == os.getpid():
            self._stop_own()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.start)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self.stop)

    # How it is done.

    def _start_own(self) -> None:
        """Start what is wanted. The two start side by side: together they take half the time."""
        began = time.monotonic()
        failures: list[BaseException] = []
        starts = [
            threading.Thread(target=self._start_one, args=(name, failures), name=f"start-{name}")
            for name, wanted in (
                ("postgres", self._wants_postgres),
                ("clickhouse", self._wants_clickhouse),
            )
            if wanted
        ]
        for start in starts:
            start.start()
        for start in starts:
            start.join()
        if failures:
            raise failures[0]
        self._log.info(
            "engines_started",
            seconds=round(time.monotonic() - began, 2),
            postgres_pid=self.postgres_pid,
            clickhouse_pid=self.clickhouse_pid,
        )

    def _start_one(self, name: str, failures: list[BaseException]) -> None:
        try:
            if name == "postgres":
                self._postgres = Postgres(
                    self._data / "postgres",
                    address_file=self._postgres_file,
                    log_file=self._postgres_log,
                )
                self._postgres_address = self._postgres.prepare()
                self._postgres.start(self._postgres_address)
            else:
                self._clickhouse = ClickHouse(
                    self._data / "clickhouse",
                    address_file=self._clickhouse_file,
                    log_file=self._clickhouse_log,
                    limits=self._limits,
                )
                self._clickhouse_address = self._clickhouse.prepare()
                self._clickhouse.start(self._clickhouse_address)
        except OSError as error:
            failures.append(_unable(name, error))
        except BaseException as error:
            failures.append(error)

    def _stop_own(self) -> None:
        if self._clickhouse is not None:
            self._clickhouse.stop()
            self._clickhouse = None
        if self._postgres is not None:
            self._postgres.stop()
            self._postgres = None
        if self._lock.held:
            self._lock.release()
            self._log.info("engines_stopped")

    def _attach(self) -> bool:
        """Use the engines of the process that owns them; return whether they answer already."""
        postgres = read_private(self._postgres_file, PostgresAddress)
        clickhouse = read_private(self._clickhouse_file, ClickHouseAddress)
        if self._wants_postgres and not (postgres and accepts(postgres)):
            return False
        if self._wants_clickhouse and not (clickhouse and answers(clickhouse.port)):
            return False
        self._postgres_address = postgres if self._wants_postgres else None
        self._clickhouse_address = clickhouse if self._wants_clickhouse else None
        self._log.info("engines_attached")
        return True

    def _run_beside(self, work: Callable[[], None], name: str) -> None:
        thread = threading.Thread(target=work, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _wait_for_ownership(self) -> None:
        """Become the owner as soon as there is none any more."""
        while not self._stop.wait(_ATTACHED_WATCH_S):
            if not self._lock.acquire():
                continue
            self._log.warning("engines_taken_over")
            try:
                self._start_own()
            except Exception as error:
                # The lock is ours from now on, so the watch goes on trying.
                self._log.error("engines_not_started", error=str(error))
            self._watch_own()
            return

    def _watch_own(self) -> None:
        """Watch each engine in a thread of its own: two that died come back side by side."""
        for name, wanted in (
            ("postgres", self._wants_postgres),
            ("clickhouse", self._wants_clickhouse),
        ):
            if wanted:
                self._run_beside(partial(self._watch, name), f"watch-{name}")

    def _watch(self, name: str) -> None:
        backoff = _Backoff()
        while not self._stop.wait(_WATCH_S):
            engine = self._postgres if name == "postgres" else self._clickhouse
            if engine is None or not engine.alive():
                self._restart(name, backoff)

    def _restart(self, name: str, backoff: _Backoff) -> None:
        if not backoff.due():
            return
        self._log.warning("engine_died", engine=name, attempt=backoff.attempts)
        began = time.monotonic()
        engine = self._postgres if name == "postgres" else self._clickhouse
        if engine is not None:
            engine.clean_up_after_death()
        failures: list[BaseException] = []
        self._start_one(name, failures)
        if failures:
            self._log.error("engine_not_restarted", engine=name, error=str(failures[0]))
            return
        seconds = round(time.monotonic() - began, 2)
        self._log.info("engine_restarted", engine=name, seconds=seconds)


class _Backoff:
    """When to try again: at once after a long healthy time, then slower and slower."""

    def __init__(self) -> None:
        self.attempts = 0
        self._last = 0.0

    def due(self) -> bool:
        now = time.monotonic()
        if now - self._last > _HEALTHY_AFTER_S + _BACKOFF_MAX_S:
            self.attempts = 0
        wait = 0.0 if self.attempts == 0 else min(_BACKOFF_MAX_S, 0.1 * 2**self.attempts)
        if now - self._last < wait:
            return False
        self.attempts += 1
        self._last = now
        return True


def _unable(engine: str, error: OSError) -> UnableToStartEngine:
    return UnableToStartEngine(
        engine=engine,
        reason=f"{error.strerror}: {error.filename}",
        advice="Check the free space and the rights of the data folder.",
    )
