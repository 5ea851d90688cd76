"""The words of ingestion: what a client may send, what is refused, what the log keeps."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import msgspec

from otklik.kit.i18n import Text

ID_CHARS_MAX = 512
NAME_CHARS_MAX = 200
DEPTH_MAX = 32
BATCH_ITEMS_MAX = 5_000
REJECT_BODY_CHARS_MAX = 4_096

ENDPOINTS: dict[str, str] = {
    "track": "track",
    "identify": "identify",
    "page": "page",
    "screen": "screen",
    "group": "group",
    "alias": "alias",
    "batch": "batch",
    # The browser client of the Segment format sends to the first letter of the call.
    "t": "track",
    "i": "identify",
    "p": "page",
    "s": "screen",
    "g": "group",
    "a": "alias",
    "b": "batch",
    # The older name of batch, still used by some server clients.
    "import": "batch",
}

_Id = Annotated[str, msgspec.Meta(max_length=ID_CHARS_MAX)] | int | float | None
_Name = Annotated[str, msgspec.Meta(max_length=NAME_CHARS_MAX)]


class Item(msgspec.Struct, rename="camel", gc=False):
    """What every call of the Segment format may carry; unknown keys are ignored."""

    message_id: _Id = None
    user_id: _Id = None
    anonymous_id: _Id = None
    timestamp: str | int | float | None = None
    original_timestamp: str | int | float | None = None
    sent_at: str | int | float | None = None
    write_key: str | None = None
    context: dict[str, Any] | None = None


class Track(Item, rename="camel", gc=False, kw_only=True):
    event: Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARS_MAX)]
    properties: dict[str, Any] | None = None


class Identify(Item, rename="camel", gc=False, kw_only=True):
    traits: dict[str, Any] | None = None


class Page(Item, rename="camel", gc=False, kw_only=True):
    name: _Name | None = None
    category: _Name | None = None
    properties: dict[str, Any] | None = None


class Screen(Page, rename="camel", gc=False, kw_only=True):
    pass


class Group(Item, rename="camel", gc=False, kw_only=True):
    group_id: _Id = None
    traits: dict[str, Any] | None = None


class Alias(Item, rename="camel", gc=False, kw_only=True):
    previous_id: _Id = None


class TrackItem(Track, tag_field="type", tag="track", rename="camel", gc=False):
    pass


class IdentifyItem(Identify, tag_field="type", tag="identify", rename="camel", gc=False):
    pass


class PageItem(Page, tag_field="type", tag="page", rename="camel", gc=False):
    pass


class ScreenItem(Screen, tag_field="type", tag="screen", rename="camel", gc=False):
    pass


class GroupItem(Group, tag_field="type", tag="group", rename="camel", gc=False):
    pass


class AliasItem(Alias, tag_field="type", tag="alias", rename="camel", gc=False):
    pass


AnyItem = TrackItem | IdentifyItem | PageItem | ScreenItem | GroupItem | AliasItem
SINGLES: dict[str, type[Item]] = {
    "track": Track,
    "identify": Identify,
    "page": Page,
    "screen": Screen,
    "group": Group,
    "alias": Alias,
}


class Envelope(msgspec.Struct, rename="camel", gc=False):
    """The body of a batch; its items stay raw until each is judged by itself."""

    batch: list[msgspec.Raw]
    sent_at: str | int | float | None = None
    write_key: str | None = None
    context: dict[str, Any] | None = None


class RejectCode(StrEnum):
    """Why one event was put aside: the closed list that the interface shows."""

    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    UNKNOWN_TYPE = "unknown_type"
    NO_IDENTITY = "no_identity"
    NO_EVENT_NAME = "no_event_name"
    NO_PREVIOUS_ID = "no_previous_id"
    NO_GROUP_ID = "no_group_id"
    BAD_FIELD = "bad_field"
    TOO_LONG = "too_long"
    REFUSED_BY_STORE = "refused_by_store"
    PART_REFUSED = "part_refused"
    BATCH_REFUSED = "batch_refused"


REASONS: dict[RejectCode, Text] = {
    RejectCode.NOT_JSON: Text(
        en="The event is not valid JSON: {detail}.", ru="Событие — неправильный JSON: {detail}."
    ),
    RejectCode.NOT_AN_OBJECT: Text(
        en="The event is not a JSON object.", ru="Событие — не объект JSON."
    ),
    RejectCode.TOO_LARGE: Text(
        en="The event is larger than {detail} bytes.", ru="Событие больше {detail} байт."
    ),
    RejectCode.TOO_DEEP: Text(
        en="The event is nested deeper than {detail} levels.",
        ru="Вложенность события больше {detail} уровней.",
    ),
    RejectCode.UNKNOWN_TYPE: Text(
        en="The type is {detail}; known: track, identify, page, screen, group, alias.",
        ru="Тип — {detail}; известны track, identify, page, screen, group, alias.",
    ),
    RejectCode.NO_IDENTITY: Text(
        en="There is neither a usable userId nor a usable anonymousId.",
        ru="Нет ни пригодного userId, ни пригодного anonymousId.",
    ),
    RejectCode.NO_EVENT_NAME: Text(
        en="A track call needs the event's name in `event`.",
        ru="В вызове track нет названия события (`event`).",
    ),
    RejectCode.NO_PREVIOUS_ID: Text(
        en="An alias call needs userId and previousId.",
        ru="В вызове alias нужны userId и previousId.",
    ),
    RejectCode.NO_GROUP_ID: Text(
        en="A group call needs groupId.", ru="В вызове group нет groupId."
    ),
    RejectCode.BAD_FIELD: Text(
        en="A field has the wrong type: {detail}.", ru="У поля неверный тип: {detail}."
    ),
    RejectCode.TOO_LONG: Text(
        en="An id or a name is too long: {detail}.",
        ru="Слишком длинный идентификатор или название: {detail}.",
    ),
    RejectCode.REFUSED_BY_STORE: Text(
        en="The event could not be processed: {detail}.",
        ru="Событие не удалось обработать: {detail}.",
    ),
    RejectCode.BATCH_REFUSED: Text(
        en="A whole batch of events was put aside together ({detail}).",
        ru="Целая пачка событий отложена вместе ({detail}).",
    ),
    RejectCode.PART_REFUSED: Text(
        en="The event was stored, but a part of it could not be used: {detail}.",
        ru="Событие сохранено, но часть его использовать нельзя: {detail}.",
    ),
}


class Reject(msgspec.Struct, frozen=True, kw_only=True):
    """One event that was put aside, with the beginning of its body."""

    code: RejectCode
    detail: str
    type: str
    message_id: str
    body: str


class Record(msgspec.Struct, array_like=True, gc=False):
    """What one request left in the log: the body as it came, and what only the moment knows."""

    kind: str
    """`batch` (the body is a JSON array) or the type of a single event (the body is an object)."""
    received_ms: int
    source: str
    sent_at: str | int | float | None
    ip: str
    context: dict[str, Any] | None
    body: bytes


class StoredEvent(msgspec.Struct, frozen=True, gc=False):
    """One event that is in the store, as subscribers see it."""

    profile_id: int
    name: str
    type: str
    time: datetime
    received_at: datetime
    message_id: str
    properties: dict[str, Any]
    source: str


class StoredEvents(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Events of one batch as columns of one length; times are epoch milliseconds in UTC.

    Subscribers that need few of the events take them with `rows(names=…)`, so that no object is
    made for the others.
    """

    names: list[str]
    types: list[str]
    profile_ids: list[int]
    times_ms: list[int]
    received_ms: list[int]
    message_ids: list[str]
    properties: list[dict[str, Any]]
    sources: list[str]

    def __len__(self) -> int:
        return len(self.names)

    def rows(
        self, *, names: Collection[str] | None = None, types: Collection[str] | None = None
    ) -> Iterator[StoredEvent]:
        """Give the events with one of `names` (None: all) and one of `types`, in their order."""
        for i, name in enumerate(self.names):
            if names is not None and name not in names:
                continue
            if types is not None and self.types[i] not in types:
                continue
            yield StoredEvent(
                self.profile_ids[i],
                name,
                self.types[i],
                datetime.fromtimestamp(self.times_ms[i] / 1000, UTC),
                datetime.fromtimestamp(self.received_ms[i] / 1000, UTC),
                self.message_ids[i],
                self.properties[i],
                self.sources[i],
            )


class EventsStored(msgspec.Struct, frozen=True, kw_only=True):
    """News for upper slices: these events have reached the store.

    Published in the transaction that ends the batch. After a crash the same news may come again
    with the same `batch_id` only if that transaction did not commit; effects that leave the
    transaction must be repeatable by `message_ids`.
    """

    workspace_id: int
    batch_id: UUID
    events: StoredEvents
    profile_ids: frozenset[int]
    now: datetime
