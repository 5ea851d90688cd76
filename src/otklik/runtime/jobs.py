"""Background jobs in PostgreSQL, by procrastinate.

A slice declares its jobs in `jobs.py` with `@job(...)`; `entrypoints/wiring` names the modules,
so that a process knows every job before it starts to work. A job is deferred inside the caller's
transaction: it exists if, and only if, that transaction committed. Jobs are repeatable: a worker
that died is noticed by its heartbeat, and `STALLED_LOOP` of the others has its jobs run again.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
import procrastinate
from procrastinate import exceptions as procrastinate_errors
from procrastinate import jobs as procrastinate_jobs

from otklik.runtime.logs import log
from otklik.runtime.loops import Loop
from otklik.runtime.postgres import Tx, driver

if TYPE_CHECKING:
    from otklik.runtime.context import Runtime

JobFunction = Callable[..., Awaitable[None]]

QUEUES = {"default": 2, "segments": 1, "imports": 1, "mailings": 2}
"""How many jobs of a queue one process runs at once: each queue has places of its own, so a long
recalculation never holds up a mailing."""
STARTS_MAX = 20
"""A job whose worker died so often is given up: it may well be what the workers die of."""
_PAUSES_S = (3, 9, 27, 81, 243, 300)


class JobSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of background work.

    `retries`: attempts after the first one failed, with exponential pauses.
    `cron`: five fields in UTC; such a job takes the keyword `timestamp` (epoch seconds).
    """

    name: str
    run: JobFunction
    queue: str
    retries: int
    cron: str | None


class Backoff(procrastinate.BaseRetryStrategy):
    """Pauses of 3, 9, 27, 81, 243 and then 300 seconds, up to a number of attempts."""

    def __init__(self, retries: int) -> None:
        self._retries = retries

    def get_retry_decision(
        self, *, exception: BaseException, job: procrastinate_jobs.Job
    ) -> procrastinate.RetryDecision | None:
        seconds = self.pause_s(job.attempts)
        return (
            None if seconds is None else procrastinate.RetryDecision(retry_in={"seconds": seconds})
        )

    def pause_s(self, attempts: int) -> int | None:
        """Return how long to wait after so many attempts before the failed one; None: no more."""
        if attempts >= self._retries:
            return None
        return _PAUSES_S[min(attempts, len(_PAUSES_S) - 1)]


_registry: dict[str, JobSpec] = {}


def job(
    name: str, *, queue: str = "default", retries: int = 5, cron: str | None = None
) -> Callable[[JobFunction], JobFunction]:
    """Declare `async def work(rt, *, …)` as a job with a stable name, "slice.verb_noun"."""
    if queue not in QUEUES:
        raise ValueError(f"job {name}: queue {queue!r} is not one of {', '.join(QUEUES)}")

    def declare(run: JobFunction) -> JobFunction:
        known = _registry.get(name)
        if known is not None and known.run.__module__ != run.__module__:
            raise ValueError(f"two jobs are called {name}")
        _registry[name] = JobSpec(name=name, run=run, queue=queue, retries=retries, cron=cron)
        return run

    return declare


def declared_jobs() -> list[JobSpec]:
    return sorted(_registry.values(), key=lambda spec: spec.name)


class Jobs:
    """Defers jobs and runs them, for one process."""

    def __init__(self, database_url: str) -> None:
        self.app = procrastinate.App(
            connector=procrastinate.PsycopgConnector(
                conninfo=_libpq_url(database_url),
                min_size=0,
                # A connection for each place and each queue's ear, and some for what they defer.
                max_size=sum(QUEUES.values()) + len(QUEUES) + 2,
                kwargs={"application_name": "otklik-jobs"},
            )
        )

    def bind(self, rt: Runtime) -> None:
        """Make every declared job known; called once, after wiring imported the slices."""
        for spec in declared_jobs():
            task = self.app.task(
                name=spec.name,
                queue=spec.queue,
                retry=Backoff(spec.retries),
            )(_bound(spec, rt))
            if spec.cron:
                self.app.periodic(cron=spec.cron, periodic_id=spec.name)(task)

    async def defer(
        self,
        tx: Tx,
        name: str,
        *,
        args: dict[str, Any] | None = None,
        at: datetime | None = None,
        lock: str | None = None,
        single: str | None = None,
    ) -> None:
        """Put a job into the queue as part of `tx`.

        `at`: not before this moment. `lock`: jobs with one lock run one after another.
        `single`: a job that waits with this mark already makes a second one needless.
        """
        spec = _registry[name]
        connection = await driver(tx)
        deferrer = self.app.configure_task(
            name,
            queue=spec.queue,
            schedule_at=at,
            lock=lock,
            queueing_lock=single,
            connection=connection,
        )
        try:
            # A savepoint, since a refused duplicate must not spoil the caller's transaction.
            async with connection.transaction():
                await deferrer.defer_async(**(args or {}))
        except procrastinate_errors.AlreadyEnqueued:
            log.debug("job is waiting already", job=name, single=single)

    async def work(self, *, stop_timeout_s: float = 20.0) -> None:
        """Run jobs until cancelled; running ones get `stop_timeout_s` to finish."""
        async with asyncio.TaskGroup() as workers:
            for queue, places in QUEUES.items():
                workers.create_task(
                    self.app.run_worker_async(
                        queues=[queue],
                        concurrency=places,
                        install_signal_handlers=False,
                        shutdown_graceful_timeout=stop_timeout_s,
                        delete_jobs="successful",
                        fetch_job_polling_interval=5.0,
                    ),
                    name=f"jobs.{queue}",
                )

    async def retry_stalled(self) -> int:
        """Put jobs of workers that died back into the queue; returns how many there were.

        Another process may do the same at this moment: what it has put back is no longer stalled.
        """
        manager = self.app.job_manager
        count = 0
        for stalled in await manager.get_stalled_jobs():
            given_up = procrastinate_jobs.Status.FAILED
            try:
                if stalled.attempts < STARTS_MAX:
                    await manager.retry_job(stalled)
                    log.warning("job of a dead worker runs again", job=stalled.task_name)
                else:
                    await manager.finish_job(stalled, given_up, delete_job=False)
                    log.error("job given up: its workers die", job=stalled.task_name)
            except procrastinate_errors.UniqueViolation:
                # One like it waits already and does the same work.
                await manager.finish_job(stalled, given_up, delete_job=True)
            except procrastinate_errors.ConnectorException as error:
                log.info("stalled job was not put back", job=stalled.task_name, error=repr(error))
                continue
            count += 1
        return count


async def retry_stalled(rt: Runtime) -> bool:
    return await rt.jobs.retry_stalled() > 0


STALLED_LOOP = Loop(name="jobs.stalled", step=retry_stalled, idle_s=10.0)
"""A worker that has not been heard of for 30 seconds is dead; its jobs run again soon after."""


def _bound(spec: JobSpec, rt: Runtime) -> Callable[..., Awaitable[None]]:
    known = set(inspect.signature(spec.run).parameters)

    async def run(**kwargs: Any) -> None:
        # Unknown keys are left out: sender and worker may be of different versions.
        given = {key: value for key, value in kwargs.items() if key in known}
        with rt.metrics.job_seconds.labels(spec.name).time():
            await spec.run(rt, **given)

    run.__name__ = spec.name
    if spec.cron:

        async def run_periodic(timestamp: int, **kwargs: Any) -> None:
            await run(timestamp=timestamp, **kwargs)

        return run_periodic
    return run


def _libpq_url(url: str) -> str:
    scheme, rest = url.split("://", 1)
    return f"postgresql://{rest}" if scheme.startswith("postgres") else url


JobStatus = procrastinate_jobs.Status
