"""A disk that gets full in the middle of sending, and has room again later (root only).

The data folder is a small file system of its own. While campaigns are sent, a file takes all that
is free for `--seconds=20`, then goes away. At the end the relay's file is held against what the
program says as in `kills`: nobody twice, nobody forgotten. Exit code 1 if a promise was broken.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.harness import report
from benchmarks.kills import settle
from benchmarks.mass_mailing import LETTER
from benchmarks.trial.program import Program, running
from benchmarks.trial.shop import launch_several, opened
from benchmarks.trial.verdict import judge

SIZE_MB = 600
RATE = 60
CAMPAIGNS = 5
PEOPLE = 500


def main() -> None:
    if os.getuid() != 0:
        print("full_disk mounts a file system of its own, which only root may do.")
        return
    given = dict(one[2:].split("=", 1) for one in sys.argv if one.startswith("--") and "=" in one)
    with _small_disk() as data:
        if asyncio.run(_trial(data, float(given.get("seconds", 20)))):
            sys.exit(1)


@contextmanager
def _small_disk() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="otklik-disk-") as folder:
        size = f"size={SIZE_MB}m"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", folder], check=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


async def _trial(data: Path, seconds: float) -> bool:
    async with opened(data) as rt:
        await launch_several(
            rt,
            campaigns=CAMPAIGNS,
            people=PEOPLE,
            every=timedelta(seconds=8),
            begin=datetime.now(UTC) + timedelta(seconds=20),
            source=LETTER,
        )
    # The relay is not this disk's: what it took must be known whatever happens here.
    with tempfile.TemporaryDirectory(prefix="otklik-relay-") as elsewhere:
        program = Program(data, messages_per_s=RATE, relay_file=Path(elsewhere) / "relay.txt")
        with running(program):
            await asyncio.sleep(30)
            filler = data / "filler"
            free_mb = os.statvfs(data).f_bavail * os.statvfs(data).f_frsize / 1e6
            _fill(filler)
            before = _letters(program.taken)
            await asyncio.sleep(seconds)
            during = _letters(program.taken) - before
            filler.unlink()
            settled_s = await settle(program)
        async with opened(data) as rt:
            found = await judge(rt, program.taken)
    report(
        f"disk full for {seconds:.0f} s",
        free_mb=free_mb,
        letters_while_full=during,
        settled_s=settled_s,
        people=CAMPAIGNS * PEOPLE,
        letters=found.letters,
        sent=found.sent,
        doubtful=found.doubtful,
        doubtful_taken=found.doubtful_taken,
        skipped=found.skipped,
        held=found.held,
        wrong=len(found.wrong),
    )
    for line in found.wrong[:20]:
        print(f"  {line}")
    return bool(found.wrong)


def _fill(file: Path) -> None:
    """Write until nothing more goes in, the last bytes one by one."""
    with file.open("wb", buffering=0) as out:
        for size in (1 << 20, 1 << 12, 1):
            while True:
                try:
                    out.write(bytes(size))
                except OSError:
                    break


def _letters(file: Path) -> int:
    return len(file.read_bytes().splitlines()) if file.exists() else 0
