"""`otklik doctor`: what an administrator would check by hand, with what to do about it."""

from __future__ import annotations

import asyncio
import shutil
import struct
import time
from typing import Any, Literal

import msgspec

from otklik.entrypoints import wiring
from otklik.entrypoints.engines import open_engines
from otklik.kit.errors import OtklikError
from otklik.runtime.public import Runtime, Settings, make_runtime

Level = Literal["ok", "warn", "bad"]

FREE_BYTES_BAD = 1 * 1024**3
FREE_BYTES_WARN = 5 * 1024**3
CLOCK_S_WARN = 2.0
CLOCK_S_BAD = 60.0
_NTP_EPOCH = 2_208_988_800
_NTP_TIMEOUT_S = 2.0


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at. `advice` says what to do, where there is something to do."""

    level: Level
    subject: str
    found: str
    advice: str = ""

    def as_dict(self) -> dict[str, Any]:
        return msgspec.structs.asdict(self)


async def examine(settings: Settings) -> list[Finding]:
    """Return the findings on disk, engines, clock, addresses and sending domains."""
    findings = [disk(settings), address(settings), relay(settings)]
    try:
        async with open_engines(settings) as urls:
            rt = make_runtime(
                settings, database_url=urls.database_url, clickhouse_url=urls.clickhouse_url
            )
            try:
                findings += await engines(rt)
                findings.append(await clock(rt))
                if await has_schema(rt):
                    findings += await domains(rt)
                    findings += await way_back(rt)
            finally:
                await rt.close()
    except OtklikError as error:
        findings.append(Finding("bad", "Engines", error.text("en"), error.hint_text("en") or ""))
    return findings


def disk(settings: Settings) -> Finding:
    folder = settings.data_dir
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    found = f"{free / 1024**3:.1f} GB free for {settings.data_dir}"
    if free < FREE_BYTES_BAD:
        return Finding(
            "bad", "Disk", found, "Free some space now: without it events are refused with 503."
        )
    if free < FREE_BYTES_WARN:
        return Finding("warn", "Disk", found, "Plan for more space; 5 GB is a sensible reserve.")
    return Finding("ok", "Disk", found)


def address(settings: Settings) -> Finding:
    if settings.public_url is None:
        level: Level = "ok" if settings.development else "bad"
        return Finding(
            level,
            "Public address",
            f"not set; links in letters lead to {settings.base_url}",
            ""
            if settings.development
            else "Set OTKLIK_PUBLIC_URL to the https address that readers of letters can reach.",
        )
    if settings.public_url.startswith("http://"):
        return Finding(
            "warn",
            "Public address",
            settings.public_url,
            "Use https: one-click unsubscription (RFC 8058) demands it, and cookies need it.",
        )
    return Finding("ok", "Public address", settings.public_url)


def relay(settings: Settings) -> Finding:
    if settings.development:
        return Finding(
            "warn",
            "Mail relay",
            "none; letters stay in the built-in catcher",
            "Set OTKLIK_SMTP_URL when letters are to leave.",
        )
    return Finding("ok", "Mail relay", "set")


async def engines(rt: Runtime) -> list[Finding]:
    found = []
    async with rt.db.begin() as tx:
        version = (await tx.exec_driver_sql("SHOW server_version")).scalar_one()
        number = int((await tx.exec_driver_sql("SHOW server_version_num")).scalar_one())
        synchronous = (await tx.exec_driver_sql("SHOW synchronous_commit")).scalar_one()
        fsync = (await tx.exec_driver_sql("SHOW fsync")).scalar_one()
    found.append(
        Finding("ok", "PostgreSQL", f"answers, version {version}")
        if number >= 150_000
        else Finding("bad", "PostgreSQL", f"version {version}", "Upgrade it to 15 or newer.")
    )
    if "off" in (synchronous, fsync):
        found.append(
            Finding(
                "bad",
                "PostgreSQL",
                f"synchronous_commit is {synchronous}, fsync is {fsync}",
                "Set both to on: an accepted event must survive a loss of power.",
            )
        )
    rows = await rt.ch.query("SELECT version()")
    found.append(Finding("ok", "ClickHouse", f"answers, version {rows[0][0]}"))
    return found


async def has_schema(rt: Runtime) -> bool:
    """Tell whether Otklik has run here before: a new data folder has no tables yet."""
    async with rt.db.begin() as tx:
        found = await tx.exec_driver_sql("SELECT to_regclass('workspaces') IS NOT NULL")
        return bool(found.scalar_one())


async def clock(rt: Runtime) -> Finding:
    """Compare our clock with PostgreSQL's, and with an NTP server where one can be reached."""
    async with rt.db.begin() as tx:
        theirs = (await tx.exec_driver_sql("SELECT extract(epoch FROM clock_timestamp())")).scalar()
    off = abs(time.time() - float(theirs or 0))
    subject, other = "Clock", "PostgreSQL's"
    try:
        off = max(off, abs(await ntp_offset_s("pool.ntp.org")))
        other = "PostgreSQL's and pool.ntp.org's"
    except OSError:
        other = "PostgreSQL's (no NTP server could be reached)"
    found = f"{off:.1f} s beside {other}"
    advice = "Let the machine keep its clock by NTP (chrony or systemd-timesyncd)."
    if off > CLOCK_S_BAD:
        return Finding("bad", subject, found, advice)
    return Finding(
        "warn" if off > CLOCK_S_WARN else "ok", subject, found, advice if off > 2 else ""
    )


async def ntp_offset_s(host: str) -> float:
    """Return the seconds that the server's clock is ahead of ours (SNTP, RFC 4330).

    Raises: OSError when there is no answer within two seconds.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bytes] = loop.create_future()

    class Protocol(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: Any) -> None:
            if not answer.done():
                answer.set_result(data)

        def error_received(self, exc: Exception) -> None:
            if not answer.done():
                answer.set_exception(OSError(str(exc)))

    async with asyncio.timeout(_NTP_TIMEOUT_S):
        transport, _ = await loop.create_datagram_endpoint(Protocol, remote_addr=(host, 123))
        try:
            sent = time.time()
            transport.sendto(b"\x1b" + 47 * b"\0")
            data = await answer
            arrived = time.time()
        finally:
            transport.close()
    if len(data) < 48:
        raise OSError("a short answer")
    seconds, fraction = struct.unpack("!II", data[40:48])
    return float(seconds - _NTP_EPOCH + fraction / 2**32 - (sent + arrived) / 2)


async def domains(rt: Runtime) -> list[Finding]:
    """Check SPF, DKIM and DMARC of every sender of every workspace."""
    return [
        Finding(level, f"Domain {domain}", found, advice)
        for level, domain, found, advice in await wiring.check_sending_domains(rt)
    ]


async def way_back(rt: Runtime) -> list[Finding]:
    """Ask whether bounces, complaints and answers would come back to this installation."""
    return [
        Finding(level, "Returned mail", found, advice)
        for level, found, advice in await wiring.check_returning_mail(rt)
    ]
