"""What a batch says about people, in the words of the slice `profiles`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from otklik.ingestion.decode import Columns
from otklik.profiles.public import Observation, Sightings

UNTRUSTED = frozenset({"browser", "form"})
"""Sources behind which anybody may stand: a public write key, a webhook that nothing checks."""


def observe(columns: Columns, dropped: set[int]) -> tuple[list[Observation], Sightings]:
    """Part a batch into what is said about people and mere mentions of them.

    Identify and alias calls are observations; every other event that is not dropped is a sighting.
    The `index` of each is the event's position.
    """
    own = {s.event: s for s in columns.statements}
    observations = [
        _observation(columns, i, traits=s.traits, alias_previous_id=s.previous_id)
        for i, s in own.items()
        if i not in dropped
    ]
    trusted = [source not in UNTRUSTED for source in columns.sources]
    names, times = columns.identities, columns.times_ms
    if own or dropped:
        plain = [i for i in range(len(columns)) if i not in own and i not in dropped]
        names = [names[i] for i in plain]
        trusted = [trusted[i] for i in plain]
        times = [times[i] for i in plain]
    else:
        plain = list(range(len(columns)))
    return observations, Sightings(indexes=plain, names=names, trusted=trusted, times_ms=times)


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
        time=datetime.fromtimestamp(columns.times_ms[i] / 1000, UTC),
        user_id=user_id or None,
        anonymous_id=anonymous_id or None,
        email=email or None,
        phone=phone or None,
        external=external,
        traits=traits,
        alias_previous_id=alias_previous_id,
        trusted=columns.sources[i] not in UNTRUSTED,
    )
