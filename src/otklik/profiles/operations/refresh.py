"""What follows from a change: what lists show, which traits exist, what ClickHouse must learn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from otklik.profiles.model.search import search_words
from otklik.profiles.model.traits import TraitState, flatten
from otklik.profiles.operations import rows
from otklik.profiles.queries.people import load_people
from otklik.profiles.queries.registry import registered
from otklik.runtime.public import Tx, notify

CHANNEL = "profiles"
REGISTERED_NAMES_MAX = 3_000
"""Names of traits that a workspace can filter by. A browser key could otherwise invent names
without end; what lies beyond is kept on the card, but is no column for segments."""
_SEPARATOR = "\x01"


async def refresh(tx: Tx, *, workspace_id: int, profile_ids: Sequence[int]) -> None:
    """Work out again what lists and search show of the profiles."""
    if not profile_ids:
        return
    people = await load_people(tx, workspace_id=workspace_id, profile_ids=profile_ids)
    listed = [person for person in people.values() if not person.merged]
    away = [person.id for person in people.values() if person.merged]
    await rows.run(
        tx,
        """
        UPDATE profiles p
        SET name = coalesce(u.name, ''), email = nullif(u.email, ''), phone = nullif(u.phone, ''),
            user_id = nullif(u.user_id, ''),
            known = u.known, search = array_to_tsvector(string_to_array(u.words, %s)),
            first_seen = least(p.first_seen, m.first_seen),
            last_seen = greatest(p.last_seen, m.last_seen),
            version = nextval('profile_versions')
        FROM unnest(%s::bigint[], %s::text[], %s::text[],
                    %s::text[], %s::text[], %s::bool[],
                    %s::text[]) AS u (id, name, email, phone, user_id, known, words)
        LEFT JOIN LATERAL (
          SELECT min(x.first_seen) AS first_seen, max(x.last_seen) AS last_seen
          FROM profiles x WHERE x.merged_into = u.id
        ) m ON true
        WHERE p.profile_id = u.id AND p.workspace_id = %s
        """,
        (
            _SEPARATOR,
            rows.numbers([person.id for person in listed]),
            rows.texts([person.name for person in listed]),
            rows.texts([person.email for person in listed]),
            rows.texts([person.phone for person in listed]),
            rows.texts([person.user_id for person in listed]),
            [person.known for person in listed],
            rows.texts(
                [
                    _SEPARATOR.join(search_words(workspace_id, person.name, person.pairs))
                    for person in listed
                ]
            ),
            workspace_id,
        ),
    )
    if away:
        await rows.run(
            tx,
            """
            UPDATE profiles SET search = NULL, version = nextval('profile_versions')
            WHERE workspace_id = %s AND profile_id = ANY(%s::bigint[])
            """,
            (workspace_id, rows.numbers(away)),
        )


async def register_traits(
    tx: Tx, *, workspace_id: int, news: Iterable[tuple[TraitState, TraitState]], now: datetime
) -> None:
    """Count traits that appeared and went, so that they can be chosen at once."""
    delta: Counter[tuple[str, str]] = Counter()
    for old, new in news:
        for name, (value, _) in new.items():
            before = old.get(name)
            if before is not None and before[0] == value and type(before[0]) is type(value):
                continue
            if value is not None:
                delta.update((row.name, row.type) for row in flatten(name, value))
            if before is not None and before[0] is not None:
                delta.subtract((row.name, row.type) for row in flatten(name, before[0]))
    if not delta:
        return
    known = await registered(tx, workspace_id=workspace_id)
    room = REGISTERED_NAMES_MAX - len(known)
    fresh = sorted({name for name, _ in delta} - known)[: max(room, 0)]
    allowed = known | set(fresh)
    counted = sorted((pair, n) for pair, n in delta.items() if pair[0] in allowed)
    await rows.run(
        tx,
        """
        INSERT INTO trait_names (workspace_id, trait, type, count, last_seen)
        SELECT %s, u.trait, u.type, u.n, %s
        FROM unnest(%s::text[], %s::text[], %s::bigint[])
          AS u (trait, type, n)
        ON CONFLICT (workspace_id, trait, type) DO UPDATE
        SET count = greatest(trait_names.count + excluded.count, 0),
            last_seen = greatest(trait_names.last_seen, excluded.last_seen)
        """,
        (
            workspace_id,
            now,
            rows.texts([pair[0] for pair, _ in counted]),
            rows.texts([pair[1] for pair, _ in counted]),
            rows.numbers([n for _, n in counted]),
        ),
    )


async def note_changes(
    tx: Tx,
    *,
    workspace_id: int,
    changed: Sequence[int],
    touched: Sequence[int] = (),
    losers: Sequence[int] = (),
    forget: Sequence[str] = (),
) -> None:
    """Note which profiles ClickHouse has to learn anew when this transaction is committed.

    Only ids are noted: the facts are read when they are carried, so several changes of one
    profile travel once, and a crash between the two engines loses nothing.
    """
    notes = [
        (list(changed), True, []),
        (list(touched), False, []),
        (list(losers), True, list(forget)),
    ]
    notes = [note for note in notes if note[0]]
    if not notes:
        return
    for ids, traits, names in notes:
        await rows.run(
            tx,
            """
            INSERT INTO profile_changes (workspace_id, profile_ids, traits, forget)
            VALUES (%s, %s::bigint[], %s, %s::jsonb)
            """,
            (workspace_id, rows.numbers(ids), traits, msgspec.json.encode(names).decode()),
        )
    await notify(tx, CHANNEL)
