"""What an import tells the event log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from otklik.ingestion.log import append_in
from otklik.ingestion.model import Record
from otklik.runtime.public import Tx

RECORD_ROWS = 4_000
_encode = msgspec.json.Encoder(decimal_format="number").encode


async def append_calls(tx: Tx, row: Any, calls: list[dict[str, Any]], now: datetime) -> None:
    """Put calls into the event log, in records of a bounded size."""
    received_ms = int(now.timestamp() * 1000)
    for begin in range(0, len(calls), RECORD_ROWS):
        part = calls[begin : begin + RECORD_ROWS]
        record = Record("batch", received_ms, "import", None, "", None, _encode(part))
        await append_in(tx, workspace_id=row.workspace_id, records=[record], events=len(part))
