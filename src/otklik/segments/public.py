"""The door of segments.

    members(rt, *, workspace_id, segment_id, now) -> sorted numpy uint64, exact at `now`
    stored_members(rt, *, workspace_id, segment_id, now, after=None, limit=None)
        -> the same from the latest stored membership, whole or by pages (`after`: last id seen)
    newest_members(rt, *, workspace_id, segment_id, now, before=None, limit=None)
        -> a page for a list that begins with the newest; computes what was never computed
    count_definition(rt, *, workspace_id, definition, now) -> SegmentCount
    members_of_definition(rt, *, workspace_id, definition, now) -> sorted numpy uint64
    memberships(rt, *, workspace_id, profile_id) -> segments that hold a person
    explain_segment(rt, *, workspace_id, segment_id, profile_id, lang, now)
    create_segment / update_segment / delete_segment / change_members / refresh_segment
    register_sources(lookup): an upper slice tells the names of campaigns; called in wiring
    register_usage(lookup): an upper slice tells what uses a segment; called in wiring

A definition is a tree from `otklik.rules.parse.parse`.
"""

from otklik.segments.errors import (
    DefinitionTooHeavy,
    NotAList,
    SegmentBusy,
    SegmentCycle,
    SegmentInUse,
    SegmentInvalid,
    SegmentNotFound,
)
from otklik.segments.model import (
    Explanation,
    RunReason,
    Segment,
    SegmentCount,
    SegmentExplanation,
    SegmentKind,
    SizePoint,
    Use,
)
from otklik.segments.operations.edit import (
    change_members,
    create_segment,
    delete_segment,
    update_segment,
)
from otklik.segments.operations.refresh import Outcome, refresh_segment
from otklik.segments.overtime.changes import changed_people
from otklik.segments.overtime.model import Change, SegmentChanged
from otklik.segments.overtime.recorded import recorded_people
from otklik.segments.queries.counts import (
    Ids,
    count_definition,
    members,
    members_of_definition,
    newest_members,
    stored_members,
)
from otklik.segments.queries.people import (
    explain_definition,
    explain_segment,
    load_facts,
    memberships,
)
from otklik.segments.queries.person_history import Stay, membership_history
from otklik.segments.queries.records import get_segment, list_segments, segment_names, size_history
from otklik.segments.queries.traits import traits_of_segments
from otklik.segments.usage import UsageLookup, register_sources, register_usage

__all__ = [
    "Change",
    "DefinitionTooHeavy",
    "Explanation",
    "Ids",
    "NotAList",
    "Outcome",
    "RunReason",
    "Segment",
    "SegmentBusy",
    "SegmentChanged",
    "SegmentCount",
    "SegmentCycle",
    "SegmentExplanation",
    "SegmentInUse",
    "SegmentInvalid",
    "SegmentKind",
    "SegmentNotFound",
    "SizePoint",
    "Stay",
    "UsageLookup",
    "Use",
    "change_members",
    "changed_people",
    "count_definition",
    "create_segment",
    "delete_segment",
    "explain_definition",
    "explain_segment",
    "get_segment",
    "list_segments",
    "load_facts",
    "members",
    "members_of_definition",
    "membership_history",
    "memberships",
    "newest_members",
    "recorded_people",
    "refresh_segment",
    "register_sources",
    "register_usage",
    "segment_names",
    "size_history",
    "stored_members",
    "traits_of_segments",
    "update_segment",
]
