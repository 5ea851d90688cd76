"""Segments over time over HTTP."""

from datetime import date, datetime, time, timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from otklik.accounts.public import Permission, Principal, Who, get_workspace, requires
from otklik.kit.pagination import Page
from otklik.profiles.public import Ids, ProfileItem, list_profiles
from otklik.runtime.public import Runtime, Tx
from otklik.runtime.web.providers import Now, OpenTx, Rt
from otklik.segments.http.common import Limit, note
from otklik.segments.model import Segment
from otklik.segments.overtime.bitmaps import People
from otklik.segments.overtime.changes import changed_people, changes_by_day
from otklik.segments.overtime.flows import chosen_names, flows, people_of_link
from otklik.segments.overtime.keeping import keep_people
from otklik.segments.overtime.model import (
    FLOW_SEGMENTS_MAX,
    OVERLAP_SEGMENTS_MAX,
    Change,
    DayOfChanges,
    Flows,
    Overlap,
)
from otklik.segments.overtime.overlap import overlap, people_of_region
from otklik.segments.queries.records import get_segment


class FlowChoice(msgspec.Struct, forbid_unknown_fields=True):
    """One to eight segments; somebody in several counts in the first of them."""

    segment_ids: list[UUID]
    before: datetime
    after: datetime


class FlowPart(FlowChoice, forbid_unknown_fields=True):
    """A link: `source` and `target` number the segments from 0; -1 is outside all of them."""

    source: int
    target: int


class FlowList(FlowPart, forbid_unknown_fields=True):
    name: str


class OverlapChoice(msgspec.Struct, forbid_unknown_fields=True):
    """Two to six segments."""

    segment_ids: list[UUID]


class OverlapPart(OverlapChoice, forbid_unknown_fields=True):
    """People in exactly the segments numbered by `inside`, from 0."""

    inside: list[int]


class OverlapList(OverlapPart, forbid_unknown_fields=True):
    name: str


async def _people_of_flow(tx: Tx, who: Principal, data: FlowPart) -> People:
    await chosen_names(
        tx,
        workspace_id=who.workspace_id,
        segment_ids=data.segment_ids,
        most=FLOW_SEGMENTS_MAX,
    )
    return people_of_link(
        workspace_id=who.workspace_id,
        segment_ids=data.segment_ids,
        before=data.before,
        after=data.after,
        source=data.source,
        target=data.target,
    )


async def _people_of_overlap(tx: Tx, who: Principal, data: OverlapPart) -> People:
    await chosen_names(
        tx,
        workspace_id=who.workspace_id,
        segment_ids=data.segment_ids,
        least=2,
        most=OVERLAP_SEGMENTS_MAX,
    )
    return people_of_region(
        workspace_id=who.workspace_id, segment_ids=data.segment_ids, inside=data.inside
    )


async def _page(
    rt: Runtime, tx: Tx, people: People, cursor: str | None, limit: int
) -> Page[ProfileItem]:
    async def read(before: int | None, most: int | None) -> Ids:
        return await people.newest(rt, before=before, limit=most)

    return await list_profiles(
        tx, workspace_id=people.workspace_id, within=read, cursor=cursor, limit=limit
    )


async def _kept(
    rt: Runtime, tx: Tx, who: Principal, name: str, people: People, now: datetime
) -> Segment:
    list_id = await keep_people(
        rt, tx, workspace_id=who.workspace_id, name=name, people=people, now=now
    )
    await note(tx, who, "segment_created", list_id, now)
    return await get_segment(tx, workspace_id=who.workspace_id, segment_id=list_id)


class OverTime(Controller):
    path = "/segments"
    tags = ["Segments"]

    @post(
        "/flows",
        operation_id="segment_flows",
        guards=[requires(Permission.VIEW)],
        status_code=200,
    )
    async def flows(self, *, rt: Rt, tx: OpenTx, who: Who, data: JSONBody[FlowChoice]) -> Flows:
        """How people moved between segments from one moment to another."""
        return await flows(
            rt,
            tx,
            workspace_id=who.workspace_id,
            segment_ids=data.segment_ids,
            before=data.before,
            after=data.after,
        )

    @post(
        "/flows/people",
        operation_id="segment_flow_people",
        guards=[requires(Permission.VIEW)],
        status_code=200,
    )
    async def people_of_flow(
        self,
        *,
        rt: Rt,
        tx: OpenTx,
        who: Who,
        data: JSONBody[FlowPart],
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> Page[ProfileItem]:
        """The people behind an arrow, newest first."""
        return await _page(rt, tx, await _people_of_flow(tx, who, data), cursor, limit)

    @post(
        "/flows/list",
        operation_id="keep_segment_flow",
        guards=[requires(Permission.EDIT)],
    )
    async def keep_flow(
        self, *, rt: Rt, tx: OpenTx, who: Who, now: Now, data: JSONBody[FlowList]
    ) -> Segment:
        """Make a list of the people behind an arrow."""
        people = await _people_of_flow(tx, who, data)
        return await _kept(rt, tx, who, data.name, people, now)

    @post(
        "/overlap",
        operation_id="segment_overlap",
        guards=[requires(Permission.VIEW)],
        status_code=200,
    )
    async def overlap(
        self, *, rt: Rt, tx: OpenTx, who: Who, data: JSONBody[OverlapChoice]
    ) -> Overlap:
        """How two to six segments overlap."""
        return await overlap(rt, tx, workspace_id=who.workspace_id, segment_ids=data.segment_ids)

    @post(
        "/overlap/people",
        operation_id="segment_overlap_people",
        guards=[requires(Permission.VIEW)],
        status_code=200,
    )
    async def people_of_overlap(
        self,
        *,
        rt: Rt,
        tx: OpenTx,
        who: Who,
        data: JSONBody[OverlapPart],
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> Page[ProfileItem]:
        """The people in exactly these segments, newest first."""
        return await _page(rt, tx, await _people_of_overlap(tx, who, data), cursor, limit)

    @post(
        "/overlap/list",
        operation_id="keep_segment_overlap",
        guards=[requires(Permission.EDIT)],
    )
    async def keep_overlap(
        self, *, rt: Rt, tx: OpenTx, who: Who, now: Now, data: JSONBody[OverlapList]
    ) -> Segment:
        """Make a list of the people in exactly these segments."""
        people = await _people_of_overlap(tx, who, data)
        return await _kept(rt, tx, who, data.name, people, now)

    @get(
        "/{segment_id:uuid}/changes",
        operation_id="segment_changes",
        guards=[requires(Permission.VIEW)],
    )
    async def changes(
        self,
        *,
        rt: Rt,
        tx: OpenTx,
        who: Who,
        now: Now,
        segment_id: FromPath[UUID],
        days: Annotated[int, QueryParameter(ge=1, le=366)] = 30,
    ) -> list[DayOfChanges]:
        """How many people entered and left on each day, today the last."""
        await get_segment(tx, workspace_id=who.workspace_id, segment_id=segment_id)
        workspace = await get_workspace(tx, workspace_id=who.workspace_id)
        return await changes_by_day(
            rt,
            workspace_id=who.workspace_id,
            segment_id=segment_id,
            zone=workspace.timezone,
            days=days,
            now=now,
        )

    @get(
        "/{segment_id:uuid}/changes/people",
        operation_id="segment_changed_people",
        guards=[requires(Permission.VIEW)],
    )
    async def people_of_change(
        self,
        *,
        rt: Rt,
        tx: OpenTx,
        who: Who,
        segment_id: FromPath[UUID],
        change: FromQuery[Change],
        day: FromQuery[date],
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> Page[ProfileItem]:
        """Who entered or left on a day of the workspace's zone, newest first."""
        await get_segment(tx, workspace_id=who.workspace_id, segment_id=segment_id)
        zone = ZoneInfo((await get_workspace(tx, workspace_id=who.workspace_id)).timezone)
        since, until = (
            datetime.combine(day + timedelta(days=days), time(), zone) - timedelta(milliseconds=1)
            for days in (0, 1)
        )

        async def read(before: int | None, most: int | None) -> Ids:
            return await changed_people(
                rt,
                workspace_id=who.workspace_id,
                segment_id=segment_id,
                change=change,
                since=since,
                until=until,
                below=before,
                limit=most,
            )

        return await list_profiles(
            tx, workspace_id=who.workspace_id, within=read, cursor=cursor, limit=limit
        )


HANDLERS = [OverTime]
