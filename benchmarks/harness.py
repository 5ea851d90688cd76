"""What every benchmark shares: the machine line, medians, ratios, memory, engines for itself."""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from otklik.entrypoints import wiring
from otklik.entrypoints.engines import EngineUrls
from otklik.entrypoints.process import migrate
from otklik.runtime.embedded.supervisor import EmbeddedEngines
from otklik.runtime.public import Runtime, Settings, make_runtime


def machine() -> str:
    """Return one line that says what the numbers were measured on."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    load = os.getloadavg()[0]
    return (
        f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"load {load:.1f} at the start"
    )


def median_s(work: Callable[[], object], *, runs: int = 5) -> float:
    """Return the median wall time of `runs` calls, in seconds."""
    times = []
    for _ in range(runs):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


async def median_of(work: Callable[[], Awaitable[object]], *, runs: int = 5) -> float:
    """The same for a coroutine function."""
    times = []
    for _ in range(runs):
        begun = time.perf_counter()
        await work()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def report(name: str, **figures: object) -> None:
    """Print the figures of one measurement on one line."""
    shown = "  ".join(f"{key}={_show(value)}" for key, value in figures.items())
    print(f"{name:<34} {shown}", flush=True)


def _show(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.3f}" if abs(value) < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def memory_mb(*pids: int) -> float:
    """Return the memory of processes in MB: private plus a fair part of what they share."""
    total = 0
    for pid in pids or (os.getpid(),):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def family(pid: int | None = None) -> Iterator[int]:
    """Yield a process and all its descendants."""
    root = pid or os.getpid()
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    waiting = [root]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += children.get(one, [])


@contextmanager
def engines() -> Iterator[EngineUrls]:
    """Start fresh embedded engines for one benchmark."""
    with tempfile.TemporaryDirectory(prefix="otklik-bench-") as folder:
        started = EmbeddedEngines(Path(folder)).start()
        try:
            yield EngineUrls(started.database_url, started.clickhouse_url)
        finally:
            started.stop()


@asynccontextmanager
async def runtime(urls: EngineUrls, **settings: Any) -> AsyncIterator[Runtime]:
    """Open a wired runtime over the engines."""
    with tempfile.TemporaryDirectory(prefix="otklik-bench-data-") as folder:
        await migrate(urls)
        rt = make_runtime(
            Settings(data=folder, secret_key="only for benchmarks", **settings),
            database_url=urls.database_url,
            clickhouse_url=urls.clickhouse_url,
        )
        wiring.connect(rt)
        async with rt.jobs.app.open_async():
            yield rt
        await rt.close()
