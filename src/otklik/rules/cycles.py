"""Segments that contain each other in a circle."""

from __future__ import annotations

from uuid import UUID

from otklik.rules import tree


def cycle_of(
    start: UUID, definitions: dict[UUID, tree.Node], *, of: tree.Node
) -> tuple[UUID, ...] | None:
    """Return the path of segments by which `start`, defined as `of`, would contain itself.

    `definitions` are those of all other segments of the workspace that have one. The path begins
    and ends with `start`; None when there is no cycle.
    """
    edges = {key: tree.segments_of(node) for key, node in definitions.items()}
    edges[start] = tree.segments_of(of)
    seen: set[UUID] = set()
    stack: list[tuple[UUID, tuple[UUID, ...]]] = [(start, (start,))]
    while stack:
        at, path = stack.pop()
        for target in sorted(edges.get(at, frozenset())):
            if target == start:
                return (*path, target)
            if target not in seen:
                seen.add(target)
                stack.append((target, (*path, target)))
    return None
