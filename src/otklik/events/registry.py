"""Noticing new event names and properties, so cheaply that every event can be looked at.

A process remembers the shapes that it has registered: an event of a known shape costs one look
into a set. Only what is new is written, and it is remembered only after the commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.events.model import NAMES_MAX, PATHS_MAX, paths_of, shape_of
from otklik.events.tables import event_marks
from otklik.runtime.public import Tx

SHAPES_MAX = 100_000
_PATH_CHARS_MAX = 500
_FRESH = timedelta(minutes=1)


class Discovery(msgspec.Struct, gc=False):
    """What a batch brings that this process has not registered today."""

    workspace_id: int
    names: dict[str, str]
    """Event name to its type; also known names whose `last_seen` is to be moved."""
    properties: dict[tuple[str, str, str], Any]
    """(name, path, type) to a sample."""
    shapes: set[Any]


class Registry:
    """The memory of one process; several processes may register the same things."""

    def __init__(self) -> None:
        self._shapes: set[Any] = set()
        self._names: dict[tuple[int, str], datetime] = {}

    def look_at(
        self,
        workspace_id: int,
        names: Sequence[str],
        types: Sequence[str],
        properties: Sequence[dict[str, Any]],
        *,
        now: datetime,
    ) -> Discovery:
        """Return what is new among the events given as columns; writes and remembers nothing."""
        found = Discovery(workspace_id, {}, {}, set())
        known, day = self._shapes, now.date().toordinal()
        for i, given in enumerate(properties):
            name = names[i]
            # The day is part of the shape, so that `last_seen` moves once a day.
            shape = (workspace_id, day, name, shape_of(given))
            if shape in known or shape in found.shapes:
                continue
            found.shapes.add(shape)
            for path, kind, sample in paths_of(given):
                if len(path) <= _PATH_CHARS_MAX and "\0" not in path:
                    found.properties.setdefault((name, path, kind.value), sample)
        for name, type_ in dict(zip(names, types, strict=True)).items():
            seen = self._names.get((workspace_id, name))
            if seen is None or now - seen > _FRESH:
                found.names[name] = type_
        return found

    async def write(self, tx: Tx, found: Discovery, *, now: datetime) -> None:
        """Write a discovery as part of `tx`, and mark that events were stored."""
        await _mark(tx, found.workspace_id, now)
        if found.names:
            await _write_names(tx, found, now)
        if found.properties:
            await _write_properties(tx, found, now)

    def remember(self, found: Discovery, *, now: datetime) -> None:
        """Remember a discovery; called after the commit."""
        if len(self._shapes) + len(found.shapes) > SHAPES_MAX:
            self._shapes.clear()
        self._shapes |= found.shapes
        if len(self._names) > SHAPES_MAX:
            self._names.clear()
        for name in found.names:
            self._names[found.workspace_id, name] = now


async def _mark(tx: Tx, workspace_id: int, now: datetime) -> None:
    statement = insert(event_marks).values(workspace_id=workspace_id, stored_at=now)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace_id"],
            set_={"stored_at": sa.func.greatest(event_marks.c.stored_at, now)},
        )
    )


_NAMES = sa.text(
    """
    INSERT INTO event_names AS old (workspace_id, name, type, first_seen, last_seen)
    SELECT :workspace_id, given.name, given.type, :now, :now
    FROM unnest(CAST(:names AS text[]), CAST(:types AS text[])) AS given (name, type)
    WHERE (SELECT count(*) FROM event_names WHERE workspace_id = :workspace_id) < :names_max
       OR EXISTS (SELECT FROM event_names e
                  WHERE e.workspace_id = :workspace_id AND e.name = given.name)
    ORDER BY given.name
    ON CONFLICT (workspace_id, name)
    DO UPDATE SET last_seen = greatest(old.last_seen, excluded.last_seen)
    """
)

_PROPERTIES = sa.text(
    """
    INSERT INTO event_properties AS old (workspace_id, name, path, type, sample, last_seen)
    SELECT :workspace_id, given.name, given.path, given.type, given.sample::jsonb, :now
    FROM unnest(CAST(:names AS text[]), CAST(:paths AS text[]), CAST(:types AS text[]),
                CAST(:samples AS text[])) AS given (name, path, type, sample)
    JOIN event_names n ON n.workspace_id = :workspace_id AND n.name = given.name
    WHERE (SELECT count(*) FROM event_properties p
           WHERE p.workspace_id = :workspace_id AND p.name = given.name) < :paths_max
       OR EXISTS (SELECT FROM event_properties p
                  WHERE p.workspace_id = :workspace_id AND p.name = given.name
                    AND p.path = given.path AND p.type = given.type)
    ORDER BY given.name, given.path, given.type
    ON CONFLICT (workspace_id, name, path, type)
    DO UPDATE SET last_seen = greatest(old.last_seen, excluded.last_seen)
    """
)


async def _write_names(tx: Tx, found: Discovery, now: datetime) -> None:
    # Of a flood of new names in one batch only as many are tried as could have room.
    names = sorted(found.names)[:NAMES_MAX]
    await tx.execute(
        _NAMES,
        {
            "workspace_id": found.workspace_id,
            "names": names,
            "types": [found.names[name] for name in names],
            "now": now,
            "names_max": NAMES_MAX,
        },
    )


async def _write_properties(tx: Tx, found: Discovery, now: datetime) -> None:
    per_name: dict[str, int] = {}
    rows = []
    for (name, path, kind), sample in found.properties.items():
        per_name[name] = per_name.get(name, 0) + 1
        if per_name[name] <= PATHS_MAX:
            rows.append((name, path, kind, _sample_json(sample)))
    await tx.execute(
        _PROPERTIES,
        {
            "workspace_id": found.workspace_id,
            "names": [row[0] for row in rows],
            "paths": [row[1] for row in rows],
            "types": [row[2] for row in rows],
            "samples": [row[3] for row in rows],
            "now": now,
            "paths_max": PATHS_MAX,
        },
    )


def _sample_json(sample: Any) -> str:
    if isinstance(sample, str):
        sample = sample.replace("\0", "\ufffd")
    return msgspec.json.encode(sample).decode()
