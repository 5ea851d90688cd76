"""Lists of people: from identifiers in a text or a file, and from a moment of another segment."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from otklik.kit.errors import Problem
from otklik.kit.i18n import Text
from otklik.profiles.public import Identifier, current_ids, normalise, owners_of
from otklik.rules.moments import epoch_millis
from otklik.runtime.public import Runtime, Tx
from otklik.segments.engine import REFRESH_S, store
from otklik.segments.errors import MomentUnknown, SegmentInvalid
from otklik.segments.model import CHANGE_MAX, RunReason, SegmentKind
from otklik.segments.operations.edit import change_members, create_segment
from otklik.segments.operations.refresh import Outcome, stored_size, write_outcome
from otklik.segments.queries.records import get_record

LISTED_MAX = 200_000
"""Values in one text; a larger file is for an import."""
TEXT_MAX = 8_000_000
EXAMPLES_MAX = 20
_BETWEEN = re.compile(r"[\r\n;\t,]+")
ListedAs = Literal["auto", "email", "phone", "user_id", "profile_id"]


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a text: `found` different people, `unknown` values nobody has (`examples`:
    the first of them), `size` of the list afterwards."""

    values: int
    found: int
    unknown: int
    examples: list[str]
    size: int


async def add_listed(
    rt: Runtime,
    tx: Tx,
    *,
    workspace_id: int,
    segment_id: UUID,
    text: str,
    kind: ListedAs = "auto",
    now: datetime,
) -> Listed:
    """Add the people whose identifiers stand in a text, one a line or parted by commas,
    semicolons or tabs. `auto`: what has an @ is an e-mail, what looks like a phone is one, the
    rest are user ids. Values that nobody has are told and left out.

    Raises: SegmentNotFound, NotAList, SegmentInvalid (nothing in the text, or too much).
    """
    values = _values(text)
    owners = await _owners(tx, workspace_id=workspace_id, values=values, kind=kind)
    found = list(dict.fromkeys(owners.values()))
    unknown = [value for value in values if value not in owners]
    size = 0
    for start in range(0, max(1, len(found)), CHANGE_MAX):
        size = await change_members(
            rt,
            tx,
            workspace_id=workspace_id,
            segment_id=segment_id,
            add=found[start : start + CHANGE_MAX],
            now=now,
        )
    return Listed(
        values=len(values),
        found=len(found),
        unknown=len(unknown),
        examples=[value[:100] for value in unknown[:EXAMPLES_MAX]],
        size=size,
    )


def _values(text: str) -> list[str]:
    if len(text) > TEXT_MAX:
        raise _refused("too_long", f"{TEXT_MAX:,} characters", f"{TEXT_MAX:,} символов")
    parts = (part.strip().strip("\"'").strip() for part in _BETWEEN.split(text.lstrip("\ufeff")))
    values = list(dict.fromkeys(part for part in parts if part))
    if len(values) > LISTED_MAX:
        raise _refused("too_many", f"{LISTED_MAX:,} values", f"{LISTED_MAX:,} значений")
    if not values:
        raise SegmentInvalid(
            problems=[
                Problem(
                    "$.text",
                    Text(en="There are no values in the text.", ru="В тексте нет значений."),
                    code="empty",
                )
            ]
        )
    return values


def _refused(code: str, en: str, ru: str) -> SegmentInvalid:
    return SegmentInvalid(
        problems=[
            Problem(
                "$.text",
                Text(
                    en=f"At most {en} at once. Use an import for more.",
                    ru=f"За раз не больше {ru}. Для большего есть импорт.".replace(",", "\u00a0"),
                ),
                code=code,
            )
        ]
    )


async def _owners(
    tx: Tx, *, workspace_id: int, values: Iterable[str], kind: ListedAs
) -> dict[str, int]:
    """Return the present profile of each value that somebody has."""
    if kind == "profile_id":
        asked = {value: int(value) for value in values if value.isdecimal() and len(value) < 19}
        present = await current_ids(
            tx, workspace_id=workspace_id, profile_ids=list(set(asked.values()))
        )
        return {value: present[one] for value, one in asked.items() if one in present}
    names: dict[str, tuple[str, str]] = {}
    for value in values:
        identifier = normalise(_kind_of(value) if kind == "auto" else kind, value)
        if isinstance(identifier, Identifier):
            names[value] = (identifier.kind, identifier.value)
    owners = await owners_of(tx, workspace_id=workspace_id, names=names.values())
    return {value: owners[name] for value, name in names.items() if name in owners}


_PHONE = re.compile(r"\+?[\d\s()\-]{10,20}", re.ASCII)


def _kind_of(value: str) -> str:
    if "@" in value:
        return "email"
    return "phone" if _PHONE.fullmatch(value) else "user_id"


async def freeze_moment(
    rt: Runtime,
    tx: Tx,
    *,
    workspace_id: int,
    segment_id: UUID,
    name: str,
    at: datetime,
    now: datetime,
) -> UUID:
    """Make a list of those who were in a segment at a past moment: of the membership that was
    the latest one then.

    Raises: SegmentNotFound, SegmentInvalid; MomentUnknown before the first recalculation.
    """
    record = await get_record(tx, workspace_id=workspace_id, segment_id=segment_id)
    where = (
        "workspace_id = {workspace:UInt32} AND segment_id = {source:UUID}"
        " AND toUnixTimestamp64Milli(computed_at) <= {before:Int64}"
    )
    values = {
        "workspace": workspace_id,
        "source": str(segment_id),
        "before": epoch_millis(at),
    }
    known = await rt.ch.query(f"SELECT count() FROM segment_memberships WHERE {where}", values)
    if not known[0][0]:
        raise MomentUnknown()
    list_id = await create_segment(
        tx,
        workspace_id=workspace_id,
        name=name,
        description="",
        kind=SegmentKind.STATIC,
        folder_id=record.folder_id,
        now=now,
    )
    await store(
        rt,
        "INSERT INTO segment_memberships (workspace_id, segment_id, computed_at, members, size)"
        " SELECT {workspace:UInt32}, {target:UUID}, fromUnixTimestamp64Milli({at:Int64}, 'UTC'),"
        " groupBitmapMergeState(members) AS everybody, bitmapCardinality(everybody)"
        f" FROM segment_memberships WHERE {where} AND computed_at ="
        f" (SELECT max(computed_at) FROM segment_memberships WHERE {where})",
        {**values, "target": str(list_id), "at": epoch_millis(now)},
        limit_s=REFRESH_S,
    )
    size = await stored_size(rt, workspace_id=workspace_id, segment_id=list_id)
    await write_outcome(
        tx,
        record=await get_record(tx, workspace_id=workspace_id, segment_id=list_id),
        asked=None,
        outcome=Outcome(took_ms=0, size=size),
        reason=RunReason.CREATED,
        now=now,
    )
    return list_id
