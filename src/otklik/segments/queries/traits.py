"""Which traits the conditions of segments ask for."""

from __future__ import annotations

from uuid import UUID

from otklik.rules import tree
from otklik.runtime.public import Tx
from otklik.segments.queries.records import all_records


async def traits_of_segments(
    tx: Tx, *, workspace_id: int
) -> list[tuple[UUID, str, frozenset[str]]]:
    """Return id, name and traits of every segment that recounts itself by conditions."""
    return [
        (record.id, record.name, _traits(record.definition))
        for record in await all_records(tx, workspace_id=workspace_id)
        if record.is_dynamic and record.definition is not None
    ]


def _traits(node: tree.Node) -> frozenset[str]:
    if isinstance(node, tree.TraitCondition):
        return frozenset((node.trait,))
    if isinstance(node, tree.Group):
        return frozenset().union(*(_traits(child) for child in node.of))
    return frozenset()
