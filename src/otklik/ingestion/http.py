"""Ingestion over HTTP: rejected events, batches set apart. The event API itself is `accept.py`."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, get, put
from litestar.params import FromPath, FromQuery, Parameter

from otklik.accounts.public import Permission, Who, requires, write_audit
from otklik.ingestion import rejects
from otklik.ingestion.batches import release_quarantined
from otklik.ingestion.imports.http import Imports
from otklik.ingestion.rejects import RejectedEvent
from otklik.ingestion.watch import Quarantined, backlog
from otklik.kit.errors import NotFound
from otklik.kit.pagination import Page
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang

Limit = Annotated[int, Parameter(ge=1, le=200)]


class Rejects(Controller):
    path = "/rejects"
    tags = ["Events"]
    guards = [requires(Permission.VIEW)]

    @get("/", operation_id="list_rejects")
    async def list_rejects(
        self,
        *,
        tx: OpenTx,
        who: Who,
        lang: ReaderLang,
        code: FromQuery[str | None] = None,
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> Page[RejectedEvent]:
        """List events that were put aside, newest first, each with its reason."""
        return await rejects.list_rejects(
            tx, workspace_id=who.workspace_id, lang=lang, code=code, cursor=cursor, limit=limit
        )


class Quarantine(Controller):
    path = "/quarantine"
    tags = ["Events"]

    @get("/", operation_id="list_quarantine", guards=[requires(Permission.VIEW)])
    async def list_quarantine(self, tx: OpenTx, who: Who) -> list[Quarantined]:
        """List batches of events that could not be stored, newest first; nothing is lost."""
        return (await backlog(tx, workspace_id=who.workspace_id)).quarantined

    @put(
        "/{batch_id:uuid}/release",
        operation_id="release_batch",
        guards=[requires(Permission.EDIT)],
        status_code=204,
    )
    async def release(self, batch_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now) -> None:
        """Try to store a batch once more, for example after an update."""
        if not await release_quarantined(
            tx, workspace_id=who.workspace_id, batch_id=batch_id, now=now
        ):
            raise NotFound(what=str(batch_id))
        await write_audit(
            tx,
            who=who,
            action="batch.released",
            object_kind="batch",
            object_id=batch_id,
            now=now,
        )


HANDLERS: list[Any] = [Rejects, Quarantine, Imports]
