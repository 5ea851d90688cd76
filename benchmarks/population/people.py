"""Profiles, identifiers, traits and what they are found by, into PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import psycopg

from benchmarks.population.facts import event_name
from benchmarks.population.shape import (
    COUNTRIES,
    EVENT_TYPES,
    FIRST,
    LAST,
    PLANS,
    TAIL,
    Population,
    mix_postgres,
)
from otklik.profiles.model.search import grams_of, searched_text

PAGE = 250_000
WORKERS = 2


def fill_people(url: str, shape: Population) -> None:
    """Write everybody. Indexes of the two largest tables are made anew at the end."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET maintenance_work_mem = '1GB'")
        indexes = _drop_indexes(connection)
        for first, last in pages(shape):
            for statement in statements(shape, first, last):
                connection.execute(statement)
        _registry(connection, shape)
    with ProcessPoolExecutor(WORKERS) as pool:
        list(pool.map(partial(_search, url, shape.workspace_id), pages(shape)))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '1GB'")
        for definition in indexes:
            connection.execute(definition)
        connection.execute(
            "SELECT setval('profile_ids', %s)", (shape.first_id + shape.people + 1_000,)
        )
        connection.execute("ANALYZE")


def pages(shape: Population) -> Iterator[tuple[int, int]]:
    """Yield (first, last) ordinal numbers, from 0 to people - 1."""
    for first in range(0, shape.people, PAGE):
        yield first, min(first + PAGE, shape.people) - 1


def _drop_indexes(connection: psycopg.Connection) -> list[bytes]:
    found = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE indexname = ANY(%s)",
        (["ix_profile_search_grams", "ix_identifiers_home_id", "ix_profiles_list"],),
    ).fetchall()
    for name, _ in found:
        connection.execute(f"DROP INDEX {name}".encode())
    return [definition.encode() for _, definition in found]


def _chosen(words: Sequence[str], mixed: str) -> str:
    array = ",".join(f"'{word}'" for word in words)
    return f"(ARRAY[{array}])[1 + ({mixed}) % {len(words)}]"


def statements(shape: Population, first: int, last: int) -> Iterator[bytes]:
    """Yield the statements that make the profiles with the ordinals `first` … `last`."""
    people = f"""
        SELECT n, n + {shape.first_id} AS id, n % 2 = 0 AS known,
               {shape.born_ms} + ({mix_postgres("n", 1)} % 730) * 86400000 AS born,
               {_chosen(FIRST, mix_postgres("n", 2))} AS first_name,
               {_chosen(LAST, mix_postgres("n", 3))} AS last_name,
               {mix_postgres("n", 4)} % 10 < 9 AS has_email,
               {mix_postgres("n", 5)} % 10 < 4 AS has_phone,
               {mix_postgres("n", 6)} % 10 AS city, {mix_postgres("n", 7)} % 12 AS operators,
               {_chosen(PLANS, mix_postgres("n", 8))} AS plan,
               {_chosen(COUNTRIES, mix_postgres("n", 9))} AS country,
               {mix_postgres("n", 10)} % 400 - 200 AS paid_days,
               {mix_postgres("n", 11)} % 50000 AS company,
               {mix_postgres("n", 12)} % 4 + 1 AS tail
        FROM generate_series({first}, {last}) AS n
    """
    email = "'u' || n || '@mail' || (n % 400) || '.example'"
    phone = "'+7900' || lpad((n % 10000000)::text, 7, '0')"
    seen = "to_timestamp(born / 1000.0)"
    yield f"""
        WITH people AS MATERIALIZED ({people})
        INSERT INTO profiles (profile_id, workspace_id, head, first_seen, last_seen, version, name,
                              email, phone, user_id, known)
        SELECT id, {shape.workspace_id},
               CASE WHEN known THEN 'user_id:u' || n ELSE 'anonymous_id:a' || n END,
               {seen}, {seen}, 1,
               CASE WHEN known THEN first_name || ' ' || last_name ELSE '' END,
               CASE WHEN known AND has_email THEN {email} END,
               CASE WHEN known AND has_phone THEN {phone} END,
               CASE WHEN known THEN 'u' || n END, known
        FROM people
    """.encode()
    claim = "'0' || lpad(born::text, 14, '0') || 'user_id:u' || n"
    yield f"""
        WITH people AS MATERIALIZED ({people})
        INSERT INTO identifiers (workspace_id, kind, value, home_id, owner, first_seen)
        SELECT {shape.workspace_id}, kind, value, id, owner, {seen}
        FROM people CROSS JOIN LATERAL (VALUES
          ('anonymous_id', 'a' || n, CASE WHEN known THEN {claim} END, true),
          ('user_id', 'u' || n, NULL, known),
          ('email', {email}, {claim}, known AND has_email),
          ('phone', {phone}, {claim}, known AND has_phone)
        ) AS v (kind, value, owner, is_there)
        WHERE is_there
    """.encode()
    traits = {
        "first_name": "to_json(first_name)::text",
        "last_name": "to_json(last_name)::text",
        "email": f"CASE WHEN has_email THEN to_json({email})::text END",
        "phone": f"CASE WHEN has_phone THEN to_json({phone})::text END",
        "city": "'\"city ' || city || '\"'",
        "operators": "operators::text",
        "plan": "to_json(plan)::text",
        "country": "to_json(country)::text",
        "paid_until": (
            f"to_json(to_char({_day(shape)} + paid_days * interval '1 day', 'YYYY-MM-DD'))::text"
        ),
        "company": "'\"Company ' || company || '\"'",
        "language": "CASE WHEN n % 3 = 0 THEN '\"en\"' ELSE '\"ru\"' END",
    }
    written = [
        f"""'"{name}":[' || {value} || ',' || born || ']'""" for name, value in traits.items()
    ]
    written += [
        f"""CASE WHEN tail > {place} THEN '"attr_' || i{place} || '":['"""
        f""" || (n * 7 + i{place}) % 1000 || ',' || born || ']' END"""
        for place in range(4)
    ]
    tail = ", ".join(f"{_tail_index(place)} AS i{place}" for place in range(4))
    yield f"""
        WITH people AS MATERIALIZED (SELECT *, {tail} FROM ({people}) p WHERE known)
        INSERT INTO trait_states (workspace_id, kind, value, state)
        SELECT {shape.workspace_id}, 'user_id', 'u' || n,
               '{{' || concat_ws(',', {", ".join(written)}) || '}}'
        FROM people
    """.encode()


def _day(shape: Population) -> str:
    return f"timestamp '{shape.now:%Y-%m-%d}'"


def _tail_index(place: int) -> str:
    """Return the number of the tail's trait that a person has at a place; low ones are common."""
    mixed = mix_postgres("n", 20 + place)
    return f"(({mixed} % 1000)::bigint * ({mixed} % 1000) * {TAIL} / 1000000)"


def _registry(connection: psycopg.Connection, shape: Population) -> None:
    names = ["first_name", "last_name", "email", "phone", "city", "plan", "country", "company"]
    types = dict.fromkeys([*names, "language"], "string") | {"operators": "number"}
    types |= {"paid_until": "date"} | {f"attr_{one}": "number" for one in range(TAIL)}
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO trait_names (workspace_id, trait, type, count, last_seen)"
            " VALUES (%s, %s, %s, %s, %s)",
            [
                (shape.workspace_id, name, kind, shape.people // 2, shape.now)
                for name, kind in types.items()
            ],
        )
        events = [event_name(rank) for rank in range(EVENT_TYPES)]
        cursor.executemany(
            "INSERT INTO event_names (workspace_id, name, type, first_seen, last_seen)"
            " VALUES (%s, %s, 'track', %s, %s)",
            [(shape.workspace_id, name, shape.now, shape.now) for name in events],
        )
        cursor.executemany(
            "INSERT INTO event_properties (workspace_id, name, path, type, sample, last_seen)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            [
                (shape.workspace_id, name, path, kind, json.dumps(sample), shape.now)
                for name in events
                for path, kind, sample in (
                    ("price", "number", 42),
                    ("category", "string", "category 7"),
                    ("url", "string", "/page/1"),
                )
            ],
        )


def _search(url: str, workspace_id: int, page: tuple[int, int]) -> None:
    """Write what the known profiles of a page are found by, as the program does."""
    with psycopg.connect(url) as connection:
        connection.execute("SET synchronous_commit = off")
        low = connection.execute(
            "SELECT min(profile_id) FROM profiles WHERE workspace_id = %s", (workspace_id,)
        ).fetchone()
        assert low is not None
        rows = connection.execute(
            "SELECT profile_id, name, user_id, email, phone FROM profiles WHERE workspace_id = %s"
            " AND known AND profile_id BETWEEN %s AND %s",
            (workspace_id, low[0] + page[0], low[0] + page[1]),
        ).fetchall()
        with connection.cursor().copy(
            "COPY profile_search (workspace_id, profile_id, words, grams) FROM STDIN"
        ) as copy:
            for profile_id, name, *values in rows:
                kinds = zip(("user_id", "email", "phone"), values, strict=True)
                words = searched_text(name, [(kind, value) for kind, value in kinds if value])
                copy.write_row((workspace_id, profile_id, words, grams_of(workspace_id, words)))
