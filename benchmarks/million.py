"""A campaign to a million people in the whole program: time, memory, disk (`--people=1000000`).

The program runs as a user starts it, with one worker process, DKIM signatures and Postfix's
`smtp-sink` as the relay. The people are made before. Memory is that of all processes together
(private pages and a fair part of shared ones), sampled every two seconds; disk is that of the data
folder before the launch and after the end. `--workers=2` adds worker processes.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks.harness import family, memory_mb, report
from benchmarks.mass_mailing import LETTER
from benchmarks.trial.program import Program, running
from benchmarks.trial.shop import launch, make_audience, make_workspace, opened

_SAMPLE_S = 2.0
_LONGEST_S = 3_600.0
_LATER = timedelta(days=365)


def main() -> None:
    given = dict(one[2:].split("=", 1) for one in sys.argv if one.startswith("--") and "=" in one)
    people, workers = int(given.get("people", 100_000)), int(given.get("workers", 1))
    if shutil.which("smtp-sink", path="/usr/sbin:/usr/bin") is None:
        print("million needs smtp-sink of Postfix, which is not here.")
        return
    data = Path(tempfile.mkdtemp(prefix="otklik-million-"))
    try:
        asyncio.run(_measure(data, people, workers))
    finally:
        shutil.rmtree(data, ignore_errors=True)


async def _measure(data: Path, people: int, workers: int) -> None:
    async with opened(data) as rt:
        workspace, sender_id = await make_workspace(rt)
        audience = await make_audience(rt, workspace, people)
        source_id = await launch(
            rt,
            workspace,
            name="Million",
            sender_id=sender_id,
            audience=audience,
            people=people,
            at=datetime.now(UTC) + _LATER,
            source=LETTER,
            control_share=5.0,
        )
        # The launch is moved to the moment at which everything runs.
        async with rt.db.begin() as tx:
            await tx.execute(
                sa.text(
                    "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE scheduled_at > :at"
                ),
                {"at": datetime.now(UTC) + _LATER / 2},
            )
        await rt.ch.command("OPTIMIZE TABLE profiles FINAL")
    before_mb = _disk_mb(data)
    program = Program(data, workers=workers, relay_command=_sink)
    with running(program):
        watched = await _watch(program)
    async with opened(data) as rt:
        async with rt.db.begin() as tx:
            found = await tx.execute(
                sa.text("SELECT state, count(*) AS n FROM messages GROUP BY state")
            )
            states = {row.state: int(row.n) for row in found}
            moments = (
                await tx.execute(
                    sa.text(
                        "SELECT c.launched_at, g.started_at, g.finished_at FROM campaigns c"
                        " JOIN mailings g ON g.source_id = c.id WHERE c.id = :id"
                    ),
                    {"id": source_id},
                )
            ).one()
            size_mb = (
                await tx.execute(
                    sa.text("SELECT pg_total_relation_size('messages'::regclass) / 1e6")
                )
            ).scalar_one()
        facts = await rt.ch.query(
            "SELECT count(), uniqExact(message_id) FROM message_facts WHERE fact = 'sent'"
        )
        parts = await rt.ch.query(
            "SELECT sum(bytes_on_disk) / 1e6 FROM system.parts"
            " WHERE active AND table = 'message_facts'"
        )
    sending_s = (moments.finished_at - moments.started_at).total_seconds()
    report(
        f"campaign to {people:,}, {workers} workers",
        prepare_s=(moments.started_at - moments.launched_at).total_seconds(),
        sending_s=sending_s,
        letters_per_s=states.get("sent", 0) / sending_s,
        memory_mb=watched["all"],
        **{f"{name}_mb": value for name, value in watched.items() if name != "all"},
        disk_before_mb=before_mb,
        disk_after_mb=_disk_mb(data),
        messages_mb=float(size_mb),
        facts_mb=float(parts[0][0] or 0),
        facts_sent=facts[0][0],
        facts_people=facts[0][1],
        **states,
    )


def _sink(port: int) -> list[str]:
    return ["/usr/sbin/smtp-sink", "-u", "nobody", f"127.0.0.1:{port}", "1000"]


async def _watch(program: Program) -> dict[str, float]:
    """Sample memory until the campaign is finished; returns the peaks by kind of process."""
    peaks: dict[str, float] = {}
    begun = time.monotonic()
    done: Callable[[], Any] = program.left
    while time.monotonic() - begun < _LONGEST_S:
        await asyncio.sleep(_SAMPLE_S)
        now = _memory(program)
        for name, value in now.items():
            peaks[name] = max(peaks.get(name, 0.0), value)
        if await done() == 0:
            return peaks
    raise TimeoutError(f"the campaign was not finished in {_LONGEST_S:.0f} s")


def _memory(program: Program) -> dict[str, float]:
    found: dict[str, float] = {"all": 0.0}
    kinds = {
        pid: kind
        for kind in ("postgres", "clickhouse", "worker", "web")
        for root in program.pids(kind)
        for pid in (family(root) if kind == "postgres" else [root])
    }
    for pid, kind in kinds.items():
        try:
            size = memory_mb(pid)
        except OSError:
            continue
        found[kind] = found.get(kind, 0.0) + size
        found["all"] += size
    return found


def _disk_mb(folder: Path) -> float:
    said = subprocess.run(
        ["du", "-sm", str(folder)], check=True, capture_output=True, text=True
    ).stdout
    return float(said.split()[0])
