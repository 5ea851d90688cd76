"""Kill -9 at random moments while campaigns are launched and sent: `--kills=100 --workers=2`.

The whole program runs as a user starts it, with a relay that writes every letter down before it
says yes. Web, a worker, PostgreSQL, ClickHouse and the relay are killed in a random order, which
`--seed=` repeats, and started again as a service manager would. At the end the relay's file is held
against the program's messages and facts: nobody has a letter twice, nobody is forgotten, and every
letter of unknown fate is listed as doubtful. Exit code 1 if a promise was broken.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.harness import report
from benchmarks.mass_mailing import LETTER
from benchmarks.trial.program import TARGETS, Program, running
from benchmarks.trial.shop import launch_several, opened
from benchmarks.trial.verdict import judge

PAUSE_S = (0.2, 4.0)
RATE = 60
_SETTLE_S = 600.0


def main() -> None:
    given = dict(one[2:].split("=", 1) for one in sys.argv if one.startswith("--") and "=" in one)
    kills, workers = int(given.get("kills", 20)), int(given.get("workers", 1))
    seed = int(given.get("seed", 1))
    data = Path(tempfile.mkdtemp(prefix="otklik-kills-"))
    broken = asyncio.run(_trial(data, kills=kills, workers=workers, seed=seed))
    if broken:
        print(f"The data folder is kept: {data}")
        sys.exit(1)
    shutil.rmtree(data)


async def _trial(data: Path, *, kills: int, workers: int, seed: int) -> bool:
    # So many letters that the sending lasts as long as the kills.
    span_s = kills * (sum(PAUSE_S) / 2 + 1.5)
    campaigns = max(5, kills // 8)
    people = max(200, round(RATE * span_s / campaigns))
    async with opened(data) as rt:
        await launch_several(
            rt,
            campaigns=campaigns,
            people=people,
            every=timedelta(seconds=span_s / campaigns * 0.8),
            begin=datetime.now(UTC) + timedelta(seconds=15 + campaigns),
            source=LETTER,
        )
    program = Program(data, workers=workers, messages_per_s=RATE)
    chance = random.Random(seed)
    with running(program):
        await asyncio.sleep(12)
        begun = time.monotonic()
        killed = await _kill(program, chance, kills)
        kill_s = time.monotonic() - begun
        settled = await settle(program)
    async with opened(data) as rt:
        found = await judge(rt, program.taken)
    report(
        f"{kills} kills, {workers} workers, seed {seed}",
        **dict(sorted(killed.items())),
        kill_s=kill_s,
        settled_s=settled,
        people=campaigns * people,
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


async def _kill(program: Program, chance: random.Random, kills: int) -> Counter[str]:
    killed: Counter[str] = Counter()
    while killed.total() < kills:
        await asyncio.sleep(chance.uniform(*PAUSE_S))
        target = chance.choice(TARGETS)
        if program.kill(target, chance.random()):
            killed[target] += 1
        # What hangs on nobody is started again by its service manager; the rest by the program.
        await asyncio.sleep(0.3)
        program.start()
    return killed


async def settle(program: Program) -> float:
    """Wait until nothing is left to send; returns the seconds that took."""
    begun = time.monotonic()
    while time.monotonic() - begun < _SETTLE_S:
        await asyncio.sleep(2)
        program.start()
        if await program.left() == 0:
            break
    return time.monotonic() - begun
