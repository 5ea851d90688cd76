"""The supervisor: engines start, survive violence, are shared and are handed over."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pyarrow as pa
import pytest

from otklik.runtime.clickhouse import ClickHouse
from otklik.runtime.embedded.errors import UnableToStartEngine
from otklik.runtime.embedded.supervisor import EmbeddedEngines

SOURCE = Path(__file__).resolve().parents[2] / "src"

# Another process of the program: it starts or joins the engines and then waits.
OTHER = textwrap.dedent(
    """
    import sys, time
    from otklik.runtime.embedded.supervisor import EmbeddedEngines
    engines = EmbeddedEngines(sys.argv[1]).start()
    print("owner" if engines.is_owner else "guest", engines.clickhouse_pid, engines.postgres_pid,
          flush=True)
    sys.stdin.read()
    engines.stop()
    print("stopped", flush=True)
    """
)


@contextlib.contextmanager
def other_process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", OTHER, str(folder)],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def words(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout
    for line in process.stdout:
        if line.startswith(("owner", "guest", "stopped")):
            return line.split()
    raise AssertionError("the process ended without a word")


def living(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until(condition: object, *, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def rows_of(batch: int, rows: int) -> pa.Table:
    return pa.table(
        {
            "batch": pa.array([batch] * rows, pa.uint64()),
            "row": pa.array(range(rows), pa.uint64()),
        }
    )


async def create_table(ch: ClickHouse) -> None:
    await ch.command(
        "CREATE TABLE IF NOT EXISTS t (batch UInt64, row UInt64) ENGINE = MergeTree "
        "ORDER BY (batch, row) SETTINGS non_replicated_deduplication_window = 10000"
    )


def test_it_starts_both_in_time_and_keeps_data_and_addresses(tmp_path: Path) -> None:
    began = time.monotonic()
    with EmbeddedEngines(tmp_path) as engines:
        cold = time.monotonic() - began
        urls = engines.database_url, engines.clickhouse_url
        with psycopg.connect(engines.database_url) as connection:
            connection.execute("CREATE TABLE kept (id int)")
            connection.execute("INSERT INTO kept VALUES (7)")
    began = time.monotonic()
    with EmbeddedEngines(tmp_path) as engines:
        warm = time.monotonic() - began
        assert (engines.database_url, engines.clickhouse_url) == urls
        with psycopg.connect(engines.database_url) as connection:
            assert connection.execute("SELECT id FROM kept").fetchall() == [(7,)]
    assert cold < 15
    assert warm < 5


async def test_it_is_an_async_context_manager_too(tmp_path: Path) -> None:
    async with EmbeddedEngines(tmp_path, clickhouse=False) as engines:
        async with await psycopg.AsyncConnection.connect(engines.database_url) as connection:
            found = await connection.execute("SELECT current_user, current_database()")
            assert await found.fetchone() == ("otklik", "otklik")
        assert engines.clickhouse_pid is None


def test_it_runs_postgres_durably_and_without_superuser_rights(tmp_path: Path) -> None:
    with (
        EmbeddedEngines(tmp_path, clickhouse=False) as engines,
        psycopg.connect(engines.database_url) as connection,
    ):
        settings = dict(
            connection.execute(
                "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes',"
                " 'synchronous_commit', 'max_connections', 'listen_addresses', 'TimeZone')"
            ).fetchall()
        )
        assert settings == {
            "fsync": "on",
            "full_page_writes": "on",
            "synchronous_commit": "on",
            "max_connections": "200",
            "listen_addresses": "",
            "TimeZone": "UTC",
        }
        (superuser,) = connection.execute(
            "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
        ).fetchone() or (None,)
        assert superuser is False
        assert connection.execute("SELECT lower('ПРИВЕТ')").fetchone() == ("привет",)


def test_it_refuses_a_wrong_password_of_postgres(tmp_path: Path) -> None:
    with EmbeddedEngines(tmp_path, clickhouse=False) as engines:
        user, _, rest = engines.database_url.partition("@")
        wrong = f"{user.rsplit(':', 1)[0]}:wrong@{rest}"
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)


def test_it_lets_only_the_owner_read_the_secrets(tmp_path: Path) -> None:
    with EmbeddedEngines(tmp_path):
        for name in ("engines/postgres.json", "engines/clickhouse.json"):
            assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
        for name in ("engines", "logs", "clickhouse", "postgres"):
            assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o700


def test_it_is_shared_with_a_second_process(tmp_path: Path) -> None:
    with EmbeddedEngines(tmp_path) as engines:
        pids = engines.clickhouse_pid, engines.postgres_pid
        with other_process(tmp_path) as other:
            assert words(other) == ["guest", "None", "None"]
            assert other.stdin
            other.stdin.close()
            assert words(other) == ["stopped"]
        # A guest that leaves takes nothing with it.
        assert (engines.clickhouse_pid, engines.postgres_pid) == pids
        assert all(pid and living(pid) for pid in pids)


def test_it_is_taken_over_when_its_owner_is_killed(tmp_path: Path) -> None:
    with other_process(tmp_path) as other:
        word, clickhouse, postgres = words(other)
        assert word == "owner"
        with EmbeddedEngines(tmp_path) as engines:
            assert not engines.is_owner
            urls = engines.database_url, engines.clickhouse_url
            other.kill()
            wait_until(lambda: engines.is_owner and engines.clickhouse_pid and engines.postgres_pid)
            wait_until(lambda: not living(int(clickhouse)) and not living(int(postgres)))
            assert (engines.database_url, engines.clickhouse_url) == urls
            wait_until(lambda: can_connect(engines.database_url))


def can_connect(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def test_it_stops_when_its_owner_is_killed(tmp_path: Path) -> None:
    with other_process(tmp_path) as other:
        _, clickhouse, postgres = words(other)
        other.kill()
        other.wait()
        wait_until(lambda: not living(int(clickhouse)) and not living(int(postgres)))
    log = (tmp_path / "logs" / "postgres.log").read_text()
    assert "database system is shut down" in log


def test_it_stops_cleanly_with_its_owner(tmp_path: Path) -> None:
    with other_process(tmp_path) as other:
        _, clickhouse, postgres = words(other)
        assert other.stdin
        other.stdin.close()
        assert words(other) == ["stopped"]
        assert not living(int(clickhouse))
        assert not living(int(postgres))
    assert not (tmp_path / "postgres" / "postmaster.pid").exists()


def test_it_starts_over_a_stale_pid_file_of_postgres(tmp_path: Path) -> None:
    with EmbeddedEngines(tmp_path, clickhouse=False) as engines:
        pid_file = tmp_path / "postgres" / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        assert engines.postgres_pid
    # The number now belongs to a living process that is no server: ourselves.
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    with EmbeddedEngines(tmp_path, clickhouse=False) as engines:
        assert can_connect(engines.database_url)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_it_lets_go_of_the_engines_in_a_forked_child(tmp_path: Path) -> None:
    with EmbeddedEngines(tmp_path, clickhouse=False) as engines:
        # The child keeps running after our stop; with our lock it would block the next owner.
        child = os.fork()
        if child == 0:
            time.sleep(30)
            os._exit(0)
        assert engines.is_owner
    try:
        with EmbeddedEngines(tmp_path, clickhouse=False) as engines:
            assert engines.is_owner
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_it_says_why_it_cannot_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnableToStartEngine, match="Not a directory"):
        EmbeddedEngines(tmp_path / "file" / "data").start()


def test_it_finds_room_for_the_socket_of_a_deep_folder(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    with EmbeddedEngines(deep, clickhouse=False) as engines:
        assert can_connect(engines.database_url)


def test_it_refuses_data_of_another_version_of_postgres(tmp_path: Path) -> None:
    with EmbeddedEngines(tmp_path, clickhouse=False):
        pass
    (tmp_path / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(UnableToStartEngine, match="version 16"):
        EmbeddedEngines(tmp_path, clickhouse=False).start()
    (tmp_path / "postgres" / "PG_VERSION").write_text("18\n")
    with EmbeddedEngines(tmp_path, clickhouse=False):
        pass


def test_it_takes_another_port_when_a_stranger_has_its_own(tmp_path: Path) -> None:
    with EmbeddedEngines(tmp_path, postgres=False) as engines:
        port = int(engines.clickhouse_url.rsplit(":", 1)[1].split("/")[0])
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        with EmbeddedEngines(tmp_path, postgres=False) as engines:
            assert f":{port}/" not in engines.clickhouse_url


async def test_it_loses_and_doubles_nothing_when_clickhouse_is_killed(tmp_path: Path) -> None:
    async with EmbeddedEngines(tmp_path, postgres=False) as engines:
        ch = ClickHouse(engines.clickhouse_url)
        await create_table(ch)
        done: list[int] = []

        async def write(first: int) -> None:
            for batch in range(first, first + 20):
                await ch.insert_arrow("t", rows_of(batch, 20_000), token=f"batch-{batch}")
                done.append(batch)

        async def kill() -> None:
            for number in (6, 14, 24):
                while len(done) < number:
                    await asyncio.sleep(0.002)
                if pid := engines.clickhouse_pid:
                    os.kill(pid, signal.SIGKILL)

        await asyncio.gather(write(0), write(100), kill())
        # A repeat of everything, as after a crash of the program itself, changes nothing.
        for batch in done:
            await ch.insert_arrow("t", rows_of(batch, 20_000), token=f"batch-{batch}")
        found = await ch.query("SELECT batch, count(), uniqExact(row) FROM t GROUP BY batch")
        assert sorted(found) == sorted((batch, 20_000, 20_000) for batch in done)
        assert len(done) == 40
        await ch.close()


async def test_it_is_back_soon_after_both_engines_are_killed(tmp_path: Path) -> None:
    async with EmbeddedEngines(tmp_path) as engines:
        ch = ClickHouse(engines.clickhouse_url)
        await ch.wait_ready()
        assert engines.clickhouse_pid
        assert engines.postgres_pid
        os.kill(engines.clickhouse_pid, signal.SIGKILL)
        os.kill(engines.postgres_pid, signal.SIGKILL)
        began = time.monotonic()
        assert await ch.query("SELECT 1") == [(1,)]
        await asyncio.to_thread(wait_until, lambda: can_connect(engines.database_url))
        # One second on an idle machine; the tests share theirs with others.
        assert time.monotonic() - began < 10
        await ch.close()


def test_it_loses_no_commit_when_postgres_is_killed(tmp_path: Path) -> None:
    with EmbeddedEngines(tmp_path, clickhouse=False) as engines:
        with psycopg.connect(engines.database_url, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept (id int PRIMARY KEY)")
        committed: list[int] = []
        number = 0
        for kill_at in (150, 300):
            with psycopg.connect(engines.database_url, autocommit=True) as connection:
                try:
                    while True:
                        number += 1
                        connection.execute("INSERT INTO kept VALUES (%s)", [number])
                        committed.append(number)
                        if number == kill_at:
                            assert engines.postgres_pid
                            os.kill(engines.postgres_pid, signal.SIGKILL)
                except psycopg.OperationalError:
                    pass
            wait_until(lambda: can_connect(engines.database_url))
        with psycopg.connect(engines.database_url) as connection:
            found = {row[0] for row in connection.execute("SELECT id FROM kept")}
        # What was confirmed is there; the statement in flight may be there or not.
        assert set(committed) <= found
        assert len(found) <= len(committed) + 2
