"""The ClickHouse engine inside this process, safe to be asked from many threads at once.

Every request gets a connection of its own to the one engine: opening one takes 0.4 ms, and the
database, the settings and the bound values of a request then cannot leak into the next.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import sys
import tempfile
import threading
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from otklik.kit.clickhouse_sql import quote_name, quote_text
from otklik.runtime.embedded.clickhouse_http import (
    ABORTED,
    SYNTAX_ERROR,
    EngineError,
    Request,
    first_word,
    output_format,
)

# Formats whose blocks may be sent one after another: they have no header or footer of the whole.
_STREAMABLE: Final = frozenset(
    {"Native", "TabSeparated", "TSV", "CSV", "RowBinary", "JSONEachRow", "JSONCompactEachRow"}
)


_PLACES_A_THREAD: Final = 32
"""So many merges and deletions may wait for each thread that does them."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of the machine the engine may take. Sizes are in bytes."""

    server_memory: int = 2_000_000_000
    query_memory: int = 1_500_000_000
    result: int = 512_000_000
    body: int = 1_000_000_000
    mark_cache: int = 64_000_000
    query_threads: int = 4
    """Threads of one query."""
    queries: int = 16
    """Queries that run at the same time; more wait for their turn."""


@dataclass(slots=True)
class Outcome:
    """What a query gave: its bytes in parts, and its counts."""

    format: str | None
    """None for a statement without a result."""
    parts: Iterator[bytes]
    summary: dict[str, str]
    size: int | None
    """None while the query still runs (a streamed answer)."""


def load_engine() -> Any:
    """Return the engine's extension module, without the rest of its package.

    The package opens and closes a throw-away engine on import and loads NumPy and PyArrow, which
    costs a second and 50 MB that this process would never use. The two steps that matter (the
    deep binding of its allocator on Linux, the directory for its helper libraries) are its own.
    """
    found = importlib.util.find_spec("chdb")
    if found is None or not found.submodule_search_locations:
        raise ImportError("chdb-core is not installed")
    folder = found.submodule_search_locations[0]
    package = types.ModuleType("chdb")
    package.__path__ = [folder]
    sys.modules["chdb"] = package
    before = Path.cwd()
    os.chdir(folder)
    try:
        if sys.platform == "linux":
            with contextlib.suppress(OSError):
                ctypes.CDLL(
                    str(Path(folder) / "_chdb.abi3.so"),
                    mode=sys.getdlopenflags() | os.RTLD_DEEPBIND,
                )
        return importlib.import_module("chdb._chdb")
    finally:
        os.chdir(before)


class Engine:
    """One open data folder. Methods are blocking and may be called from any thread."""

    def __init__(self, folder: Path, database: str, limits: Limits) -> None:
        self._module = load_engine()
        self._limits = limits
        options = {
            "max_server_memory_usage": limits.server_memory,
            "mark_cache_size": limits.mark_cache,
            "config-file": self._write_config(folder),
        }
        encoded = "&".join(f"{name}={quote(str(value))}" for name, value in options.items())
        self._address = f"{folder / 'store'}?{encoded}"
        self._base = self._module.connect(self._address)
        self._base.query(f"CREATE DATABASE IF NOT EXISTS {quote_name(database)}", "Null")
        self.version = self._base.query("SELECT version()", "TabSeparated").bytes().decode().strip()
        self._closed = False
        self._open = 0
        self._idle = threading.Condition()

    def _write_config(self, folder: Path) -> Path:
        limits = self._limits
        merging = limits.server_memory // 2
        # A part is synced before the insert is answered: what was moved here from PostgreSQL must
        # survive a power cut too. Logs stay off because query texts may hold personal data.
        # A deletion makes a task of every part of its table. With two threads and places for four
        # tasks, as the engine would have it, each four are followed by a rest of half a second;
        # with many places the same threads work without one. The limit of memory holds merges back.
        text = f"""<clickhouse>
  <logger><level>none</level></logger>
  <max_server_memory_usage>{limits.server_memory}</max_server_memory_usage>
  <mark_cache_size>{limits.mark_cache}</mark_cache_size>
  <primary_index_cache_size>{limits.mark_cache}</primary_index_cache_size>
  <query_condition_cache_size>{limits.mark_cache // 4}</query_condition_cache_size>
  <compiled_expression_cache_size>{limits.mark_cache // 4}</compiled_expression_cache_size>
  <background_merges_mutations_concurrency_ratio>{_PLACES_A_THREAD}</background_merges_mutations_concurrency_ratio>
  <background_merges_mutations_scheduling_policy>shortest_task_first</background_merges_mutations_scheduling_policy>
  <merges_mutations_memory_usage_soft_limit>{merging}</merges_mutations_memory_usage_soft_limit>
  <merge_tree>
    <fsync_after_insert>1</fsync_after_insert>
    <fsync_part_directory>1</fsync_part_directory>
  </merge_tree>
</clickhouse>
"""
        path = folder / "config.xml"
        path.write_text(text)
        return path

    @contextlib.contextmanager
    def _connection(self) -> Iterator[Any]:
        with self._idle:
            if self._closed:
                raise EngineError.raised_here(ABORTED, "ABORTED", "The engine is shutting down.")
            self._open += 1
        connection = None
        try:
            connection = self._module.connect(self._address)
            yield connection
        finally:
            if connection is not None:
                connection.close()
            with self._idle:
                self._open -= 1
                self._idle.notify_all()

    def run(self, request: Request, tag: str) -> Outcome:
        """Run a request; `tag` names it for `cancel`.

        Raises: EngineError with the engine's code and text.
        """
        stack = contextlib.ExitStack()
        try:
            connection = stack.enter_context(self._connection())
            self._prepare(connection, request, tag)
            if request.data is None:
                return self._query(connection, request, stack)
            if request.input_call is None:
                return self._insert(connection, request)
            return self._insert_selected(connection, request)
        except EngineError:
            raise
        except Exception as error:
            raise EngineError.from_engine(error, self.version) from None
        finally:
            # A streamed answer took the resources over and closes them at its end.
            stack.close()

    def _prepare(self, connection: Any, request: Request, tag: str) -> None:
        connection.query(_bytes(f"USE {quote_name(request.database)}"), "Null")
        settings = {
            "max_memory_usage": str(self._limits.query_memory),
            "max_bytes_before_external_group_by": str(self._limits.query_memory // 2),
            "max_bytes_before_external_sort": str(self._limits.query_memory // 2),
            "max_result_bytes": str(self._limits.result),
            "max_threads": str(self._limits.query_threads),
            "async_insert": "0",
            **request.settings,
            "log_comment": tag,
        }
        if request.data is not None:
            # A streamed insert takes no values with it; they are given as settings instead.
            settings |= {f"param_{name}": value for name, value in request.parameters.items()}
        listed = ", ".join(f"{name} = {quote_text(value)}" for name, value in settings.items())
        connection.query(_bytes(f"SET {listed}"), "Null")

    def _insert(self, connection: Any, request: Request) -> Outcome:
        inserter = connection.send_insert(_bytes(request.sql), request.input_format)
        try:
            if request.data:
                connection.insert_append(inserter, request.data)
            result = connection.insert_done(inserter)
        except Exception:
            with contextlib.suppress(Exception):
                connection.insert_cancel(inserter)
            raise
        return Outcome(format=None, parts=iter(()), summary=_summary(result), size=0)

    def _insert_selected(self, connection: Any, request: Request) -> Outcome:
        """Run `INSERT … SELECT … FROM input('…')`: the rows are handed over as a file.

        The engine inside a process has no input of its own for a SELECT.
        """
        assert request.input_call is not None
        assert request.data is not None
        before, after = request.input_call
        with _as_file(request.data) as path:
            sql = f"{before}file({quote_text(path)}, {quote_text(request.input_format)}, {after}"
            result = connection.query(_bytes(sql), "Null")
        return Outcome(format=None, parts=iter(()), summary=_summary(result), size=0)

    def _query(self, connection: Any, request: Request, stack: contextlib.ExitStack) -> Outcome:
        sql = _bytes(request.sql)
        facts = connection.classify_query(sql)
        reads = facts["query_class"] == self._module.query_class.READ_ONLY
        if facts["statement_count"] > 1 and reads:
            raise EngineError.raised_here(
                SYNTAX_ERROR, "SYNTAX_ERROR", "Syntax error: Multi-statements are not allowed."
            )
        name = output_format(request.sql, request.default_format)
        streamable = name in _STREAMABLE and first_word(request.sql) in ("SELECT", "WITH")
        if request.streamed and reads and streamable:
            return self._stream(connection, request, name, stack)
        result = connection.query(sql, name, params=request.parameters)
        size = result.size()
        return Outcome(
            format=name if reads or size else None,
            parts=_slices(result),
            summary=_summary(result),
            size=size,
        )

    def _stream(
        self, connection: Any, request: Request, name: str, stack: contextlib.ExitStack
    ) -> Outcome:
        stream = connection.send_query(_bytes(request.sql), name, params=request.parameters)
        first = self._fetch(connection, stream)
        owned = stack.pop_all()

        def parts() -> Iterator[bytes]:
            part = first
            finished = False
            try:
                while part is not None:
                    yield part
                    part = self._fetch(connection, stream)
                finished = True
            finally:
                if not finished:
                    with contextlib.suppress(Exception):
                        connection.streaming_cancel_query(stream)
                owned.close()

        return Outcome(format=name, parts=parts(), summary={}, size=None)

    def _fetch(self, connection: Any, stream: Any) -> bytes | None:
        try:
            result = connection.streaming_fetch_result(stream)
        except Exception as error:
            raise EngineError.from_engine(error, self.version) from None
        if result is None:
            return None
        if result.has_error():
            raise EngineError.from_engine(RuntimeError(result.error_message()), self.version)
        part: bytes = result.bytes()
        return part or None

    def cancel(self, tag: str) -> None:
        """Stop the query that `run` was given under this tag, if it still runs."""
        with contextlib.suppress(Exception), self._connection() as connection:
            connection.query(
                f"KILL QUERY WHERE Settings['log_comment'] = {quote_text(tag)} ASYNC", "Null"
            )

    def cancel_all(self) -> None:
        with contextlib.suppress(Exception), self._connection() as connection:
            connection.query("KILL QUERY WHERE Settings['log_comment'] != '' ASYNC", "Null")

    def close(self, timeout_s: float) -> None:
        """Wait for the running queries, then close the data folder cleanly."""
        with self._idle:
            self._closed = True
            self._idle.wait_for(lambda: self._open == 0, timeout=timeout_s)
        self._base.close()


@contextlib.contextmanager
def _as_file(data: bytes) -> Iterator[str]:
    """Give the data a path: in memory where the system can, else in the temporary folder."""
    with contextlib.ExitStack() as stack:
        if hasattr(os, "memfd_create"):
            descriptor = os.memfd_create("rows")
            stack.callback(os.close, descriptor)
            path = f"/proc/self/fd/{descriptor}"
        else:
            descriptor, path = tempfile.mkstemp(prefix="otklik-rows-")
            stack.callback(os.close, descriptor)
            stack.callback(os.unlink, path)
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        yield path


def _slices(result: Any, size: int = 1 << 20) -> Iterator[bytes]:
    """Yield the result in parts, so that at most one part of it is copied at a time."""
    if not result.size():
        return
    view = result.get_memview().view()
    for start in range(0, len(view), size):
        yield bytes(view[start : start + size])


def _bytes(sql: str) -> bytes:
    """Return the statement as it came: it need not be valid UTF-8."""
    return sql.encode("utf-8", "surrogateescape")


def _summary(result: Any) -> dict[str, str]:
    return {
        "read_rows": str(result.storage_rows_read()),
        "read_bytes": str(result.storage_bytes_read()),
        "written_rows": str(result.rows_written()),
        "written_bytes": str(result.bytes_written()),
        "total_rows_to_read": str(result.storage_rows_read()),
        "result_rows": str(result.rows_read()),
        "result_bytes": str(result.bytes_read()),
        "elapsed_ns": str(int(result.elapsed() * 1e9)),
    }
