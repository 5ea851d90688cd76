"""What a builder of conditions is offered: traits, events, identifiers, topics, values."""

from __future__ import annotations

from typing import Any

import msgspec

from otklik.catalog.public import FieldType, order_fields
from otklik.events.public import ValueCount, registry
from otklik.privacy.public import list_topics
from otklik.profiles.public import trait_names
from otklik.rules.check import Registry
from otklik.runtime.public import Runtime, Tx
from otklik.segments.engine import limits

VALUES_MAX = 50
_LOOKED_AT = 1_000_000
"""Rows of a trait that are counted for suggestions; beyond it shares no longer change."""


_FIELD_TYPES = {
    FieldType.TEXT: frozenset({"string"}),
    FieldType.NUMBER: frozenset({"number"}),
    FieldType.DATE: frozenset({"date"}),
    FieldType.BOOL: frozenset({"bool"}),
}
"""Types of fields of orders in the words of the rules."""


class SchemaTrait(msgspec.Struct, frozen=True):
    """A trait; a name with values of several types is listed once per type."""

    name: str
    type: str
    count: int


class SchemaProperty(msgspec.Struct, frozen=True):
    path: str
    type: str


class SchemaEvent(msgspec.Struct, frozen=True):
    name: str
    properties: list[SchemaProperty]


class SchemaTopic(msgspec.Struct, frozen=True):
    id: str
    name: str


class Schema(msgspec.Struct, frozen=True):
    traits: list[SchemaTrait]
    events: list[SchemaEvent]
    identifiers: list[str]
    topics: list[SchemaTopic]


async def get_schema(tx: Tx, *, workspace_id: int) -> Schema:
    """Return everything that conditions of a workspace can name."""
    traits = await trait_names(tx, workspace_id=workspace_id)
    events = await registry(tx, workspace_id=workspace_id)
    topics = await list_topics(tx, workspace_id=workspace_id)
    return Schema(
        traits=[SchemaTrait(one.trait, one.type, one.count) for one in traits],
        events=[
            SchemaEvent(
                event.name, [SchemaProperty(one.path, one.type.value) for one in event.properties]
            )
            for event in events
        ],
        identifiers=["email", "phone", "user_id", "known"],
        topics=[SchemaTopic(str(topic.id), topic.name) for topic in topics],
    )


async def get_registry(tx: Tx, *, workspace_id: int) -> Registry:
    """Return the same for checking a definition."""
    schema = await get_schema(tx, workspace_id=workspace_id)
    traits: dict[str, frozenset[str]] = {}
    for trait in schema.traits:
        traits[trait.name] = traits.get(trait.name, frozenset()) | {trait.type}
    events: dict[str, dict[str, frozenset[str]]] = {}
    for event in schema.events:
        properties = events.setdefault(event.name, {})
        for one in event.properties:
            properties[one.path] = properties.get(one.path, frozenset()) | {one.type}
    fields = {
        (field.level.value, field.field): _FIELD_TYPES[field.type]
        for field in await order_fields(tx, workspace_id=workspace_id)
    }
    return Registry(traits=traits, events=events, order_fields=fields)


async def field_titles(tx: Tx, *, workspace_id: int) -> dict[tuple[str, str], str]:
    """Return what people call the fields of orders, by level and name."""
    fields = await order_fields(tx, workspace_id=workspace_id)
    return {(field.level.value, field.field): field.title for field in fields}


async def trait_values(
    rt: Runtime, *, workspace_id: int, trait: str, prefix: str = "", limit: int = 20
) -> list[ValueCount]:
    """Return the commonest values of a trait, as text, that begin with `prefix` in any case."""
    values: dict[str, Any] = {
        "workspace": workspace_id,
        "trait": trait,
        "prefix": prefix,
        "limit": max(1, min(limit, VALUES_MAX)),
    }
    rows = await rt.ch.query(
        "SELECT value, count() AS n FROM (SELECT arrayJoin(if(type = 'list', list, [str])) AS value"
        " FROM profile_traits FINAL WHERE workspace_id = {workspace:UInt32}"
        " AND trait = {trait:String} AND type IN ('string', 'number', 'bool', 'date', 'list')"
        f" LIMIT {_LOOKED_AT}) WHERE value != '' AND length(value) <= 200"
        " AND startsWith(lowerUTF8(value), lowerUTF8({prefix:String}))"
        " GROUP BY value ORDER BY n DESC, value LIMIT {limit:UInt32}",
        values,
        limits(5),
    )
    return [ValueCount(value=value, count=count) for value, count in rows]
