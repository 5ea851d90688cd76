"""One person held against a definition, and the segments that a person is in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import zip_longest
from typing import Any, cast
from uuid import UUID

import msgspec

from otklik.accounts.public import get_workspace
from otklik.events.public import ids_of_person
from otklik.kit.i18n import Lang
from otklik.privacy.public import list_topics
from otklik.profiles.public import ProfileNotFound, current_ids
from otklik.rules import evaluate as rules
from otklik.rules import plan as p
from otklik.rules import tree
from otklik.rules.describe import describe_part
from otklik.rules.desugar import desugared
from otklik.rules.evaluate import Outcome, explain
from otklik.rules.facts import (
    EventFact,
    Facts,
    LineFact,
    MessageFact,
    OrderFact,
    Value,
    ValueType,
)
from otklik.rules.moments import Frame
from otklik.rules.sql_events import VISIT_COLUMNS
from otklik.runtime.public import Runtime
from otklik.segments.engine import PREVIEW_S, limits
from otklik.segments.model import Evidence, Explanation, SegmentExplanation, inline
from otklik.segments.operations.pieces import ALL_CUT, PIECE_BITS
from otklik.segments.queries.records import (
    all_records,
    computed_ids,
    definitions_of,
    get_record,
    names_of,
)
from otklik.segments.queries.schema import field_titles

DETAIL_MAX = 200
EVENTS_MAX = 50_000
"""Events of one person that are looked at; whoever has more is a robot."""
_IDS = "profile_id IN {ids:Array(UInt64)} AND workspace_id = {workspace:UInt32}"


async def explain_segment(
    rt: Runtime,
    *,
    workspace_id: int,
    segment_id: UUID,
    profile_id: int,
    lang: Lang,
    now: datetime,
    campaigns: Mapping[UUID, str] | None = None,
) -> SegmentExplanation:
    """Return whether a person meets a segment's conditions now, condition by condition.

    For a list: whether the person is in it. `campaigns`: their names, for messages.
    Raises: SegmentNotFound, ProfileNotFound.
    """
    async with rt.db.begin() as tx:
        record = await get_record(tx, workspace_id=workspace_id, segment_id=segment_id)
    node: tree.Node = tree.SegmentCondition(segment_id=segment_id)
    if record.is_dynamic and record.definition is not None:
        node = record.definition
    return await explain_definition(
        rt,
        workspace_id=workspace_id,
        definition=node,
        profile_id=profile_id,
        lang=lang,
        now=now,
        campaigns=campaigns,
    )


async def explain_definition(
    rt: Runtime,
    *,
    workspace_id: int,
    definition: tree.Node,
    profile_id: int,
    lang: Lang,
    now: datetime,
    campaigns: Mapping[UUID, str] | None = None,
) -> SegmentExplanation:
    """Return the same for conditions that are not saved. Raises: ProfileNotFound."""
    async with rt.db.begin() as tx:
        present = await current_ids(tx, workspace_id=workspace_id, profile_ids=[profile_id])
        if profile_id not in present:
            raise ProfileNotFound(profile_id=profile_id)
        records = await all_records(tx, workspace_id=workspace_id)
        keep = await computed_ids(tx, workspace_id=workspace_id)
        workspace = await get_workspace(tx, workspace_id=workspace_id)
        topics = {
            str(topic.id): topic.name for topic in await list_topics(tx, workspace_id=workspace_id)
        }
        fields = await field_titles(tx, workspace_id=workspace_id)
    node = inline(definition, definitions_of(records), keep)
    frame = Frame(now=now, zone=workspace.timezone)
    facts = await load_facts(
        rt, workspace_id=workspace_id, profile_id=present[profile_id], node=node
    )
    outcome = explain(node, facts, frame)
    words = _Words(lang, names_of(records), topics, campaigns or {}, fields)
    return SegmentExplanation(member=outcome.holds, explanation=words.explanation(outcome, "$"))


class _Words:
    """Puts an outcome into words of the reader's language."""

    def __init__(
        self,
        lang: Lang,
        segments: Mapping[UUID, str],
        topics: Mapping[str, str],
        campaigns: Mapping[UUID, str],
        fields: Mapping[tuple[str, str], str],
    ) -> None:
        self._lang: Lang = lang
        self._segments = segments
        self._topics = topics
        self._campaigns = campaigns
        self._fields = fields

    def explanation(self, outcome: Outcome, path: str) -> Explanation:
        return Explanation(
            path=path,
            text=describe_part(
                outcome.node,
                self._lang,
                segments=self._segments,
                topics=self._topics,
                sources=self._campaigns,
                fields=self._fields,
            ),
            holds=outcome.holds,
            fact=_fact(outcome.fact),
            evidence=[self._evidence(one) for one in outcome.evidence],
            children=[
                self.explanation(child, f"{path}.of[{index}]")
                for index, child in enumerate(outcome.children)
            ],
        )

    def _evidence(self, one: rules.Evidence) -> Evidence:
        details = {}
        for key, value in one.values.items():
            if isinstance(value, UUID):
                details["campaign"] = self._campaigns.get(value, str(value))
            elif value is not None:
                details[key] = _detail(value)
        return Evidence(kind=one.kind, at=one.at, name=one.name, details=details)


def _detail(value: object) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode().strip('"')
    return text[:DETAIL_MAX]


def _fact(fact: object) -> str | int | float | bool | None:
    match fact:
        case None | str() | bool() | int() | float():
            return fact
        case Decimal():
            return float(fact)
        case datetime():
            return fact.isoformat()
        case list():
            return ", ".join(map(str, fact))
        case _:
            return str(fact)


async def load_facts(rt: Runtime, *, workspace_id: int, profile_id: int, node: tree.Node) -> Facts:
    """Return what a definition may ask about one (present) profile, from ClickHouse."""
    leaves = list(_leaves(node))
    values: dict[str, Any] = {"workspace": workspace_id, "profile": profile_id}
    merged = await rt.ch.query(
        "SELECT from_id FROM profile_merges FINAL WHERE workspace_id = {workspace:UInt32}"
        " AND into_id = {profile:UInt64} AND undone = 0",
        values,
    )
    ids = {"workspace": workspace_id, "ids": [profile_id, *(row[0] for row in merged)]}
    first_seen, last_seen = await _seen(rt, values, leaves)
    return Facts(
        first_seen=first_seen,
        last_seen=last_seen,
        traits=await _traits(rt, values, leaves),
        events=await _events(rt, ids, leaves),
        orders=await _orders(rt, ids, leaves),
        messages=await _messages(rt, ids, leaves),
        consents=await _consents(rt, values, leaves),
        identifiers=await _identifiers(rt, values, leaves),
        email_domains=await _email_domains(rt, values, leaves),
        segments=await _segments(rt, workspace_id, profile_id, leaves),
    )


def _leaves(node: tree.Node) -> Iterable[tree.Leaf]:
    if isinstance(node, tree.Group):
        for child in node.of:
            yield from _leaves(child)
    else:
        yield node


async def _traits(rt: Runtime, values: dict[str, Any], leaves: list[tree.Leaf]) -> dict[str, Value]:
    asked = p.plan(*leaves).questions
    names = sorted({one.trait for one in asked if isinstance(one, p.TraitQuestion)})
    if not names:
        return {}
    rows = await rt.ch.query(
        "SELECT trait, toString(type), str, num, list FROM profile_traits FINAL"
        " WHERE workspace_id = {workspace:UInt32} AND trait IN {traits:Array(String)}"
        " AND profile_id = {profile:UInt64}",
        {**values, "traits": names},
    )
    return {
        trait: Value(
            type=cast(ValueType, kind), text=text, number=float(number), items=tuple(items)
        )
        for trait, kind, text, number, items in rows
    }


async def _events(
    rt: Runtime, ids: dict[str, Any], leaves: list[tree.Leaf]
) -> tuple[EventFact, ...]:
    asked = [p.events_asked(question) for question in p.plan(*leaves).questions]
    names = sorted(frozenset().union(*(one for one in asked if one is not None)))
    visits = sorted({leaf.field for leaf in leaves if isinstance(leaf, tree.VisitCondition)})
    if not names and not visits:
        return ()
    which = "name IN {names:Array(String)}" if names else "false"
    columns = [VISIT_COLUMNS[field] for field in visits]
    some = "".join(f" OR {column} != ''" for column in columns)
    told = "".join(f", toString({column})" for column in columns)
    rows = await rt.ch.query(
        "SELECT name, toUnixTimestamp64Milli(time),"
        f" if({which}, toJSONString(properties), '{{}}'){told} FROM events"
        f" WHERE {_IDS} AND ({which}{some}) ORDER BY time DESC LIMIT {EVENTS_MAX}",
        {**ids, "names": names},
        limits(PREVIEW_S),
    )
    return tuple(
        EventFact(
            name=name,
            time=_at(millis),
            properties=msgspec.json.decode(properties),
            context={field: text for field, text in zip(visits, context, strict=True) if text},
        )
        for name, millis, properties, *context in rows
    )


async def _orders(
    rt: Runtime, ids: dict[str, Any], leaves: list[tree.Leaf]
) -> tuple[OrderFact, ...]:
    if not any(isinstance(leaf, tree.OrdersCondition) for leaf in map(desugared, leaves)):
        return ()
    rows = await rt.ch.query(
        "SELECT order_id, status, toUnixTimestamp64Milli(placed_at), total, product_ids,"
        " categories, prices, quantities, vendors, line_fields_text, line_fields_num,"
        " fields_text, fields_num"
        f" FROM orders FINAL WHERE {_IDS} ORDER BY placed_at",
        ids,
        limits(PREVIEW_S),
    )
    return tuple(
        OrderFact(
            order_id=order_id,
            status=status,
            placed_at=_at(millis),
            total=Decimal(total),
            lines=tuple(_line(*line) for line in zip_longest(*lines)),
            fields={**texts, **numbers},
        )
        for order_id, status, millis, total, *lines, texts, numbers in rows
    )


def _line(
    product: str | None,
    category: str | None = None,
    price: float | None = None,
    quantity: float | None = None,
    vendor: str | None = None,
    texts: Mapping[str, str] | None = None,
    numbers: Mapping[str, float] | None = None,
) -> LineFact:
    """Make a line of an order; what an older order does not tell is empty."""
    return LineFact(
        product=product or "",
        category=category or "",
        vendor=vendor or "",
        price=price or 0.0,
        quantity=quantity or 0.0,
        fields={**(texts or {}), **(numbers or {})},
    )


async def _messages(
    rt: Runtime, ids: dict[str, Any], leaves: list[tree.Leaf]
) -> tuple[MessageFact, ...]:
    wanted = sorted({leaf.fact for leaf in leaves if isinstance(leaf, tree.MessageCondition)})
    if not wanted:
        return ()
    rows = await rt.ch.query(
        "SELECT message_id, fact, toUnixTimestamp64Milli(at), channel, source_id, verdict, url"
        f" FROM message_facts WHERE {_IDS} AND fact IN {{facts:Array(String)}}"
        f" ORDER BY at DESC LIMIT {EVENTS_MAX}",
        {**ids, "facts": wanted},
        limits(PREVIEW_S),
    )
    return tuple(
        MessageFact(
            message_id=message_id,
            fact=fact,
            at=_at(millis),
            channel=channel,
            source_id=UUID(str(source_id)),
            verdict=verdict,
            url=url,
        )
        for message_id, fact, millis, channel, source_id, verdict, url in rows
    )


async def _consents(
    rt: Runtime, values: dict[str, Any], leaves: list[tree.Leaf]
) -> dict[tuple[str, ...], str]:
    if not any(isinstance(leaf, tree.ConsentCondition) for leaf in leaves):
        return {}
    rows = await rt.ch.query(
        "SELECT channel, topic, toString(state), purpose FROM consents FINAL"
        " WHERE workspace_id = {workspace:UInt32} AND profile_id = {profile:UInt64}",
        values,
        limits(PREVIEW_S),
    )
    return {
        (channel, topic, purpose) if purpose else (channel, topic): state
        for channel, topic, state, purpose in rows
    }


async def _identifiers(
    rt: Runtime, values: dict[str, Any], leaves: list[tree.Leaf]
) -> frozenset[str]:
    if not any(isinstance(leaf, tree.IdentifierCondition) for leaf in leaves):
        return frozenset()
    rows = await rt.ch.query(
        "SELECT has_email, has_phone, has_user_id, known FROM profiles FINAL"
        " WHERE workspace_id = {workspace:UInt32} AND profile_id = {profile:UInt64}",
        values,
    )
    kinds = ("email", "phone", "user_id", "known")
    return frozenset(kind for kind, has in zip(kinds, rows[0] if rows else (), strict=False) if has)


async def _email_domains(
    rt: Runtime, values: dict[str, Any], leaves: list[tree.Leaf]
) -> frozenset[str]:
    if not any(isinstance(leaf, tree.EmailDomainCondition) for leaf in leaves):
        return frozenset()
    rows = await rt.ch.query(
        "SELECT email_domains FROM profiles FINAL"
        " WHERE workspace_id = {workspace:UInt32} AND profile_id = {profile:UInt64}",
        values,
    )
    return frozenset(rows[0][0]) if rows else frozenset()


async def _seen(
    rt: Runtime, values: dict[str, Any], leaves: list[tree.Leaf]
) -> tuple[datetime | None, datetime | None]:
    if not any(isinstance(leaf, tree.SeenCondition) for leaf in leaves):
        return None, None
    rows = await rt.ch.query(
        "SELECT toUnixTimestamp64Milli(first_seen), toUnixTimestamp64Milli(last_seen)"
        " FROM profiles FINAL"
        " WHERE workspace_id = {workspace:UInt32} AND profile_id = {profile:UInt64}",
        values,
    )
    return (_at(rows[0][0]), _at(rows[0][1])) if rows else (None, None)


async def _segments(
    rt: Runtime, workspace_id: int, profile_id: int, leaves: list[tree.Leaf]
) -> frozenset[UUID]:
    wanted = sorted({leaf.segment_id for leaf in leaves if isinstance(leaf, tree.SegmentCondition)})
    if not wanted:
        return frozenset()
    found = await memberships(rt, workspace_id=workspace_id, profile_id=profile_id, among=wanted)
    return frozenset(found)


async def memberships(
    rt: Runtime, *, workspace_id: int, profile_id: int, among: list[UUID] | None = None
) -> list[UUID]:
    """Return the segments whose stored membership holds a (present) profile, or one of the
    profiles that were merged into it; `among` limits the question to some."""
    ids = await ids_of_person(rt, workspace_id=workspace_id, profile_id=profile_id)
    only = "" if among is None else " AND segment_id IN {among:Array(UUID)}"
    values: dict[str, Any] = {
        "workspace": workspace_id,
        "ids": ids,
        "pieces": sorted({one >> PIECE_BITS for one in ids}),
    }
    if among is not None:
        values["among"] = [str(one) for one in among]
    ours = f"workspace_id = {{workspace:UInt32}}{only}"
    latest = (
        "(segment_id, computed_at) IN (SELECT segment_id, max(computed_at)"
        f" FROM segment_memberships WHERE {ours} GROUP BY segment_id)"
    )
    holds = "bitmapHasAny(members, bitmapBuild({ids:Array(UInt64)}))"
    rows = await rt.ch.query(
        f"SELECT segment_id, 1 FROM segment_people WHERE {ours}"
        f" AND piece IN {{pieces:Array(UInt64)}} AND {latest} AND {holds}"
        f" UNION DISTINCT SELECT segment_id, 0 FROM segment_memberships WHERE {ours}"
        " AND size > 0 AND (segment_id, computed_at) NOT IN"
        f" (SELECT segment_id, computed_at FROM segment_people WHERE {ours} AND piece = {ALL_CUT})"
        f" AND {latest}",
        values,
        limits(PREVIEW_S),
    )
    found = {UUID(str(segment_id)) for segment_id, is_cut in rows if is_cut}
    # Memberships that are not (all) cut into pieces (yet) are read whole, and by themselves: beside
    # the others they would all be read.
    uncut = [str(segment_id) for segment_id, is_cut in rows if not is_cut]
    if uncut:
        rows = await rt.ch.query(
            "SELECT segment_id FROM segment_memberships WHERE workspace_id = {workspace:UInt32}"
            " AND segment_id IN {uncut:Array(UUID)} AND (segment_id, computed_at) IN"
            " (SELECT segment_id, max(computed_at) FROM segment_memberships"
            " WHERE workspace_id = {workspace:UInt32} AND segment_id IN {uncut:Array(UUID)}"
            f" GROUP BY segment_id) AND {holds}",
            {"workspace": workspace_id, "uncut": uncut, "ids": ids},
            limits(PREVIEW_S),
        )
        found |= {UUID(str(segment_id)) for (segment_id,) in rows}
    return sorted(found)


def _at(millis: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(millis))
