"""The program as a user starts it: its processes by name, killed one by one and started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from otklik.kit.errors import OtklikError
from otklik.runtime.public import Database

_LEFT = """
SELECT (SELECT count(*) FROM campaigns WHERE state IN ('scheduled', 'preparing'))
     + (SELECT count(*) FROM message_blocks WHERE state IN ('ready', 'claimed'))
     + (SELECT count(*) FROM mailings WHERE state = 'preparing')
     + (SELECT count(*) FROM fact_outbox)
"""
TARGETS = ("worker", "web", "postgres", "clickhouse", "relay")
_STOP_S = 90.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Program:
    """One installation: `otklik up`, more workers beside it, and a relay.

    `workers` counts all worker processes; the first is the child of `otklik up`.
    """

    data: Path
    workers: int = 1
    relay_delay_s: float = 0.15
    messages_per_s: int = 10_000
    port: int = field(default_factory=free_port)
    catcher_port: int = field(default_factory=free_port)
    relay_port: int = field(default_factory=free_port)
    relay_command: Callable[[int], list[str]] | None = None
    """Another relay than the one that remembers: its command for a port."""
    relay_file: Path | None = None
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def taken(self) -> Path:
        """The file in which the relay writes down what it took."""
        return self.relay_file or self.data / "relay.txt"

    def start(self) -> None:
        """Start whatever of it is not running now."""
        self._start("relay", self._relay_words())
        up = [sys.executable, "-m", "otklik.entrypoints.cli", "up"]
        self._start("web", up)
        for number in range(1, self.workers):
            self._start(f"worker{number}", [*up, "--role", "worker"])

    def kill(self, target: str, pick: float) -> bool:
        """Kill one process of this kind with -9; False if there is none at this moment.

        pick: from 0 to 1, which of several workers.
        """
        pids = list(self.pids(target))
        if not pids:
            return False
        with suppress(ProcessLookupError):
            os.kill(pids[int(pick * len(pids)) % len(pids)], signal.SIGKILL)
            return True
        return False

    def pids(self, target: str) -> Iterator[int]:
        """Yield the processes of a kind; of PostgreSQL the one that all others hang on."""
        match target:
            case "postgres":
                with suppress(OSError, ValueError):
                    for file in self.data.glob("*/postmaster.pid"):
                        yield int(file.read_text().splitlines()[0])
            case "clickhouse":
                yield from _with_words("clickhouse_server", str(self.data))
            case "worker":
                web = self._running["web"]
                yield from (pid for pid in _with_words("up", "--child") if _parent(pid) == web.pid)
                for name, process in self._running.items():
                    if name.startswith("worker") and process.poll() is None:
                        yield process.pid
            case _:
                process = self._running[target]
                if process.poll() is None:
                    yield process.pid

    async def left(self) -> int | None:
        """Return how much is still to be launched, sent or carried; None: nobody answers now."""
        try:
            database = Database(self._database_url())
        except OSError:
            return None
        try:
            async with database.begin() as tx:
                return int((await tx.execute(sa.text(_LEFT))).scalar_one())
        except (OtklikError, sa.exc.DBAPIError, OSError):
            return None
        finally:
            await database.close()

    def _database_url(self) -> str:
        for pid in self.pids("worker"):
            for word in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                if word.startswith(b"OTKLIK_DATABASE_URL="):
                    return word.split(b"=", 1)[1].decode()
        raise ProcessLookupError("no worker runs at this moment")

    def stop(self) -> None:
        """Ask everything to stop, the program before the relay; kill what does not."""
        order = sorted(self._running, key=lambda name: (name == "relay", name == "web"))
        for name in order:
            process = self._running.pop(name)
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _relay_words(self) -> list[str]:
        if self.relay_command is not None:
            return self.relay_command(self.relay_port)
        relay = str(Path(__file__).with_name("relay.py"))
        words = str(self.relay_port), str(self.taken), str(self.relay_delay_s)
        return [sys.executable, relay, *words]

    def _start(self, name: str, words: list[str]) -> None:
        process = self._running.get(name)
        if process is not None and process.poll() is None:
            return
        with (self.data / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                words,
                env=self._environment(name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=Path(__file__).parents[2],
            )

    def _environment(self, name: str) -> dict[str, str]:
        return {k: v for k, v in os.environ.items() if not k.startswith("OTKLIK_")} | {
            "OTKLIK_DATA": str(self.data),
            "OTKLIK_PORT": str(self.port),
            "OTKLIK_CATCHER_PORT": str(self.catcher_port if name == "web" else free_port()),
            "OTKLIK_SMTP_URL": f"smtp://127.0.0.1:{self.relay_port}?tls=off",
            "OTKLIK_DELIVERY__MESSAGES_PER_S_MAX": str(self.messages_per_s),
        }


@contextmanager
def running(program: Program) -> Iterator[Program]:
    program.start()
    try:
        yield program
    finally:
        program.stop()


def _with_words(*words: str) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                env = (entry / "environ").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if all(word in line or word in env for word in words):
                yield int(entry.name)


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except (OSError, IndexError):
        return 0
