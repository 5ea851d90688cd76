"""Writes of imports: making one, asking it to stop."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.ingestion.imports.files import StoredFile
from otklik.ingestion.imports.model import ImportPlan
from otklik.ingestion.tables import imports
from otklik.kit.errors import NotFound
from otklik.kit.ids import new_id
from otklik.runtime.public import Tx, notify

CHANNEL = "imports"


async def create_import(
    tx: Tx,
    *,
    workspace_id: int,
    file: StoredFile,
    plan: ImportPlan,
    dry_run: bool,
    created_by: UUID | None,
    now: datetime,
) -> UUID:
    """Queue an import; it begins as soon as a worker is free. Returns its id."""
    import_id = new_id()
    await tx.execute(
        imports.insert().values(
            import_id=import_id,
            workspace_id=workspace_id,
            kind=plan.kind.value,
            state="queued",
            phase="read",
            dry_run=dry_run,
            file_id=file.id,
            file_name=file.name,
            plan=msgspec.to_builtins(plan, str_keys=True),
            bytes_total=file.size,
            bytes_done=0,
            line_done=0,
            rows_read=0,
            rows_ok=0,
            rows_failed=0,
            rows_skipped=0,
            rows_anonymous=0,
            created=0,
            updated=0,
            orders=0,
            refunds=0,
            counts={},
            cancel_asked=False,
            failures=0,
            touched_at=now,
            created_at=now,
            created_by=created_by,
        )
    )
    await notify(tx, CHANNEL)
    return import_id


async def cancel_import(tx: Tx, *, workspace_id: int, import_id: UUID) -> None:
    """Ask an import to stop after the piece in hand; what it has stored stays.

    Asking twice, or after the end, changes nothing. Raises: NotFound.
    """
    changed = await tx.execute(
        imports.update()
        .where(imports.c.workspace_id == workspace_id, imports.c.import_id == import_id)
        .values(cancel_asked=sa.true())
    )
    if not changed.rowcount:
        raise NotFound(what="The import")
    await notify(tx, CHANNEL)
