"""Events, traits for filtering, orders and messages, into ClickHouse."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from benchmarks.population.shape import (
    COUNTRIES,
    EVENT_TYPES,
    FIRST,
    LAST,
    PLANS,
    TAIL,
    Population,
    mix_clickhouse,
)
from otklik.runtime.public import ClickHouse

SESSIONS_PAGE = 500_000
PEOPLE_PAGE = 2_000_000
EVENTS_PER_SESSION = 8
_NAMED = ("Page viewed", "Product viewed", "Plan viewed", "Channel connected", "Plan bought")
# Twelve months back, the present one last: quiet summers, a rush before the New Year, growth.
_MONTHS = (5, 5, 6, 6, 5, 4, 4, 6, 8, 9, 12, 14)


def event_name(rank: int) -> str:
    return _NAMED[rank] if rank < len(_NAMED) else f"Event {rank}"


def _array(words: Sequence[str]) -> str:
    return "[" + ",".join(f"'{word}'" for word in words) + "]"


def _chosen(words: Sequence[str], salt: int) -> str:
    return f"{_array(words)}[1 + {mix_clickhouse('n', salt)} % {len(words)}]"


async def fill_facts(ch: ClickHouse, shape: Population) -> AsyncIterator[str]:
    """Write all facts; yields the name of each part that is done."""
    ws, base = shape.workspace_id, shape.first_id
    born = (
        f"fromUnixTimestamp64Milli({shape.born_ms} + "
        f"({mix_clickhouse('n', 1)} % 730) * 86400000, 'UTC')"
    )
    for first in range(0, shape.people, PEOPLE_PAGE):
        count = min(PEOPLE_PAGE, shape.people - first)
        numbers = f"(SELECT toInt64(number) AS n FROM numbers({first}, {count}))"
        await ch.command(
            "INSERT INTO profiles (workspace_id, profile_id, known, has_email, has_phone,"
            " has_user_id, first_seen, last_seen, is_deleted, version)"
            f" SELECT {ws}, {base} + n, n % 2 = 0, n % 2 = 0 AND {mix_clickhouse('n', 4)} % 10 < 9,"
            f" n % 2 = 0 AND {mix_clickhouse('n', 5)} % 10 < 4, n % 2 = 0, {born}, {born}, 0, 1"
            f" FROM {numbers}"
        )
        for trait, kind, text, number, who in _traits(shape):
            await ch.command(
                "INSERT INTO profile_traits (workspace_id, trait, profile_id, type, str, num,"
                f" list, version) SELECT {ws}, '{trait}', {base} + n, '{kind}', {text}, {number},"
                f" [], 1 FROM {numbers} WHERE n % 2 = 0 AND {who}"
            )
        await ch.command(
            "INSERT INTO profile_traits (workspace_id, trait, profile_id, type, str, num, list,"
            f" version) SELECT {ws}, concat('attr_', toString(i)), {base} + n, 'number', '',"
            " (n * 7 + i) % 1000, [], 1 FROM (SELECT n, arrayJoin(arraySlice("
            f"[{', '.join(_tail_index(place) for place in range(4))}], 1,"
            f" 1 + {mix_clickhouse('n', 12)} % 4)) AS i FROM {numbers} WHERE n % 2 = 0)"
        )
        yield f"people {first + count:,}"
    sessions = shape.events // EVENTS_PER_SESSION
    for first in range(0, sessions, SESSIONS_PAGE):
        count = min(SESSIONS_PAGE, sessions - first)
        await ch.command(_events(shape, first, count))
        yield f"events {(first + count) * EVENTS_PER_SESSION:,}"
    await ch.command(_orders(shape))
    await ch.command(_messages(shape))
    yield "orders and messages"


def _traits(shape: Population) -> list[tuple[str, str, str, str, str]]:
    """Return (trait, type, text, number, who has it), the same as in PostgreSQL."""
    day = int(shape.now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp())
    paid = f"toDateTime({day} + ({mix_clickhouse('n', 10)} % 400 - 200) * 86400, 'UTC')"
    texts = {
        "first_name": _chosen(FIRST, 2),
        "last_name": _chosen(LAST, 3),
        "city": f"concat('city ', toString({mix_clickhouse('n', 6)} % 10))",
        "plan": _chosen(PLANS, 8),
        "country": _chosen(COUNTRIES, 9),
        "company": f"concat('Company ', toString({mix_clickhouse('n', 11)} % 50000))",
        "language": "if(n % 3 = 0, 'en', 'ru')",
    }
    email = "concat('u', toString(n), '@mail', toString(n % 400), '.example')"
    phone = "concat('+7900', leftPad(toString(n % 10000000), 7, '0'))"
    return [
        *((trait, "string", text, "0", "1") for trait, text in texts.items()),
        ("email", "string", email, "0", f"{mix_clickhouse('n', 4)} % 10 < 9"),
        ("phone", "string", phone, "0", f"{mix_clickhouse('n', 5)} % 10 < 4"),
        ("operators", "number", "''", f"{mix_clickhouse('n', 7)} % 12", "1"),
        ("paid_until", "date", f"toString(toDate({paid}))", f"toUnixTimestamp({paid})", "1"),
    ]


def _tail_index(place: int) -> str:
    mixed = mix_clickhouse("n", 20 + place)
    return f"intDiv(({mixed} % 1000) * ({mixed} % 1000) * {TAIL}, 1000000)"


def _events(shape: Population, first: int, count: int) -> str:
    """Return the statement that writes the events of `count` sessions."""
    # A cube of an even number puts most sessions on few people; the prime spreads them over ids.
    person = (
        f"toUInt64(pow(cityHash64(s, 1) / 18446744073709551616, 3) * {shape.people}) * 7919"
        f" % {shape.people}"
    )
    totals = [sum(_MONTHS[: i + 1]) for i in range(12)]
    month = f"arrayFirstIndex(x -> x > cityHash64(s, 2) % {totals[-1]}, {totals})"
    # An hour of the day by the sum of two dice: few at night, most in the evening.
    hour = "8 + cityHash64(s, 4) % 8 + cityHash64(s, 5) % 8"
    start = (
        f"{int(shape.now.timestamp())} - toInt64(12 - {month}) * 2629800"
        f" - toInt64(2 + cityHash64(s, 3) % 30) * 86400 + toInt64({hour}) * 3600"
        " + toInt64(cityHash64(s, 6) % 3600)"
    )
    zipf = f"toUInt64(pow({EVENT_TYPES}, cityHash64(s, k, 7) / 18446744073709551616)) - 1"
    names = _array([event_name(rank) for rank in range(EVENT_TYPES)])
    length = f"1 + cityHash64(s, 12) % {2 * EVENTS_PER_SESSION - 1}"
    return f"""
        INSERT INTO events (workspace_id, profile_id, name, type, time, received_at, message_id,
                            anonymous_id, user_id, properties, context, source)
        SELECT {shape.workspace_id}, {shape.first_id} + person, {names}[1 + {zipf}], 'track',
               fromUnixTimestamp64Milli((start + k * 40 + cityHash64(s, k, 8) % 40) * 1000, 'UTC'),
               fromUnixTimestamp64Milli((start + k * 40 + cityHash64(s, k, 8) % 40) * 1000, 'UTC'),
               concat('m', toString(s), '-', toString(k)), concat('a', toString(person)),
               if(person % 2 = 0, concat('u', toString(person)), ''),
               concat('{{"price":', toString(cityHash64(s, k, 9) % 100),
                      ',"category":"category ', toString(cityHash64(s, k, 10) % 40),
                      '","url":"/page/', toString(cityHash64(s, k, 11) % 5000), '"}}'),
               '{{}}', 'generator'
        FROM (SELECT number AS s, {person} AS person, {start} AS start,
                     toInt64(arrayJoin(range({length}))) AS k
              FROM numbers({first}, {count}))
    """


def _orders(shape: Population) -> str:
    at = f"fromUnixTimestamp64Milli(toInt64({int(shape.now.timestamp())} - (cityHash64(number, 2)"
    return (
        "INSERT INTO orders (workspace_id, order_id, profile_id, status, placed_at, total,"
        " currency, product_ids, product_names, categories, quantities, prices, version)"
        f" SELECT {shape.workspace_id}, concat('o', toString(number)), {shape.first_id}"
        f" + (cityHash64(number, 1) % {shape.people // 2}) * 2,"
        " ['placed', 'paid', 'paid', 'cancelled'][1 + number % 4],"
        f" {at} % 31536000)) * 1000, 'UTC'), 100 + cityHash64(number, 3) % 9900, 'RUB',"
        " [concat('p', toString(cityHash64(number, 4) % 5000))],"
        " [concat('Product ', toString(cityHash64(number, 4) % 5000))],"
        " [concat('category ', toString(cityHash64(number, 4) % 40))], [1], [500], 1"
        f" FROM numbers({shape.orders})"
    )


def _messages(shape: Population) -> str:
    """Return the statement for letters of 20 campaigns: sent, and a quarter of them opened."""
    return (
        "INSERT INTO message_facts (workspace_id, message_id, profile_id, channel, source_kind,"
        " source_id, variant, fact, verdict, reason, link, url, user_agent, at, fact_id)"
        f" SELECT {shape.workspace_id}, number, {shape.first_id}"
        f" + (cityHash64(number, 1) % {shape.people // 2}) * 2, 'email', 'campaign',"
        " toUUID(concat('00000000-0000-4000-8000-0000000000', toString(10 + number % 20))), 'A',"
        " arrayJoin(if(number % 4 = 0, ['assigned', 'sent', 'opened'], ['assigned', 'sent']))"
        " AS fact, if(fact = 'opened', 'person', ''), '', 0, '', '',"
        f" fromUnixTimestamp64Milli(toInt64({int(shape.now.timestamp())} - (number % 20 + 1)"
        " * 604800) * 1000, 'UTC'), concat(toString(number), fact)"
        f" FROM numbers({shape.messages})"
    )
