"""The door of ingestion: the event API, the pipeline, rejects, imports, and the news of events."""

from otklik.ingestion.accept import EventApi
from otklik.ingestion.errors import LogUnavailable, LostLease, WrongKey
from otklik.ingestion.imports.consents import ImportedConsent, consents_of_import
from otklik.ingestion.imports.files import recognise_file
from otklik.ingestion.imports.model import (
    DeclaredConsent,
    FailedImport,
    FileFormat,
    ImportFailure,
    ImportKind,
    ImportOptions,
    ImportPlan,
    ImportState,
    ImportView,
)
from otklik.ingestion.imports.queries import (
    error_file,
    failed_imports,
    get_import,
    has_import,
    list_imports,
)
from otklik.ingestion.imports.run import import_file, imports_loop
from otklik.ingestion.log import EventLog
from otklik.ingestion.model import EventsStored, RejectCode, StoredEvent, StoredEvents
from otklik.ingestion.pipeline import Pipeline, pipeline_loop
from otklik.ingestion.rejects import RejectedEvent, count_rejects, list_rejects
from otklik.ingestion.service import EventService, keys_loop, open_event_service
from otklik.ingestion.watch import Backlog, backlog

__all__ = [
    "Backlog",
    "DeclaredConsent",
    "EventApi",
    "EventLog",
    "EventService",
    "EventsStored",
    "FailedImport",
    "FileFormat",
    "ImportFailure",
    "ImportKind",
    "ImportOptions",
    "ImportPlan",
    "ImportState",
    "ImportView",
    "ImportedConsent",
    "LogUnavailable",
    "LostLease",
    "Pipeline",
    "RejectCode",
    "RejectedEvent",
    "StoredEvent",
    "StoredEvents",
    "WrongKey",
    "backlog",
    "consents_of_import",
    "count_rejects",
    "error_file",
    "failed_imports",
    "get_import",
    "has_import",
    "import_file",
    "imports_loop",
    "keys_loop",
    "list_imports",
    "list_rejects",
    "open_event_service",
    "pipeline_loop",
    "recognise_file",
]
