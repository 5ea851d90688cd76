"""The door of ingestion: the event API, the pipeline, rejects, imports, and the news of events."""

from otklik.ingestion.accept import EventApi
from otklik.ingestion.erasure import (
    count_old_files,
    count_old_rejects,
    count_raw,
    erase_old_files,
    erase_old_rejects,
    erase_raw,
    export_raw,
)
from otklik.ingestion.errors import LogUnavailable, LostLease, WrongKey
from otklik.ingestion.hooks.erasure import (
    count_calls,
    count_old_calls,
    erase_calls,
    erase_old_calls,
    export_calls,
)
from otklik.ingestion.hooks.model import FailingSource, HookConsent
from otklik.ingestion.hooks.queries import failing_sources
from otklik.ingestion.hooks.work import consents_of_hooks, hooks_loop
from otklik.ingestion.imports.consents import ImportedConsent, consents_of_import
from otklik.ingestion.imports.files import recognise_file
from otklik.ingestion.imports.model import (
    Counts,
    DeclaredConsent,
    Effect,
    Encoding,
    FailedImport,
    FileFormat,
    ImportFailure,
    ImportKind,
    ImportOptions,
    ImportPlan,
    ImportState,
    ImportView,
    Separator,
)
from otklik.ingestion.imports.queries import (
    error_file,
    failed_imports,
    get_import,
    has_import,
    list_imports,
)
from otklik.ingestion.imports.run import Look, import_file, imports_loop
from otklik.ingestion.inside import InsideEvent, record_inside
from otklik.ingestion.log import EventLog
from otklik.ingestion.model import EventsStored, RejectCode, StoredEvent, StoredEvents
from otklik.ingestion.pipeline import Pipeline, pipeline_loop
from otklik.ingestion.rejects import RejectedEvent, count_rejects, list_rejects
from otklik.ingestion.service import EventService, keys_loop, open_event_service
from otklik.ingestion.watch import Backlog, backlog

__all__ = [
    "Backlog",
    "Counts",
    "DeclaredConsent",
    "Effect",
    "Encoding",
    "EventApi",
    "EventLog",
    "EventService",
    "EventsStored",
    "FailedImport",
    "FailingSource",
    "FileFormat",
    "HookConsent",
    "ImportFailure",
    "ImportKind",
    "ImportOptions",
    "ImportPlan",
    "ImportState",
    "ImportView",
    "ImportedConsent",
    "InsideEvent",
    "LogUnavailable",
    "Look",
    "LostLease",
    "Pipeline",
    "RejectCode",
    "RejectedEvent",
    "Separator",
    "StoredEvent",
    "StoredEvents",
    "WrongKey",
    "backlog",
    "consents_of_hooks",
    "consents_of_import",
    "count_calls",
    "count_old_calls",
    "count_old_files",
    "count_old_rejects",
    "count_raw",
    "count_rejects",
    "erase_calls",
    "erase_old_calls",
    "erase_old_files",
    "erase_old_rejects",
    "erase_raw",
    "error_file",
    "export_calls",
    "export_raw",
    "failed_imports",
    "failing_sources",
    "get_import",
    "has_import",
    "hooks_loop",
    "import_file",
    "imports_loop",
    "keys_loop",
    "list_imports",
    "list_rejects",
    "open_event_service",
    "pipeline_loop",
    "recognise_file",
    "record_inside",
]
