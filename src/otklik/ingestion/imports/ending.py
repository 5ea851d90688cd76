"""The row of an import: its columns while it goes on, and its end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from otklik.ingestion.imports import files
from otklik.ingestion.imports.model import ImportState
from otklik.ingestion.tables import import_keys, import_lines, imports
from otklik.runtime.public import Runtime, Tx


async def finish(rt: Runtime, tx: Tx, row: Any, state: ImportState, now: datetime) -> None:
    """Close an import and delete what it needed only while it went on."""
    await change(tx, row, state=state.value, phase="end", finished_at=now, touched_at=now)
    for table in (import_keys, import_lines):
        await tx.execute(
            table.delete().where(
                table.c.import_id == row.import_id, table.c.workspace_id == row.workspace_id
            )
        )
    if not row.dry_run:
        files.forget(rt, workspace_id=row.workspace_id, file_id=row.file_id)


async def change(tx: Tx, row: Any, **values: Any) -> None:
    """Write columns of an import that the transaction holds."""
    await tx.execute(
        imports.update()
        .where(imports.c.import_id == row.import_id, imports.c.workspace_id == row.workspace_id)
        .values(**values)
    )
