"""Files of sales that 1C has sent and nobody has read yet: they name buyers.

A file lives for minutes: when it was read it is deleted, and what it said stands in orders and
profiles, which have keepers of their own. So an erasure waits for the reading, and what that makes
of the person again is cut out with everything else.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import anyio.to_thread
import msgspec
import sqlalchemy as sa

from otklik.catalog.exchange import files
from otklik.catalog.exchange import tables as t
from otklik.catalog.exchange.model import Document
from otklik.catalog.exchange.reader import ExchangeReader
from otklik.catalog.feeds.errors import FeedRefused
from otklik.kit.traces import Erased, Traces
from otklik.runtime.public import Runtime, Tx

_AGAIN: Final = timedelta(seconds=20)
_UNREAD: Final = ("waiting", "queued")


async def count_sale_files(rt: Runtime, tx: Tx, traces: Traces) -> int:
    """Return how many files from before the cut are still on disk, whomever they name."""
    return len(await _on_disk(rt, tx, traces))


async def export_sale_files(rt: Runtime, tx: Tx, traces: Traces) -> AsyncIterator[dict[str, Any]]:
    """Yield the person's documents out of files that nobody has read yet."""
    for row, path in await _on_disk(rt, tx, traces):
        if files.is_zip(row.name):
            continue
        for document in await anyio.to_thread.run_sync(_documents, path, traces):
            yield {"file": row.name, "received_at": row.created_at, "document": document}


async def erase_sale_files(rt: Runtime, tx: Tx, traces: Traces) -> Erased:
    """Delete what was read and left behind; ask to come back for what is still to be read."""
    gone, until = 0, None
    for row, path in await _on_disk(rt, tx, traces):
        if row.state in _UNREAD and row.session_state != "closed":
            until = rt.clock() + _AGAIN
        else:
            path.unlink(missing_ok=True)
            gone += 1
    return Erased(gone, until)


async def _on_disk(rt: Runtime, tx: Tx, traces: Traces) -> list[tuple[Any, Path]]:
    f, s = t.exchange_files.c, t.exchange_sessions.c
    rows = await tx.execute(
        sa.select(f.file_id, f.session_id, f.name, f.state, f.created_at)
        .add_columns(s.state.label("session_state"))
        .join(t.exchange_sessions, s.session_id == f.session_id)
        .where(
            f.workspace_id == traces.workspace_id,
            f.created_at <= traces.until,
            s.kind == "sale",
        )
        .order_by(f.created_at, f.file_id)
    )
    found = [(row, files.folder(rt, row.session_id) / str(row.file_id)) for row in rows]
    return await anyio.to_thread.run_sync(
        lambda: [(row, path) for row, path in found if path.exists()]
    )


def _documents(path: Path, traces: Traces) -> list[dict[str, Any]]:
    found = []
    try:
        with path.open("rb") as source:
            for item in ExchangeReader(source):
                if isinstance(item, Document):
                    plain = msgspec.to_builtins(item, str_keys=True)
                    if traces.mentioned_in(msgspec.json.encode(plain)):
                        found.append(plain)
    except (FeedRefused, OSError):
        # What cannot be read to its end says what it said until there.
        pass
    return found
