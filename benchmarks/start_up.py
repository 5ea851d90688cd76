"""The start of everything by `otklik up`: both engines, schemas, web, worker; cold and warm.

Cold is an empty data folder, warm the same folder again. `ready` is the first 200 of /readyz; the
worker process comes up beside it. A first start is not counted: it writes Python's bytecode, as the
first start on any machine does. The reference is the start of the two engines alone, in the warm
folder. `cpu` is processor time of all processes until then, engines included. Memory is of all
processes together, the worker included, some seconds later.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec

from benchmarks.harness import family, memory_mb, report
from otklik.runtime.embedded.supervisor import EmbeddedEngines

COLD_RUNS = 2
WARM_RUNS = 3
BYTECODE = str(Path(tempfile.gettempdir()) / "otklik-bench-bytecode")
WAIT_S = 60.0
SETTLE_S = 15.0


class Start(msgspec.Struct, frozen=True):
    """Seconds until all is ready, and what the processes hold afterwards."""

    ready_s: float
    cpu_s: float
    memory_mb: float = 0.0
    processes: int = 0


def main() -> None:
    cold: list[Start] = []
    warm: list[Start] = []
    with tempfile.TemporaryDirectory(prefix="otklik-bench-") as folder:
        _start(Path(folder))
    for number in range(COLD_RUNS):
        with tempfile.TemporaryDirectory(prefix="otklik-bench-") as folder:
            cold.append(_start(Path(folder)))
            if number == COLD_RUNS - 1:
                warm = [_start(Path(folder), settle=run == 0) for run in range(WARM_RUNS)]
                engines_s = statistics.median(_engines_s(Path(folder)) for _ in range(WARM_RUNS))
    _show("start, cold folder", cold, engines_s, goal_s=15.0)
    _show("start, warm folder", warm, engines_s, goal_s=5.0)
    report("idle", memory_mb=warm[0].memory_mb, processes=warm[0].processes)


def _show(name: str, starts: list[Start], engines_s: float, *, goal_s: float) -> None:
    ready_s = statistics.median(one.ready_s for one in starts)
    report(
        name,
        ready_s=ready_s,
        cpu_s=statistics.median(one.cpu_s for one in starts),
        goal_s=goal_s,
        engines_alone_s=engines_s,
        ratio=ready_s / engines_s,
    )


def _start(folder: Path, *, settle: bool = False) -> Start:
    port = _free_port()
    begun = time.perf_counter()
    with _running(folder, port) as (process, output):
        while not _is_ready(port):
            if process.poll() is not None or time.perf_counter() - begun > WAIT_S:
                raise RuntimeError(f"it did not start:\n{output.read_text()[-2000:]}")
            time.sleep(0.02)
        ready_s = time.perf_counter() - begun
        cpu_s = sum(map(_cpu_s, family(process.pid)))
        if not settle:
            return Start(ready_s, cpu_s)
        time.sleep(SETTLE_S)
        pids = list(family(process.pid))
        return Start(ready_s, cpu_s, memory_mb(*pids), len(pids))


@contextmanager
def _running(folder: Path, port: int) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("OTKLIK_") and name != "PYTHONDONTWRITEBYTECODE"
    }
    output = folder.with_name(f"{folder.name}-{port}.log")
    with output.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "otklik.entrypoints.cli", "up"],
            env=environment
            | {
                "OTKLIK_DATA": str(folder),
                "OTKLIK_PORT": str(port),
                "OTKLIK_CATCHER_PORT": str(_free_port()),
                "OTKLIK_SECRET_KEY": "only for benchmarks",
                "PYTHONPYCACHEPREFIX": BYTECODE,
            },
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process, output
    finally:
        _stop(process)
        output.unlink()


def _stop(process: subprocess.Popen[bytes]) -> None:
    pids = list(family(process.pid))
    process.terminate()
    try:
        process.wait(timeout=40)
    except subprocess.TimeoutExpired:
        print("it did not stop within 40 s and was killed")
        for pid in reversed(pids):
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                continue
        process.wait()


def _engines_s(folder: Path) -> float:
    begun = time.perf_counter()
    engines = EmbeddedEngines(folder).start()
    took = time.perf_counter() - begun
    engines.stop()
    return took


def _is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=1.0).status_code == 200
    except httpx.HTTPError:
        return False


def _cpu_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    # Own time and that of children that have ended, in user and in system mode.
    return sum(int(fields[place]) for place in range(11, 15)) / os.sysconf("SC_CLK_TCK")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
