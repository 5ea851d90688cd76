"""What is told of segments over time."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

FLOW_SEGMENTS_MAX = 8
OVERLAP_SEGMENTS_MAX = 6
OUTSIDE = -1
"""The place of those who are in none of the segments."""

Change = Literal["entered", "left"]


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """A segment as it was: `at` is when the membership that counts was computed; null when none
    is known of so early a time, and then the segment is told as empty."""

    segment_id: UUID
    name: str
    at: datetime | None
    size: int


class Link(msgspec.Struct, frozen=True):
    """People who were in one place and are in another. Places are numbers of the segments as they
    were named, from 0; -1 is outside all of them."""

    source: int
    target: int
    count: int


class Flows(msgspec.Struct, frozen=True, kw_only=True):
    """How people moved between segments from one moment to another.

    Somebody in several segments counts in the first of them, so each person is in one place and
    the links of a place add up to the people in it. People outside at both moments are left out.
    """

    before: list[Moment]
    after: list[Moment]
    links: list[Link]


class Region(msgspec.Struct, frozen=True):
    """People in exactly these of the segments: `inside` numbers them as they were named."""

    inside: list[int]
    count: int


class Overlap(msgspec.Struct, frozen=True, kw_only=True):
    """How segments overlap. `regions`: every one that has somebody, the largest first."""

    segments: list[Moment]
    regions: list[Region]
    union: int


class DayOfChanges(msgspec.Struct, frozen=True, kw_only=True):
    """How many entered and left a segment on a day of the workspace's zone."""

    date: str
    entered: int
    left: int


class SegmentChanged(msgspec.Struct, frozen=True, kw_only=True):
    """News: people entered or left a segment. `changed_people` with `at` gives who.

    A segment's first membership is no news: nobody entered what was not there.
    """

    workspace_id: int
    segment_id: UUID
    at: datetime
    entered: int
    left: int
    now: datetime
