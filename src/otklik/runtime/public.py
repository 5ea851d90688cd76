"""The door of the runtime for every slice above it."""

from otklik.runtime.bus import Bus
from otklik.runtime.clickhouse import CURRENT_PROFILE, ClickHouse
from otklik.runtime.clickhouse_errors import ClickHouseError, OutcomeUnknown
from otklik.runtime.clickhouse_rows import delete_rows, remove_deleted
from otklik.runtime.context import Runtime, make_runtime, system_clock
from otklik.runtime.errors import (
    BadSeal,
    BadSettings,
    BadSignature,
    EngineUnavailable,
    OutgoingFailed,
    OutgoingRefused,
)
from otklik.runtime.jobs import Jobs, job
from otklik.runtime.logs import configure_logs, log
from otklik.runtime.loops import Loop, LoopRunner
from otklik.runtime.metrics import Metrics
from otklik.runtime.outbox import put_fact_lines, put_facts, waiting_facts
from otklik.runtime.outgoing import Answer, Download, Outgoing
from otklik.runtime.postgres import Database, Tx, driver, metadata, notify
from otklik.runtime.settings import InboundSettings, Settings, load_settings
from otklik.runtime.signing import Signer
from otklik.runtime.tasks import end_task
from otklik.runtime.vault import Vault

__all__ = [
    "CURRENT_PROFILE",
    "Answer",
    "BadSeal",
    "BadSettings",
    "BadSignature",
    "Bus",
    "ClickHouse",
    "ClickHouseError",
    "Database",
    "Download",
    "EngineUnavailable",
    "InboundSettings",
    "Jobs",
    "Loop",
    "LoopRunner",
    "Metrics",
    "OutcomeUnknown",
    "Outgoing",
    "OutgoingFailed",
    "OutgoingRefused",
    "Runtime",
    "Settings",
    "Signer",
    "Tx",
    "Vault",
    "configure_logs",
    "delete_rows",
    "driver",
    "end_task",
    "job",
    "load_settings",
    "log",
    "make_runtime",
    "metadata",
    "notify",
    "put_fact_lines",
    "put_facts",
    "remove_deleted",
    "system_clock",
    "waiting_facts",
]
