"""Who is in a segment, and lists that are changed by hand."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Controller, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from otklik.accounts.public import Permission, Who, requires
from otklik.kit.pagination import Page, clamp_limit, decode_cursor, encode_cursor
from otklik.profiles.public import ProfileItem, list_profiles, newest_of
from otklik.runtime.web.providers import Now, OpenTx, Rt
from otklik.segments.http.common import Limit, note
from otklik.segments.model import Segment
from otklik.segments.operations.edit import change_members
from otklik.segments.operations.lists import Listed, ListedAs, add_listed, freeze_moment
from otklik.segments.queries.counts import stored_members
from otklik.segments.queries.records import get_segment


class MemberChanges(msgspec.Struct, forbid_unknown_fields=True):
    add: list[int] = []
    remove: list[int] = []


class ListedPeople(msgspec.Struct, forbid_unknown_fields=True):
    """`text`: identifiers, one a line or parted by commas, semicolons or tabs."""

    text: str
    kind: ListedAs = "auto"


class PastMoment(msgspec.Struct, forbid_unknown_fields=True):
    """`name`: of the list to be made."""

    at: datetime
    name: str


class Members(Controller):
    path = "/segments"
    tags = ["Segments"]

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
        await note(tx, who, "segment_members_changed", segment_id, now)
        return await get_segment(tx, workspace_id=who.workspace_id, segment_id=segment_id)

    @post(
        "/{segment_id:uuid}/members/listed",
        operation_id="add_listed_members",
        guards=[requires(Permission.EDIT)],
        status_code=200,
    )
    async def add_from_text(
        self,
        *,
        rt: Rt,
        tx: OpenTx,
        who: Who,
        now: Now,
        segment_id: FromPath[UUID],
        data: JSONBody[ListedPeople],
    ) -> Listed:
        """Add the people of a pasted text or file to a list: addresses, phones or ids."""
        listed = await add_listed(
            rt,
            tx,
            workspace_id=who.workspace_id,
            segment_id=segment_id,
            text=data.text,
            kind=data.kind,
            now=now,
        )
        await note(tx, who, "segment_members_changed", segment_id, now)
        return listed

    @post(
        "/{segment_id:uuid}/frozen",
        operation_id="freeze_segment",
        guards=[requires(Permission.EDIT)],
    )
    async def freeze(
        self,
        *,
        rt: Rt,
        tx: OpenTx,
        who: Who,
        now: Now,
        segment_id: FromPath[UUID],
        data: JSONBody[PastMoment],
    ) -> Segment:
        """Make a list of those who were in a segment at a past moment."""
        list_id = await freeze_moment(
            rt,
            tx,
            workspace_id=who.workspace_id,
            segment_id=segment_id,
            name=data.name,
            at=data.at,
            now=now,
        )
        await note(tx, who, "segment_created", list_id, now)
        return await get_segment(tx, workspace_id=who.workspace_id, segment_id=list_id)
