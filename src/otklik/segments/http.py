"""Segments over HTTP, and what builders of conditions are offered."""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import unquote
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody, Parameter

from otklik.accounts.public import (
    Permission,
    Principal,
    Who,
    get_workspace,
    requires,
    write_audit,
)
from otklik.events.public import ValueCount
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.privacy.public import list_topics
from otklik.profiles.public import ProfileItem, list_profiles, newest_of
from otklik.rules.check import check
from otklik.rules.describe import describe
from otklik.rules.parse import parse, too_deep
from otklik.runtime.public import EngineUnavailable, Runtime, Tx
from otklik.runtime.web.problems import on_otklik_error
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt
from otklik.segments.engine import PREVIEW_S
from otklik.segments.errors import DefinitionTooHeavy, SegmentBusy
from otklik.segments.model import (
    Run,
    RunReason,
    Segment,
    SegmentCount,
    SegmentExplanation,
    SegmentKind,
    SizePoint,
)
from otklik.segments.operations.edit import (
    change_members,
    create_segment,
    delete_segment,
    update_segment,
)
from otklik.segments.operations.refresh import refresh_segment
from otklik.segments.queries.counts import count_definition, stored_members
from otklik.segments.queries.people import explain_segment
from otklik.segments.queries.records import (
    get_segment,
    list_runs,
    list_segments,
    segment_names,
    size_history,
)
from otklik.segments.queries.schema import Schema, get_registry, get_schema, trait_values

Limit = Annotated[int, Parameter(ge=1, le=200)]


class DefinitionInput(msgspec.Struct, forbid_unknown_fields=True):
    """`definition`: a condition tree, see the reference of segments."""

    definition: Any


class NewSegment(msgspec.Struct, forbid_unknown_fields=True):
    """A dynamic segment needs a definition. A static one may have one, from which it is frozen, or
    `profile_ids`, or neither."""

    name: str
    description: str = ""
    kind: SegmentKind = SegmentKind.DYNAMIC
    definition: Any = None
    profile_ids: list[int] = []


class SegmentChanges(msgspec.Struct, forbid_unknown_fields=True):
    name: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType = msgspec.UNSET
    definition: Any = msgspec.UNSET


class MemberChanges(msgspec.Struct, forbid_unknown_fields=True):
    add: list[int] = []
    remove: list[int] = []


class DefinitionWarning(msgspec.Struct, frozen=True):
    """Something that may be a mistake: a name never seen, a test for another type."""

    path: str
    code: str
    message: str


class Sentence(msgspec.Struct, frozen=True):
    text: str
    warnings: list[DefinitionWarning]


def _on_endless_nesting(request: Request[Any, Any, Any], _: RecursionError) -> Response[bytes]:
    """The body is nested so deep that it could not even be decoded."""
    return on_otklik_error(request, too_deep())


class Segments(Controller):
    path = "/segments"
    tags = ["Segments"]
    exception_handlers = {RecursionError: _on_endless_nesting}

    @get("/", operation_id="list_segments", guards=[requires(Permission.VIEW)])
    async def many(
        self,
        *,
        tx: OpenTx,
        who: Who,
        search: FromQuery[str | None] = None,
        kind: FromQuery[SegmentKind | None] = None,
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> Page[Segment]:
        """List segments, newest first."""
        return await list_segments(
            tx,
            workspace_id=who.workspace_id,
            search=search,
            kind=kind,
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
            now=now,
        )
        if data.definition is not None:
            await _refresh_soon(
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
        await _note(tx, who, "segment_created", segment_id, now)
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
            now=now,
        )
        if recompute:
            await _refresh_soon(
                rt=rt, tx=tx, who=who, segment_id=segment_id, reason=RunReason.CHANGED, now=now
            )
        await _note(tx, who, "segment_changed", segment_id, now)
        return await get_segment(tx, workspace_id=who.workspace_id, segment_id=segment_id)

    @delete("/{segment_id:uuid}", operation_id="delete_segment", guards=[requires(Permission.EDIT)])
    async def remove(self, *, tx: OpenTx, who: Who, now: Now, segment_id: FromPath[UUID]) -> None:
        """Delete a segment that nothing uses."""
        await delete_segment(tx, workspace_id=who.workspace_id, segment_id=segment_id)
        await _note(tx, who, "segment_deleted", segment_id, now)

    @post(
        "/preview",
        operation_id="preview_segment",
        guards=[requires(Permission.VIEW)],
        status_code=200,
    )
    async def preview(
        self, *, rt: Rt, who: Who, now: Now, data: JSONBody[DefinitionInput]
    ) -> SegmentCount:
        """Count the people for whom a definition holds that is not saved."""
        return await count_definition(
            rt, workspace_id=who.workspace_id, definition=parse(data.definition), now=now
        )

    @post(
        "/describe",
        operation_id="describe_segment",
        guards=[requires(Permission.VIEW)],
        status_code=200,
    )
    async def describe(
        self, *, tx: OpenTx, who: Who, lang: ReaderLang, data: JSONBody[DefinitionInput]
    ) -> Sentence:
        """Read a definition back as a sentence, with what may be a mistake in it."""
        definition = parse(data.definition)
        topics = await list_topics(tx, workspace_id=who.workspace_id)
        registry = await get_registry(tx, workspace_id=who.workspace_id)
        return Sentence(
            text=describe(
                definition,
                lang,
                segments=await segment_names(tx, workspace_id=who.workspace_id),
                topics={str(topic.id): topic.name for topic in topics},
            ),
            warnings=[
                DefinitionWarning(problem.path, problem.code, problem.message.of(lang))
                for problem in check(definition, registry)
            ],
        )

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
        "/{segment_id:uuid}/members",
        operation_id="list_segment_members",
        guards=[requires(Permission.VIEW)],
    )
    async def members(
        self,
        *,
        rt: Rt,
        tx: OpenTx,
        who: Who,
        now: Now,
        segment_id: FromPath[UUID],
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> Page[ProfileItem]:
        """List the members as of the latest membership, oldest profiles first."""
        segment = await get_segment(tx, workspace_id=who.workspace_id, segment_id=segment_id)
        size = clamp_limit(limit)
        after = decode_cursor(cursor, int)[0] if cursor else None
        ids = await stored_members(
            rt,
            workspace_id=who.workspace_id,
            segment_id=segment_id,
            now=now,
            after=after,
            limit=size + 1,
        )
        shown = [int(one) for one in ids[:size]]
        page = await list_profiles(
            tx, workspace_id=who.workspace_id, within=newest_of(shown), limit=max(1, size)
        )
        return Page(
            items=sorted(page.items, key=lambda item: item.id),
            next_cursor=encode_cursor(shown[-1]) if len(ids) > size else None,
            total=segment.count,
        )

    @put(
        "/{segment_id:uuid}/members",
        operation_id="change_segment_members",
        guards=[requires(Permission.EDIT)],
    )
    async def change_list(
        self,
        *,
        rt: Rt,
        tx: OpenTx,
        who: Who,
        now: Now,
        segment_id: FromPath[UUID],
        data: JSONBody[MemberChanges],
    ) -> Segment:
        """Add people to a list and take others out."""
        await change_members(
            rt,
            tx,
            workspace_id=who.workspace_id,
            segment_id=segment_id,
            add=data.add,
            remove=data.remove,
            now=now,
        )
        await _note(tx, who, "segment_members_changed", segment_id, now)
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
        who: Who,
        lang: ReaderLang,
        now: Now,
        segment_id: FromPath[UUID],
        profile_id: FromQuery[int],
    ) -> SegmentExplanation:
        """Say why a person is in a segment or not: each condition with the fact behind it."""
        return await explain_segment(
            rt,
            workspace_id=who.workspace_id,
            segment_id=segment_id,
            profile_id=profile_id,
            lang=lang,
            now=now,
        )


class Builder(Controller):
    path = "/schema"
    tags = ["Schema"]
    guards = [requires(Permission.VIEW)]

    @get("/", operation_id="get_schema")
    async def schema(self, *, tx: OpenTx, who: Who) -> Schema:
        """Return everything that conditions can name."""
        return await get_schema(tx, workspace_id=who.workspace_id)

    @get("/traits/{name:str}/values", operation_id="list_trait_values")
    async def values(
        self,
        *,
        rt: Rt,
        who: Who,
        name: FromPath[str],
        prefix: FromQuery[str] = "",
        limit: Limit = 20,
    ) -> list[ValueCount]:
        """Suggest the commonest values of a trait."""
        return await trait_values(
            rt, workspace_id=who.workspace_id, trait=unquote(name), prefix=prefix, limit=limit
        )

    @get("/traits/values", operation_id="list_values_of_trait")
    async def values_by_query(
        self,
        *,
        rt: Rt,
        who: Who,
        name: FromQuery[str],
        prefix: FromQuery[str] = "",
        limit: Limit = 20,
    ) -> list[ValueCount]:
        """The same for a name with slashes in it."""
        return await trait_values(
            rt, workspace_id=who.workspace_id, trait=name, prefix=prefix, limit=limit
        )


async def _refresh_soon(
    *, rt: Runtime, tx: Tx, who: Principal, segment_id: UUID, reason: RunReason, now: datetime
) -> None:
    """Count now, so that the answer has the figure; what takes too long goes on in background."""
    try:
        await refresh_segment(
            rt,
            tx,
            workspace_id=who.workspace_id,
            segment_id=segment_id,
            reason=reason,
            now=now,
            limit_s=PREVIEW_S,
        )
    except (DefinitionTooHeavy, EngineUnavailable, SegmentBusy):
        await rt.jobs.defer(
            tx,
            "segments.refresh",
            args={
                "workspace_id": who.workspace_id,
                "segment_id": str(segment_id),
                "reason": reason.value,
            },
            single=f"segment:{segment_id}",
        )


async def _note(tx: Tx, who: Principal, action: str, segment_id: UUID, now: datetime) -> None:
    await write_audit(
        tx, who=who, action=action, object_kind="segment", object_id=segment_id, now=now
    )


HANDLERS: list[Any] = [Segments, Builder]
