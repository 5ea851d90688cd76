"""The door of exports.

loops = export_loops()                       # in a worker
await export_troubles(tx, workspace_id=1)    # schedules whose newest run failed
await open_export(rt, plan, …); async for piece in write_export(rt, export): …
"""

from otklik.exports.files.stream import Export, Piece, open_export, write_export
from otklik.exports.forwarding.capture import CAPTURES_LOOP, take_events
from otklik.exports.forwarding.changes import CHANGES_LOOP, take_changes
from otklik.exports.forwarding.deliver import DELIVERIES_LOOP
from otklik.exports.forwarding.erasure import (
    count_deliveries,
    erase_deliveries,
    export_deliveries,
)
from otklik.exports.model import Compression, ExportPlan, FileFormat, Subject
from otklik.exports.queries import ExportTrouble, export_troubles
from otklik.exports.schedules.operations import SCHEDULES_LOOP
from otklik.exports.uses import SegmentUse, exports_using
from otklik.runtime.public import Loop


def export_loops() -> list[Loop]:
    """Return the loops of a worker: schedules and forwarding. Files are written by a job."""
    return [SCHEDULES_LOOP, CAPTURES_LOOP, CHANGES_LOOP, DELIVERIES_LOOP]


__all__ = [
    "Compression",
    "Export",
    "ExportPlan",
    "ExportTrouble",
    "FileFormat",
    "Piece",
    "SegmentUse",
    "Subject",
    "count_deliveries",
    "erase_deliveries",
    "export_deliveries",
    "export_loops",
    "export_troubles",
    "exports_using",
    "open_export",
    "take_changes",
    "take_events",
    "write_export",
]
