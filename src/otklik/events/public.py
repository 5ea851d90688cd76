"""The door of events: reading what happened, and the registry of names and properties."""

from otklik.events.erasure import (
    count_old_events,
    count_person_events,
    erase_events,
    erase_events_of,
    erase_old_events,
    export_events,
)
from otklik.events.errors import TooManyStreams, UnknownProperty
from otklik.events.latest import LATEST_WITHIN, latest_of_people, sample_of
from otklik.events.model import (
    DayCount,
    EventName,
    EventRow,
    PropertyInfo,
    PropertyType,
    ValueCount,
)
from otklik.events.person import events_before, events_of_profile
from otklik.events.queries import (
    count_events,
    event_series,
    events_since,
    ids_of_person,
    latest_events,
    property_column,
    property_values,
    registry,
    stored_at,
)
from otklik.events.registry import Discovery, Registry

__all__ = [
    "LATEST_WITHIN",
    "DayCount",
    "Discovery",
    "EventName",
    "EventRow",
    "PropertyInfo",
    "PropertyType",
    "Registry",
    "TooManyStreams",
    "UnknownProperty",
    "ValueCount",
    "count_events",
    "count_old_events",
    "count_person_events",
    "erase_events",
    "erase_events_of",
    "erase_old_events",
    "event_series",
    "events_before",
    "events_of_profile",
    "events_since",
    "export_events",
    "ids_of_person",
    "latest_events",
    "latest_of_people",
    "property_column",
    "property_values",
    "registry",
    "sample_of",
    "stored_at",
]
