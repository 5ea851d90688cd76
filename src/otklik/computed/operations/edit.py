"""Creating, changing and removing computed traits."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from otklik.computed import model as m
from otklik.computed import tables as t
from otklik.computed.errors import ComputedTraitInUse, ComputedTraitInvalid, ComputedTraitNotFound
from otklik.computed.parse import name_problems, to_builtins
from otklik.computed.queries.records import Record, computed_names, get_record
from otklik.computed.usage import used_by
from otklik.kit.errors import Problem
from otklik.kit.i18n import Text
from otklik.kit.ids import new_id
from otklik.runtime.public import Runtime, Tx


async def create_trait(
    rt: Runtime,
    tx: Tx,
    *,
    workspace_id: int,
    name: str,
    title: str = "",
    definition: m.Definition,
    now: datetime,
) -> UUID:
    """Create a computed trait; a job computes it as soon as `tx` commits.

    Raises: ComputedTraitInvalid (a name that is reserved or taken, too many traits).
    """
    name = name.strip()
    problems = name_problems(name, title)
    await _lock_names(tx, workspace_id)
    taken = await computed_names(tx, workspace_id=workspace_id)
    if name in taken:
        problems.append(
            Problem(
                "$.name",
                Text(
                    en="There is a computed trait of this name already.",
                    ru="Вычисляемое свойство с таким именем уже есть.",
                ),
                code="name_taken",
            )
        )
    if len(taken) >= m.TRAITS_MAX:
        problems.append(
            Problem(
                "$",
                Text(
                    en=f"A workspace may have at most {m.TRAITS_MAX} computed traits.",
                    ru=f"В пространстве может быть не больше {m.TRAITS_MAX} вычисляемых свойств.",
                ),
                code="too_many",
            )
        )
    if problems:
        raise ComputedTraitInvalid(problems=problems)
    trait_id = new_id()
    await tx.execute(
        t.computed_traits.insert().values(
            id=trait_id,
            workspace_id=workspace_id,
            name=name,
            title=title.strip(),
            definition=to_builtins(definition),
            state=m.ComputedState.ACTIVE.value,
            created_at=now,
            updated_at=now,
        )
    )
    await run_soon(rt, tx, workspace_id=workspace_id, trait_id=trait_id)
    return trait_id


async def update_trait(
    rt: Runtime,
    tx: Tx,
    *,
    workspace_id: int,
    trait_id: UUID,
    title: str | msgspec.UnsetType = msgspec.UNSET,
    definition: m.Definition | msgspec.UnsetType = msgspec.UNSET,
    now: datetime,
) -> None:
    """Change what is given; a new definition is computed for everybody by a job.

    The name stays: segments and letters know it. Raises: ComputedTraitNotFound,
    ComputedTraitInvalid.
    """
    record = await _active(tx, workspace_id, trait_id)
    values: dict[str, object] = {"updated_at": now}
    if title is not msgspec.UNSET:
        problems = name_problems(record.name, title)
        if problems:
            raise ComputedTraitInvalid(problems=problems)
        values["title"] = title.strip()
    changed = definition is not msgspec.UNSET and definition != record.definition
    if definition is not msgspec.UNSET and changed:
        values |= {"definition": to_builtins(definition), "requested_at": now}
    c = t.computed_traits.c
    await tx.execute(
        t.computed_traits.update()
        .where(c.workspace_id == workspace_id, c.id == trait_id)
        .values(**values)
    )
    if changed:
        await run_soon(rt, tx, workspace_id=workspace_id, trait_id=trait_id)


async def request_run(
    rt: Runtime, tx: Tx, *, workspace_id: int, trait_id: UUID, now: datetime
) -> None:
    """Ask for all values anew; a job does it. Raises: ComputedTraitNotFound."""
    await _active(tx, workspace_id, trait_id)
    c = t.computed_traits.c
    await tx.execute(
        t.computed_traits.update()
        .where(c.workspace_id == workspace_id, c.id == trait_id)
        .values(requested_at=now)
    )
    await run_soon(rt, tx, workspace_id=workspace_id, trait_id=trait_id)


async def delete_trait(rt: Runtime, tx: Tx, *, workspace_id: int, trait_id: UUID) -> None:
    """Remove a computed trait that nothing uses; a job takes its values away.

    Until that is done the trait is shown as being removed and its name stays taken.
    Raises: ComputedTraitNotFound, ComputedTraitInUse.
    """
    record = await _active(tx, workspace_id, trait_id)
    uses = await used_by(tx, workspace_id=workspace_id, names=[record.name])
    if uses[record.name]:
        raise ComputedTraitInUse(users=", ".join(f"«{use.name}»" for use in uses[record.name]))
    c = t.computed_traits.c
    await tx.execute(
        t.computed_traits.update()
        .where(c.workspace_id == workspace_id, c.id == trait_id)
        .values(state=m.ComputedState.REMOVING.value)
    )
    await rt.jobs.defer(
        tx,
        "computed.remove",
        args={"workspace_id": workspace_id, "trait_id": str(trait_id)},
        single=f"computed-removal:{trait_id}",
    )


async def run_soon(rt: Runtime, tx: Tx, *, workspace_id: int, trait_id: UUID) -> None:
    await rt.jobs.defer(
        tx,
        "computed.run",
        args={"workspace_id": workspace_id, "trait_id": str(trait_id)},
        single=f"computed:{trait_id}",
    )


async def _active(tx: Tx, workspace_id: int, trait_id: UUID) -> Record:
    record = await get_record(tx, workspace_id=workspace_id, trait_id=trait_id)
    if record.state is not m.ComputedState.ACTIVE:
        raise ComputedTraitNotFound()
    return record


async def _lock_names(tx: Tx, workspace_id: int) -> None:
    """Two who create a trait at once must see each other's names."""
    await tx.execute(
        sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"),
        {"name": f"computed-names:{workspace_id}"},
    )
