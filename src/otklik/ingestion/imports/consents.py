"""Consents that come with an import, on their way to the ledger.

In a file of customers the marketer states that everybody agreed to a channel, and how that came
about. In a file of consents every row says for itself who agreed or refused, when and where; such a
row has left an event in the log. Each becomes an entry of the ledger with the import as its source;
the key makes a repeated batch harmless.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.ingestion.imports.facts import CONSENT_EVENTS, GRANTED
from otklik.ingestion.imports.model import (
    DeclaredConsent,
    ImportKind,
    ImportPlan,
    PurposeWord,
)
from otklik.ingestion.model import EventsStored, StoredEvent
from otklik.ingestion.tables import imports
from otklik.runtime.public import Tx

_PREFIX = "import:"


class ImportedConsent(msgspec.Struct, frozen=True, kw_only=True):
    """What one person agreed to or refused, as an import tells it."""

    profile_id: int
    purpose: PurposeWord = "advertising"
    channel: str
    action: Literal["granted", "withdrawn"]
    topic_id: UUID | None
    text_id: UUID | None = None
    at: datetime
    ip: str | None
    proof: dict[str, Any]
    key: str


async def consents_of_import(tx: Tx, news: EventsStored) -> list[ImportedConsent]:
    """Return the consents that come with the imported rows of a batch; often none."""
    if "import" not in news.events.sources:
        return []
    by_import: dict[UUID, list[StoredEvent]] = {}
    for event in news.events.rows(types=("identify", "track")):
        if event.type == "track" and event.name not in CONSENT_EVENTS:
            continue
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
    found: list[ImportedConsent] = []
    for row in rows:
        plan = msgspec.convert(row.plan, ImportPlan, strict=False)
        events = by_import[row.import_id]
        declared = plan.options.consent
        if plan.kind is ImportKind.CUSTOMERS and declared is not None:
            found += _declared(declared, row.import_id, events)
        elif plan.kind is ImportKind.CONSENTS:
            found += _told(row.import_id, events)
    return found


def _declared(
    declared: DeclaredConsent, import_id: UUID, events: Iterable[StoredEvent]
) -> Iterable[ImportedConsent]:
    for event in events:
        if event.type == "identify":
            yield ImportedConsent(
                profile_id=event.profile_id,
                channel=declared.channel,
                action="granted",
                topic_id=declared.topic_id,
                at=event.time,
                ip=None,
                proof={"import_id": str(import_id), "note": declared.note},
                key=event.message_id,
            )


def _told(import_id: UUID, events: Iterable[StoredEvent]) -> Iterable[ImportedConsent]:
    for event in events:
        if event.type == "track":
            said = dict(event.properties)
            topic_id = said.pop("topic_id", None)
            text_id = said.pop("text_id", None)
            yield ImportedConsent(
                profile_id=event.profile_id,
                purpose=said.pop("purpose", "advertising"),
                channel=said.pop("channel"),
                action="granted" if event.name == GRANTED else "withdrawn",
                topic_id=UUID(topic_id) if topic_id else None,
                text_id=UUID(text_id) if text_id else None,
                at=event.time,
                ip=said.pop("ip", None),
                proof={"import_id": str(import_id), **said},
                key=event.message_id,
            )
