"""Segments and their members."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody

from otklik.accounts.public import Permission, Who, get_workspace, requires
from otklik.kit.pagination import Page
from otklik.rules.parse import parse
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt
from otklik.segments.http.common import Limit, note, on_endless_nesting, refresh_soon
from otklik.segments.model import (
    Run,
    RunReason,
    Segment,
    SegmentExplanation,
    SegmentKind,
    SegmentSort,
    SizePoint,
)
from otklik.segments.operations.edit import (
    change_members,
    create_segment,
    delete_segment,
    update_segment,
)
from otklik.segments.operations.refresh import refresh_segment
from otklik.segments.queries.people import explain_segment
from otklik.segments.queries.records import (
    get_segment,
    list_runs,
    list_segments,
    size_history,
)
from otklik.segments.usage import source_names


class NewSegment(msgspec.Struct, forbid_unknown_fields=True):
    """A dynamic segment needs a definition. A static one may have one, from which it is frozen, or
    `profile_ids`, or neither."""

    name: str
    description: str = ""
    kind: SegmentKind = SegmentKind.DYNAMIC
    definition: Any = None
    profile_ids: list[int] = []
    folder_id: UUID | None = None


class SegmentChanges(msgspec.Struct, forbid_unknown_fields=True):
    name: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType = msgspec.UNSET
    definition: Any = msgspec.UNSET
    folder_id: UUID | msgspec.UnsetType | None = msgspec.UNSET
    archived: bool | msgspec.UnsetType = msgspec.UNSET


class Segments(Controller):
    path = "/segments"
    tags = ["Segments"]
    exception_handlers = {RecursionError: on_endless_nesting}

    @get("/", operation_id="list_segments", guards=[requires(Permission.VIEW)])
    async def many(
        self,
        *,
        tx: OpenTx,
        who: Who,
        search: FromQuery[str | None] = None,
        kind: FromQuery[SegmentKind | None] = None,
        folder_id: FromQuery[UUID | None] = None,
        archived: FromQuery[bool] = False,
        sort: FromQuery[SegmentSort] = SegmentSort.CREATED,
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> Page[Segment]:
        """List segments, the newest first or as `sort` says; archived ones only when asked for."""
        return await list_segments(
            tx,
            workspace_id=who.workspace_id,
            search=search,
            kind=kind,
            folder_id=folder_id,
            archived=archived,
            sort=sort,
            cursor=cursor,
            limit=limit,
        )

    @post("/", operation_id="create_segment", guards=[requires(Permission.EDIT)])
    async def create(
        self, *, rt: Rt, tx: OpenTx, who: Who, now: Now, data: JSONBody[NewSegment]
    ) -> Segment:
        """Create a segment and count it."""
        segment_id = await create_segment(
            tx,
            workspace_id=who.workspace_id,
            name=data.name,
            description=data.description,
            kind=data.kind,
            definition=None if data.definition is None else parse(data.definition),
            folder_id=data.folder_id,
            now=now,
        )
        if data.definition is not None:
            await refresh_soon(
                rt=rt, tx=tx, who=who, segment_id=segment_id, reason=RunReason.CREATED, now=now
            )
        else:
            await change_members(
                rt,
                tx,
                workspace_id=who.workspace_id,
                segment_id=segment_id,
                add=data.profile_ids,
                now=now,
            )
        await note(tx, who, "segment_created", segment_id, now)
        return await get_segment(tx, workspace_id=who.workspace_id, segment_id=segment_id)

    @get("/{segment_id:uuid}", operation_id="get_segment", guards=[requires(Permission.VIEW)])
    async def one(self, *, tx: OpenTx, who: Who, segment_id: FromPath[UUID]) -> Segment:
        """Return a segment with the figures of its latest membership."""
        return await get_segment(tx, workspace_id=who.workspace_id, segment_id=segment_id)

    @patch("/{segment_id:uuid}", operation_id="update_segment", guards=[requires(Permission.EDIT)])
    async def change(
        self,
        *,
        rt: Rt,
        tx: OpenTx,
        who: Who,
        now: Now,
        segment_id: FromPath[UUID],
        data: JSONBody[SegmentChanges],
    ) -> Segment:
        """Change what is given. New conditions are counted at once."""
        definition = data.definition
        recompute = await update_segment(
            tx,
            workspace_id=who.workspace_id,
            segment_id=segment_id,
            name=data.name,
            description=data.description,
            definition=definition if definition is msgspec.UNSET else parse(definition),
            folder_id=data.folder_id,
            archived=data.archived,
            now=now,
        )
        if recompute:
            await refresh_soon(
                rt=rt, tx=tx, who=who, segment_id=segment_id, reason=RunReason.CHANGED, now=now
            )
        await note(tx, who, "segment_changed", segment_id, now)
        return await get_segment(tx, workspace_id=who.workspace_id, segment_id=segment_id)

    @delete("/{segment_id:uuid}", operation_id="delete_segment", guards=[requires(Permission.EDIT)])
    async def remove(self, *, tx: OpenTx, who: Who, now: Now, segment_id: FromPath[UUID]) -> None:
        """Delete a segment that nothing uses."""
        await delete_segment(tx, workspace_id=who.workspace_id, segment_id=segment_id)
        await note(tx, who, "segment_deleted", segment_id, now)

    @post(
        "/{segment_id:uuid}/refresh",
        operation_id="refresh_segment",
        guards=[requires(Permission.EDIT)],
        status_code=200,
    )
    async def refresh(
        self, *, rt: Rt, tx: OpenTx, who: Who, now: Now, segment_id: FromPath[UUID]
    ) -> Segment:
        """Recount a segment now. A frozen list stays as it was frozen."""
        segment = await get_segment(tx, workspace_id=who.workspace_id, segment_id=segment_id)
        if segment.kind is SegmentKind.STATIC and segment.computed_at is not None:
            return segment
        await refresh_segment(
            rt,
            tx,
            workspace_id=who.workspace_id,
            segment_id=segment_id,
            reason=RunReason.REQUESTED,
            now=now,
        )
        return await get_segment(tx, workspace_id=who.workspace_id, segment_id=segment_id)

    @get(
        "/{segment_id:uuid}/history",
        operation_id="get_segment_history",
        guards=[requires(Permission.VIEW)],
    )
    async def history(self, *, tx: OpenTx, who: Who, segment_id: FromPath[UUID]) -> list[SizePoint]:
        """Return the sizes over time, oldest first."""
        workspace = await get_workspace(tx, workspace_id=who.workspace_id)
        return await size_history(
            tx, workspace_id=who.workspace_id, segment_id=segment_id, zone=workspace.timezone
        )

    @get(
        "/{segment_id:uuid}/runs",
        operation_id="list_segment_runs",
        guards=[requires(Permission.VIEW)],
    )
    async def runs(self, *, tx: OpenTx, who: Who, segment_id: FromPath[UUID]) -> list[Run]:
        """List the latest recalculations with what they cost, newest first."""
        return await list_runs(tx, workspace_id=who.workspace_id, segment_id=segment_id)

    @get(
        "/{segment_id:uuid}/explanation",
        operation_id="explain_segment",
        guards=[requires(Permission.VIEW)],
    )
    async def explanation(
        self,
        *,
        rt: Rt,
        tx: OpenTx,
        who: Who,
        lang: ReaderLang,
        now: Now,
        segment_id: FromPath[UUID],
        profile_id: FromQuery[int],
    ) -> SegmentExplanation:
        """Say why a person is in a segment or not: each condition with the fact behind it."""
        campaigns = await source_names(tx, workspace_id=who.workspace_id)
        return await explain_segment(
            rt,
            workspace_id=who.workspace_id,
            segment_id=segment_id,
            profile_id=profile_id,
            lang=lang,
            now=now,
            campaigns=campaigns,
        )
