"""What a batch says about people, in the words of the slice `profiles`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from otklik.ingestion.decode import Columns, Identity
from otklik.profiles.public import Observation

_SPAN_MS = 1000
"""Two events of one person within this time are one observation: "first seen" may be off by it."""


def observe(columns: Columns, dropped: set[int]) -> tuple[list[Observation], list[int]]:
    """Say about each person of a batch what the batch says of him, without saying it twice.

    Returns observations and, for each event, the position of the one that names its profile
    (−1 for a dropped event). Events that only name somebody share one observation for their first
    and one for their last time; identify and alias calls have one each.
    """
    own = {s.event: s for s in columns.statements}
    observations: list[Observation] = []
    of_event = [-1] * len(columns)
    plain: dict[tuple[Identity, bool], list[int]] = {}
    for i, identity in enumerate(columns.identities):
        if i in dropped:
            continue
        statement = own.get(i)
        if statement is None:
            plain.setdefault((identity, columns.sources[i] != "browser"), []).append(i)
            continue
        of_event[i] = len(observations)
        observations.append(
            _observation(
                columns, i, traits=statement.traits, alias_previous_id=statement.previous_id
            )
        )
    times = columns.times_ms
    for events in plain.values():
        first, last = min(events, key=times.__getitem__), max(events, key=times.__getitem__)
        for i in events:
            of_event[i] = len(observations)
        observations.append(_observation(columns, last))
        if times[last] - times[first] > _SPAN_MS:
            observations.append(_observation(columns, first))
    return observations, of_event


def _observation(
    columns: Columns,
    i: int,
    *,
    traits: dict[str, Any] | None = None,
    alias_previous_id: str | None = None,
) -> Observation:
    user_id, anonymous_id, email, phone, external = columns.identities[i]
    return Observation(
        index=i,
        time=_moment(columns.times_ms[i]),
        user_id=user_id or None,
        anonymous_id=anonymous_id or None,
        email=email or None,
        phone=phone or None,
        external=external,
        traits=traits,
        alias_previous_id=alias_previous_id,
        trusted=columns.sources[i] != "browser",
    )


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
