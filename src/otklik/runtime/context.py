"""The runtime of one process: everything a use case may need from the ground floor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from otklik.runtime.bus import Bus
from otklik.runtime.clickhouse import ClickHouse
from otklik.runtime.jobs import Jobs
from otklik.runtime.metrics import Metrics
from otklik.runtime.outgoing import Outgoing
from otklik.runtime.postgres import Database
from otklik.runtime.settings import Settings
from otklik.runtime.signing import Signer, secret_from
from otklik.runtime.vault import Vault


def system_clock() -> datetime:
    """Return the present moment in UTC; the one place where the program looks at a clock."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Runtime:
    """Engines, bus, jobs, clock and keys of a process; made once by an entry point."""

    settings: Settings
    db: Database
    ch: ClickHouse
    jobs: Jobs
    signer: Signer
    vault: Vault
    outgoing: Outgoing
    bus: Bus = field(default_factory=Bus)
    metrics: Metrics = field(default_factory=Metrics)
    clock: Callable[[], datetime] = system_clock

    async def close(self) -> None:
        await self.outgoing.close()
        await self.ch.close()
        await self.db.close()


def make_runtime(
    settings: Settings,
    *,
    database_url: str,
    clickhouse_url: str,
    clock: Callable[[], datetime] = system_clock,
) -> Runtime:
    """Build the runtime over two engines that are up; opens no connection yet."""
    secret = secret_from(settings.secret_key, settings.data_dir)
    return Runtime(
        settings=settings,
        db=Database(database_url, connections=settings.database_connections),
        ch=ClickHouse(clickhouse_url),
        jobs=Jobs(database_url),
        signer=Signer(secret),
        vault=Vault(secret),
        outgoing=Outgoing(allowed_networks=settings.outgoing.allowed_networks),
        clock=clock,
    )
