"""Creating, changing and deleting segments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.kit.errors import Problem
from otklik.kit.i18n import Text
from otklik.kit.ids import new_id
from otklik.kit.uses import UseState
from otklik.profiles.public import current_ids
from otklik.rules import tree
from otklik.rules.cycles import cycle_of
from otklik.rules.errors import DefinitionInvalid
from otklik.runtime.public import Runtime, Tx
from otklik.segments import tables as t
from otklik.segments.errors import (
    NotAList,
    SegmentCycle,
    SegmentInUse,
    SegmentInvalid,
)
from otklik.segments.model import (
    CHANGE_MAX,
    DESCRIPTION_MAX,
    NAME_MAX,
    SEGMENTS_MAX,
    RunReason,
    SegmentKind,
)
from otklik.segments.operations.folders import check_folder
from otklik.segments.operations.refresh import Outcome, store_list, wait_lock, write_outcome
from otklik.segments.overtime.changes import tell_changes
from otklik.segments.queries.records import (
    Record,
    all_records,
    definitions_of,
    get_record,
    names_of,
    used_by,
)


async def create_segment(
    tx: Tx,
    *,
    workspace_id: int,
    name: str,
    description: str = "",
    kind: SegmentKind = SegmentKind.DYNAMIC,
    definition: tree.Node | None = None,
    folder_id: UUID | None = None,
    now: datetime,
) -> UUID:
    """Create a segment; it has no members until it is refreshed.

    A dynamic one needs a definition. A static one with a definition is frozen from it at its first
    refresh; one without is an empty list.
    Raises: SegmentInvalid, DefinitionInvalid (it names a segment that does not exist),
    FolderNotFound.
    """
    problems = _check_texts(name, description)
    if kind is SegmentKind.DYNAMIC and definition is None:
        problems.append(
            Problem(
                "$.definition",
                Text(en="Conditions are needed.", ru="Нужны условия."),
                code="missing_field",
            )
        )
    records = await all_records(tx, workspace_id=workspace_id)
    if len(records) >= SEGMENTS_MAX:
        problems.append(
            Problem(
                "$",
                Text(
                    en=f"A workspace may have at most {SEGMENTS_MAX} segments.",
                    ru=f"В рабочем пространстве может быть не больше {SEGMENTS_MAX} сегментов.",
                ),
                code="too_many",
            )
        )
    if problems:
        raise SegmentInvalid(problems=problems)
    if definition is not None:
        _check_references(definition, records)
    if folder_id is not None:
        await check_folder(tx, workspace_id=workspace_id, folder_id=folder_id)
    segment_id = new_id()
    await tx.execute(
        t.segments.insert().values(
            id=segment_id,
            workspace_id=workspace_id,
            name=name.strip(),
            description=description.strip(),
            kind=kind.value,
            definition=None if definition is None else tree.to_builtins(definition),
            folder_id=folder_id,
            created_at=now,
            updated_at=now,
        )
    )
    return segment_id


async def update_segment(
    tx: Tx,
    *,
    workspace_id: int,
    segment_id: UUID,
    name: str | msgspec.UnsetType = msgspec.UNSET,
    description: str | msgspec.UnsetType = msgspec.UNSET,
    definition: tree.Node | msgspec.UnsetType = msgspec.UNSET,
    folder_id: UUID | msgspec.UnsetType | None = msgspec.UNSET,
    archived: bool | msgspec.UnsetType = msgspec.UNSET,
    now: datetime,
) -> bool:
    """Change what is given; returns whether the members must be computed anew.

    An archived segment is not recalculated; taken out of the archive it is.
    Raises: SegmentNotFound, SegmentInvalid, DefinitionInvalid, SegmentCycle, FolderNotFound;
    SegmentInUse when it is to be archived and something that is not over uses it.
    """
    # The lock keeps a recalculation by the old definition from ending after this change.
    await wait_lock(tx, segment_id)
    record = await get_record(tx, workspace_id=workspace_id, segment_id=segment_id)
    problems = _check_texts(
        record.name if isinstance(name, msgspec.UnsetType) else name,
        "" if isinstance(description, msgspec.UnsetType) else description,
    )
    if problems:
        raise SegmentInvalid(problems=problems)
    values: dict[str, Any] = {"updated_at": now}
    if not isinstance(name, msgspec.UnsetType):
        values["name"] = name.strip()
    if not isinstance(description, msgspec.UnsetType):
        values["description"] = description.strip()
    recompute = False
    if not isinstance(folder_id, msgspec.UnsetType):
        if folder_id is not None:
            await check_folder(tx, workspace_id=workspace_id, folder_id=folder_id)
        values["folder_id"] = folder_id
    if not isinstance(archived, msgspec.UnsetType) and archived != record.is_archived:
        if archived:
            await _lock_definitions(tx, workspace_id)
            await _check_unused(tx, workspace_id=workspace_id, segment_id=segment_id)
        values["archived_at"] = now if archived else None
        recompute = not archived and record.is_dynamic
    if not isinstance(definition, msgspec.UnsetType):
        if not record.is_dynamic:
            raise SegmentInvalid(problems=[_LIST_HAS_NO_CONDITIONS])
        await _lock_definitions(tx, workspace_id)
        records = await all_records(tx, workspace_id=workspace_id)
        _check_references(definition, records)
        _check_cycle(segment_id, definition, records)
        values["definition"] = tree.to_builtins(definition)
        recompute = recompute or definition != record.definition
    if recompute:
        values["stale_since"] = now
    await tx.execute(
        t.segments.update()
        .where(t.segments.c.workspace_id == workspace_id, t.segments.c.id == segment_id)
        .values(**values)
    )
    return recompute


async def delete_segment(tx: Tx, *, workspace_id: int, segment_id: UUID) -> None:
    """Delete a segment; its memberships go with the daily clean-up.

    Raises: SegmentNotFound; SegmentInUse when a segment, a campaign that is not over or anything
    else uses it.
    """
    await wait_lock(tx, segment_id)
    await _lock_definitions(tx, workspace_id)
    await get_record(tx, workspace_id=workspace_id, segment_id=segment_id)
    await _check_unused(tx, workspace_id=workspace_id, segment_id=segment_id)
    await tx.execute(
        t.segments.delete().where(
            t.segments.c.workspace_id == workspace_id, t.segments.c.id == segment_id
        )
    )


async def _check_unused(tx: Tx, *, workspace_id: int, segment_id: UUID) -> None:
    uses = (await used_by(tx, workspace_id=workspace_id, segment_ids=[segment_id]))[segment_id]
    # What is over has its audience frozen; it must not keep the segment for ever.
    needed = [use for use in uses if use.state is not UseState.OVER]
    if needed:
        raise SegmentInUse(users=", ".join(f"«{use.name}»" for use in needed[:5]))


async def change_members(
    rt: Runtime,
    tx: Tx,
    *,
    workspace_id: int,
    segment_id: UUID,
    add: Sequence[int] = (),
    remove: Sequence[int] = (),
    now: datetime,
) -> int:
    """Add profiles to a list and take others out; returns its size.

    Ids of profiles that were merged stand for the present ones; unknown ids are left out.
    Raises: SegmentNotFound, NotAList, SegmentInvalid (too many ids at once).
    """
    await wait_lock(tx, segment_id)
    record = await get_record(tx, workspace_id=workspace_id, segment_id=segment_id)
    if record.is_dynamic:
        raise NotAList()
    if len(add) + len(remove) > CHANGE_MAX:
        raise SegmentInvalid(
            problems=[
                Problem(
                    "$",
                    Text(
                        en=f"At most {CHANGE_MAX} people can be added or taken out at once.",
                        ru=f"За раз можно добавить или убрать не больше {CHANGE_MAX} клиентов.",
                    ),
                    code="too_many",
                )
            ]
        )
    asked = [one for one in {*add, *remove} if 0 < one < 2**63]
    present = await current_ids(tx, workspace_id=workspace_id, profile_ids=asked)
    size = await store_list(
        rt,
        workspace_id=workspace_id,
        segment_id=segment_id,
        add=sorted({present[one] for one in add if one in present}),
        remove=sorted({present[one] for one in remove if one in present}),
        now=now,
    )
    await write_outcome(
        tx,
        record=record,
        asked=None,
        outcome=Outcome(took_ms=0, size=size),
        reason=RunReason.CHANGED,
        now=now,
    )
    await tell_changes(rt, tx, workspace_id=workspace_id, segment_ids=[segment_id], now=now)
    return size


_LIST_HAS_NO_CONDITIONS = Problem(
    "$.definition",
    Text(
        en="A list does not recount itself, so it has no conditions to change.",
        ru="Список не пересчитывается, поэтому условий у него нет.",
    ),
    code="not_allowed",
)


async def _lock_definitions(tx: Tx, workspace_id: int) -> None:
    # Two changes at once could make a cycle that neither of them sees.
    await tx.execute(
        sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"),
        {"name": f"segments:{workspace_id}"},
    )


def _check_texts(name: str, description: str) -> list[Problem]:
    problems = []
    if not 0 < len(name.strip()) <= NAME_MAX or "\0" in name:
        problems.append(
            Problem(
                "$.name",
                Text(
                    en=f"A name of 1 to {NAME_MAX} characters is needed.",
                    ru=f"Нужно название длиной от 1 до {NAME_MAX} символов.",
                ),
                code="bad_name",
            )
        )
    if len(description) > DESCRIPTION_MAX or "\0" in description:
        problems.append(
            Problem(
                "$.description",
                Text(
                    en=f"A description may have at most {DESCRIPTION_MAX} characters.",
                    ru=f"В описании может быть не больше {DESCRIPTION_MAX} символов.",
                ),
                code="too_long",
            )
        )
    return problems


def _check_references(definition: tree.Node, records: Sequence[Record]) -> None:
    # An archived segment is no longer recalculated, so nothing new may lean on it.
    known = {record.id for record in records if not record.is_archived}
    problems = [
        Problem(
            f"{path}.segment_id",
            Text(en="There is no such segment.", ru="Такого сегмента нет."),
            code="unknown_segment",
        )
        for path, node in tree.walk(definition)
        if isinstance(node, tree.SegmentCondition) and node.segment_id not in known
    ]
    if problems:
        raise DefinitionInvalid(problems=problems, count=len(problems))


def _check_cycle(segment_id: UUID, definition: tree.Node, records: Sequence[Record]) -> None:
    cycle = cycle_of(segment_id, definitions_of(records), of=definition)
    if cycle is not None:
        names = names_of(records)
        raise SegmentCycle(path=" → ".join(f"«{names[one]}»" for one in cycle))
