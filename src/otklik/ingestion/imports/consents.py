"""Consents that an import declares for the people in its file.

The marketer states that everybody in the file agreed to a channel, and how that came about. Each
row becomes an entry of the consent ledger with the import as its source; the key makes a repeated
batch harmless.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.ingestion.imports.model import DeclaredConsent, ImportPlan
from otklik.ingestion.model import EventsStored, StoredEvent
from otklik.ingestion.tables import imports
from otklik.runtime.public import Tx

_PREFIX = "import:"


class ImportedConsent(msgspec.Struct, frozen=True, kw_only=True):
    """One person's consent as an import declares it."""

    profile_id: int
    channel: str
    topic_id: UUID | None
    at: datetime
    import_id: UUID
    note: str
    key: str


async def consents_of_import(tx: Tx, news: EventsStored) -> list[ImportedConsent]:
    """Return the consents that come with the imported customers of a batch; often none."""
    if "import" not in news.events.sources:
        return []
    by_import: dict[UUID, list[StoredEvent]] = {}
    for event in news.events.rows(types=("identify",)):
        if event.source == "import" and event.message_id.startswith(_PREFIX):
            import_id = UUID(event.message_id[len(_PREFIX) :].split(":", 1)[0])
            by_import.setdefault(import_id, []).append(event)
    if not by_import:
        return []
    rows = await tx.execute(
        sa.select(imports.c.import_id, imports.c.plan).where(
            imports.c.workspace_id == news.workspace_id, imports.c.import_id.in_(list(by_import))
        )
    )
    found = []
    for row in rows:
        declared = msgspec.convert(row.plan, ImportPlan, strict=False).options.consent
        if declared is not None:
            found += [_entry(declared, row.import_id, e) for e in by_import[row.import_id]]
    return found


def _entry(declared: DeclaredConsent, import_id: UUID, event: StoredEvent) -> ImportedConsent:
    return ImportedConsent(
        profile_id=event.profile_id,
        channel=declared.channel,
        topic_id=declared.topic_id,
        at=event.time,
        import_id=import_id,
        note=declared.note,
        key=event.message_id,
    )
