"""The ClickHouse engine of a data folder as its owner sees it: a child process on loopback."""

from __future__ import annotations

import contextlib
import json
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Final

import msgspec

from otklik.runtime.embedded.clickhouse_engine import Limits
from otklik.runtime.embedded.clickhouse_server import ClickHouseAddress
from otklik.runtime.embedded.errors import UnableToStartEngine
from otklik.runtime.embedded.files import (
    FileLock,
    give_to_forks,
    keep_from_forks,
    keep_log_small,
    read_private,
    write_private,
)

START_TIMEOUT_S: Final = 60.0
_PORT_WAIT_S: Final = 5.0


class ClickHouse:
    """The child process with the ClickHouse engine, as its owner sees it."""

    def __init__(self, folder: Path, *, address_file: Path, log_file: Path, limits: Limits) -> None:
        self._folder = folder
        self._address_file = address_file
        self._log_file = log_file
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def prepare(self) -> ClickHouseAddress:
        """Return the address: chosen at the first run, then kept.

        Only a port that some other program has taken meanwhile is replaced.
        """
        address = read_private(self._address_file, ClickHouseAddress)
        if address is None:
            address = ClickHouseAddress(
                port=_free_port(),
                user="otklik",
                password=secrets.token_urlsafe(24),
                database="otklik",
            )
        elif self._port_is_lost(address.port):
            address = msgspec.structs.replace(address, port=_free_port())
        else:
            return address
        write_private(self._address_file, address)
        return address

    def _port_is_lost(self, port: int) -> bool:
        """Return whether a stranger holds the port. A child that is still closing is none."""
        deadline = time.monotonic() + _PORT_WAIT_S
        while not _can_bind(port):
            previous = FileLock(self._folder / "lock")
            if previous.acquire():
                previous.release()
                if time.monotonic() > deadline:
                    return True
            time.sleep(0.05)
        return False

    def start(self, address: ClickHouseAddress, *, timeout_s: float = START_TIMEOUT_S) -> None:
        """Start the child and wait until it answers.

        Raises: UnableToStartEngine if it ends or does not answer in time.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        keep_log_small(self._log_file)
        with self._log_file.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 (this interpreter)
                [
                    sys.executable,
                    "-m",
                    "otklik.runtime.embedded.clickhouse_server",
                    "--data",
                    str(self._folder),
                    "--port-file",
                    str(self._address_file),
                    "--limits",
                    json.dumps(asdict(self._limits)),
                ],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "TZ": "UTC", "PYTHONPATH": _python_path()},
            )
        assert self._process.stdin is not None
        keep_from_forks(self._process.stdin.fileno(), self._process)
        deadline = time.monotonic() + timeout_s
        while not answers(address.port):
            if not self.alive() or time.monotonic() > deadline:
                self.stop(timeout_s=5)
                raise UnableToStartEngine(
                    engine="ClickHouse",
                    reason=self._last_log_line() or "it does not answer",
                    advice=f"See {self._log_file}.",
                )
            time.sleep(0.02)

    def stop(self, *, timeout_s: float = 30.0) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
        give_to_forks(process)
        if process.stdin:
            process.stdin.close()

    def clean_up_after_death(self) -> None:
        self.stop(timeout_s=1)

    def _last_log_line(self) -> str:
        with contextlib.suppress(OSError):
            lines = self._log_file.read_bytes()[-4000:].decode(errors="replace").split("\n")
            return next((line for line in reversed(lines) if line.strip()), "")
        return ""


def make_limits(memory_bytes_max: int | None, threads_max: int | None) -> Limits:
    """Return the limits of the ClickHouse child for the settings of the program."""
    given = Limits()
    memory = memory_bytes_max or given.server_memory
    processors = os.cpu_count() or 1
    return Limits(
        server_memory=memory,
        query_memory=memory * 3 // 4,
        result=min(given.result, memory // 4),
        query_threads=min(processors, threads_max or given.query_threads),
    )


def _free_port() -> int:
    """Return a free port below the range from which systems take ports of outgoing connections.

    Inside that range some client of this machine could sit on the port during a restart.
    """
    for _ in range(200):
        port = random.randrange(21_000, 30_000)  # noqa: S311 (a port is no secret)
        if _can_bind(port):
            return port
    raise UnableToStartEngine(
        engine="ClickHouse", reason="no free port was found", advice="Close some programs."
    )


def _can_bind(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(b"GET /ping HTTP/1.1\r\nHost: l\r\nConnection: close\r\n\r\n")
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def _python_path() -> str:
    """Return the search path for the child: it must find this very package."""
    own = str(Path(__file__).resolve().parents[3])
    given = os.environ.get("PYTHONPATH")
    return f"{own}{os.pathsep}{given}" if given else own
