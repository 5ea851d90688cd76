"""What follows from a change: what lists show, which traits exist, what ClickHouse must learn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from otklik.profiles.model.search import grams_of, searched_text
from otklik.profiles.model.traits import TraitState, flatten
from otklik.profiles.operations import statements
from otklik.profiles.queries.people import Person, load_people
from otklik.profiles.queries.registry import registered
from otklik.runtime.public import Tx, notify

CHANNEL = "profiles"
REGISTERED_NAMES_MAX = 3_000
"""Names of traits that a workspace can filter by. A browser key could otherwise invent names
without end; what lies beyond is kept on the card, but is no column for segments."""


async def refresh(tx: Tx, *, workspace_id: int, profile_ids: Sequence[int]) -> None:
    """Work out again what lists and search show of the profiles."""
    if not profile_ids:
        return
    people = await load_people(tx, workspace_id=workspace_id, profile_ids=profile_ids)
    listed = [person for person in people.values() if not person.merged]
    away = [person.id for person in people.values() if person.merged]
    await statements.run(
        tx,
        """
        UPDATE profiles p
        SET name = coalesce(u.name, ''), email = nullif(u.email, ''), phone = nullif(u.phone, ''),
            user_id = nullif(u.user_id, ''), known = u.known,
            first_seen = least(p.first_seen, m.first_seen),
            last_seen = greatest(p.last_seen, m.last_seen),
            version = nextval('profile_versions')
        FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bool[])
          AS u (id, name, email, phone, user_id, known)
        LEFT JOIN LATERAL (
          SELECT min(x.first_seen) AS first_seen, max(x.last_seen) AS last_seen
          FROM profiles x WHERE x.merged_into = u.id
        ) m ON true
        WHERE p.profile_id = u.id AND p.workspace_id = %s
        """,
        (
            statements.numbers([person.id for person in listed]),
            statements.texts([person.name for person in listed]),
            statements.texts([person.email for person in listed]),
            statements.texts([person.phone for person in listed]),
            statements.texts([person.user_id for person in listed]),
            statements.flags([person.known for person in listed]),
            workspace_id,
        ),
    )
    if away:
        await statements.run(
            tx,
            """
            UPDATE profiles SET version = nextval('profile_versions')
            WHERE workspace_id = %s AND profile_id = ANY(%s::bigint[])
            """,
            (workspace_id, statements.numbers(away)),
        )
    await _index(tx, workspace_id, listed, away)


async def _index(tx: Tx, workspace_id: int, listed: Sequence[Person], away: Sequence[int]) -> None:
    """Write what the profiles are found by; nothing is written where that stays the same."""
    texts = {one.id: searched_text(one.name, one.pairs) for one in listed}
    stored = dict(
        await statements.fetch(
            tx,
            """
            SELECT profile_id, words FROM profile_search
            WHERE workspace_id = %s AND profile_id = ANY(%s::bigint[])
            """,
            (workspace_id, statements.numbers([*texts, *away])),
        )
    )
    # Few changes are of a name or an address, and trigrams take longer than all the rest here.
    changed = {one: text for one, text in texts.items() if text and stored.get(one) != text}
    if changed:
        await statements.run(
            tx,
            """
            INSERT INTO profile_search (workspace_id, profile_id, words, grams)
            SELECT %s, u.id, u.words, u.grams::int[]
            FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS u (id, words, grams)
            ON CONFLICT (workspace_id, profile_id) DO UPDATE
            SET words = excluded.words, grams = excluded.grams
            """,
            (
                workspace_id,
                statements.numbers(changed),
                statements.texts(changed.values()),
                statements.texts(
                    [statements.numbers(grams_of(workspace_id, text)) for text in changed.values()]
                ),
            ),
        )
    gone = [one for one in stored if not texts.get(one)]
    if gone:
        await statements.run(
            tx,
            """
            DELETE FROM profile_search
            WHERE workspace_id = %s AND profile_id = ANY(%s::bigint[])
            """,
            (workspace_id, statements.numbers(gone)),
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
    await statements.run(
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
            statements.texts([pair[0] for pair, _ in counted]),
            statements.texts([pair[1] for pair, _ in counted]),
            statements.numbers([n for _, n in counted]),
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
        await statements.run(
            tx,
            """
            INSERT INTO profile_changes (workspace_id, profile_ids, traits, forget)
            VALUES (%s, %s::bigint[], %s, %s::jsonb)
            """,
            (workspace_id, statements.numbers(ids), traits, msgspec.json.encode(names).decode()),
        )
    await notify(tx, CHANNEL)
