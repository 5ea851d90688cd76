"""Puts random people into ClickHouse, so that the compiled queries have something to find."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import Any

import msgspec

from otklik.rules import tree
from otklik.rules.compile import Compiler
from otklik.rules.facts import Facts
from otklik.rules.moments import Frame
from otklik.rules.plan import plan
from otklik.runtime.public import CURRENT_PROFILE, Runtime
from tests.rules.strategies import SEGMENTS

FIRST_ID = 10
MERGED_ID = 1_000
workspaces = count(900_000)
_tokens = count()


def time_text(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S.") + f"{at.microsecond // 1000:03d}"


async def store_people(
    rt: Runtime, workspace: int, people: Sequence[Facts], merged: Sequence[bool]
) -> None:
    """Store people as the profiles 10, 11, …; a merged one had a part of his facts as 1000 + n.

    Every row of a table that replaces has an older version that says something else, so that a
    query which forgets about versions is caught.
    """
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for number, facts in enumerate(people):
        _person(rows, workspace, number, facts, len(people), is_merged=merged[number])
    # Each version is an insert of its own: within one the engine drops older ones by itself.
    batches: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    for table, lines in rows.items():
        for line in lines:
            batches[table, line.get("version", 0)].append(line)
    for (table, _), lines in sorted(batches.items()):
        body = b"\n".join(
            msgspec.json.encode({"workspace_id": workspace, **line}) for line in lines
        )
        await rt.ch.insert_lines(table, body, f"rules-test-{next(_tokens)}")
    for segment_id in SEGMENTS:
        members = [
            (MERGED_ID if merged[number] else FIRST_ID) + number
            for number, facts in enumerate(people)
            if segment_id in facts.segments
        ]
        await rt.ch.command(
            "INSERT INTO segment_memberships SELECT {w:UInt32}, {s:UUID},"
            " toDateTime64('2026-01-01 00:00:00', 3, 'UTC') + at, bitmapBuild(ids), length(ids)"
            " FROM (SELECT 1 AS at, {new:Array(UInt64)} AS ids"
            " UNION ALL SELECT 0 AS at, {old:Array(UInt64)} AS ids)",
            {"w": workspace, "s": str(segment_id), "new": members, "old": [10, 11, 12]},
        )


def _person(
    rows: dict[str, list[dict[str, Any]]],
    workspace: int,
    number: int,
    facts: Facts,
    total: int,
    *,
    is_merged: bool,
) -> None:
    person = FIRST_ID + number
    ids = [person, MERGED_ID + number] if is_merged else [person]
    profile = {
        "profile_id": person,
        "known": int(bool(facts.identifiers - {"anonymous_id"})),
        "has_email": int("email" in facts.identifiers),
        "has_phone": int("phone" in facts.identifiers),
        "has_user_id": int("user_id" in facts.identifiers),
        "email_domains": sorted(facts.email_domains),
        "is_deleted": 0,
        "version": 2,
        **({"first_seen": time_text(facts.first_seen)} if facts.first_seen else {}),
        **({"last_seen": time_text(facts.last_seen)} if facts.last_seen else {}),
    }
    wrong = {
        "known": 1,
        "has_email": 1,
        "has_phone": 1,
        "has_user_id": 1,
        "email_domains": ["mail.ru"],
        "is_deleted": 0,
    }
    rows["profiles"] += [profile, {"profile_id": person, **wrong, "version": 1}]
    if is_merged:
        gone = {"profile_id": ids[1], **wrong}
        rows["profiles"] += [{**gone, "version": 1}, {**gone, "is_deleted": 1, "version": 2}]
        rows["profile_merges"].append(
            {"from_id": ids[1], "into_id": person, "undone": 0, "version": 1}
        )
    else:
        other = FIRST_ID + (number + 1) % total
        undone = {"from_id": person, "into_id": other, "undone": 1, "version": 2}
        rows["profile_merges"] += [undone, {**undone, "undone": 0, "version": 1}]
    for trait, value in facts.traits.items():
        rows["profile_traits"] += [
            {
                "trait": trait,
                "profile_id": person,
                "type": value.type,
                "str": value.text,
                "num": value.number,
                "list": value.items,
                "version": 2,
            },
            {
                "trait": trait,
                "profile_id": person,
                "type": "string",
                "str": "x",
                "num": 5,
                "list": ["x"],
                "version": 1,
            },
        ]
    for index, event in enumerate(facts.events):
        rows["events"].append(
            {
                "profile_id": ids[index % len(ids)],
                "name": event.name,
                "type": "track",
                "time": time_text(event.time),
                "message_id": f"{number}-{index}",
                "properties": event.properties,
                "context": msgspec.json.encode(context_of(event.context)).decode(),
            }
        )
    for index, order in enumerate(facts.orders):
        line = {
            "order_id": f"{number}-{index}",
            "profile_id": ids[index % len(ids)],
            "status": order.status,
            "placed_at": time_text(order.placed_at),
            "total": str(order.total),
            "product_ids": [line.product for line in order.lines],
            "categories": [line.category for line in order.lines],
            "vendors": [line.vendor for line in order.lines],
            "prices": [line.price for line in order.lines],
            "quantities": [line.quantity for line in order.lines],
            "fields_text": only(order.fields, str),
            "fields_num": only(order.fields, float),
            "line_fields_text": [only(line.fields, str) for line in order.lines],
            "line_fields_num": [only(line.fields, float) for line in order.lines],
            "version": 2,
        }
        wrong_line = {"status": "paid", "profile_id": FIRST_ID, "total": "5000", "version": 1}
        rows["orders"] += [line, {**line, **wrong_line}]
    for index, message in enumerate(facts.messages):
        rows["message_facts"].append(
            {
                "message_id": message.message_id,
                "profile_id": ids[index % len(ids)],
                "channel": message.channel,
                "source_kind": "campaign",
                "source_id": str(message.source_id),
                "fact": message.fact,
                "verdict": message.verdict,
                "url": message.url,
                "at": time_text(message.at),
                "fact_id": f"{number}-{index}",
            }
        )
    for (channel, topic), state in facts.consents.items():
        consent = {
            "profile_id": person,
            "channel": channel,
            "topic": topic,
            "state": state,
            "version": 2,
        }
        rows["consents"] += [consent, {**consent, "state": "granted", "version": 1}]


def only(fields: Mapping[str, str | float], kind: type) -> dict[str, str | float]:
    return {name: value for name, value in fields.items() if isinstance(value, kind)}


def context_of(visit: Mapping[str, str]) -> dict[str, Any]:
    """Return the context of an event from which the engine derives these fields of a visit."""
    return {
        "campaign": {
            "source": visit.get("utm_source", ""),
            "name": visit.get("utm_campaign", ""),
        },
        "location": {"city": visit.get("city", "")},
    }


async def ask(
    rt: Runtime, workspace: int, definitions: Sequence[tree.Node], frame: Frame
) -> list[list[int]]:
    """Return the members of each definition by the compiled query, as places in the list."""
    compiled = Compiler(
        plan(*definitions), frame, workspace_id=workspace, current_profile=CURRENT_PROFILE
    ).arrays()
    (row,) = await rt.ch.query(compiled.sql, compiled.parameters)
    return [[int(one) - FIRST_ID for one in members] for members in row]
