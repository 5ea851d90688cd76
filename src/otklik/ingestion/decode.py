"""From chunks of the log to columns: what the pipeline works on.

One typed decode and a few list appends per event; everything after this works on whole columns.
The same chunks always give the same columns, since a batch may be worked on twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from otklik.ingestion import model
from otklik.ingestion.judge import DECODE_ERRORS, depth, judge_item
from otklik.ingestion.log import unpack
from otklik.ingestion.model import Item, Record, Reject, RejectCode

EARLIEST_MS = int(datetime(1990, 1, 1, tzinfo=UTC).timestamp() * 1000)
"""A time before this comes from a clock that was never set."""
BROWSER_PAST_MS = 90 * 86_400_000
"""A visitor's browser may keep events for so long; older times are made up. (A server or an import
may tell of any past.)"""
_SAFE_INT = 2**64
_NUL_ESCAPED = b"\\u0000"

_list_decoder = msgspec.json.Decoder(list[model.AnyItem])
_raw_list = msgspec.json.Decoder(list[msgspec.Raw])
_one = msgspec.json.Decoder(model.AnyItem)
_singles = {kind: msgspec.json.Decoder(cls) for kind, cls in model.SINGLES.items()}
_encode = msgspec.json.Encoder().encode

Identity = tuple[str, str, str, str, tuple[tuple[str, str], ...]]
"""user_id, anonymous_id, email, phone, external identifiers; '' stands for none."""


class Statement(msgspec.Struct, frozen=True, gc=False):
    """What one identify or alias call says about a person, beyond who it is."""

    event: int
    traits: dict[str, Any] | None
    previous_id: str | None


class Columns(msgspec.Struct, gc=False):
    """Events of a batch, one list per field, all of one length."""

    names: list[str] = []
    types: list[str] = []
    times_ms: list[int] = []
    received_ms: list[int] = []
    message_ids: list[str] = []
    keys: list[str] = []
    """MD5 of the message id, in hex: what a repeat is known by."""
    user_ids: list[str] = []
    anonymous_ids: list[str] = []
    properties: list[dict[str, Any]] = []
    properties_json: list[bytes] = []
    context_json: list[bytes] = []
    sources: list[str] = []
    identities: list[Identity] = []
    statements: list[Statement] = []
    rejects: list[tuple[int, str, Reject]] = []
    """Time of receipt, source and reason of events that can't go on."""

    def __len__(self) -> int:
        return len(self.names)


def decode_chunks(chunks: Iterable[tuple[UUID, bytes]]) -> Columns:
    """Decode chunks, in their order, into columns."""
    columns = Columns()
    for chunk_id, body in chunks:
        position = 0
        for record in unpack(body):
            position = _decode_record(columns, record, chunk_id.hex, position)
    return columns


def _decode_record(columns: Columns, record: Record, chunk: str, position: int) -> int:
    items = _items(columns, record)
    # Text that PostgreSQL can't hold is rare; one search of the bytes spares a look at each event.
    dirty = _NUL_ESCAPED in record.body
    sent_ms = parse_ms(record.sent_at) if record.sent_at is not None else None
    for item in map(_cleaned, items) if dirty else items:
        _decode_item(columns, record, item, sent_ms, chunk=chunk, position=position)
        position += 1
    return position


def _decode_item(
    columns: Columns, record: Record, item: Item, sent_ms: int | None, *, chunk: str, position: int
) -> None:
    kind, name, properties, statement = _meaning(item, record.kind)
    properties_json = _encode(properties)
    context = item.context
    if record.context:
        context = {**record.context, **(context or {})}
    if record.ip:
        context = {"ip": record.ip, **(context or {})}
    context_json = _encode(context) if context else b"{}"
    if _too_deep(properties_json, properties) or _too_deep(context_json, context):
        columns.rejects.append((record.received_ms, record.source, _deep_reject(item, kind)))
        return
    received = record.received_ms
    stamp = item.original_timestamp if item.original_timestamp is not None else item.timestamp
    if stamp is None:
        time = received
    else:
        sent = parse_ms(item.sent_at) if item.sent_at is not None else sent_ms
        past = BROWSER_PAST_MS if record.source == "browser" else received
        time = true_time_ms(parse_ms(stamp), sent, received, past_ms=past)
    message_id = item.message_id
    if type(message_id) is not str or not message_id:
        message_id = _id(message_id) or f"{chunk}:{position}"
    user_id = item.user_id
    if type(user_id) is not str:
        user_id = _id(user_id)
    anonymous_id = item.anonymous_id
    if type(anonymous_id) is not str:
        anonymous_id = _id(anonymous_id)
    email = phone = ""
    external: tuple[tuple[str, str], ...] = ()
    if context:
        email, phone, external = _known_by(context)
    if statement is not None:
        traits, previous_id = statement
        if traits:
            email = _text(traits.get("email")) or email
            phone = _text(traits.get("phone")) or phone
        columns.statements.append(Statement(len(columns.names), traits, previous_id))
    columns.names.append(name)
    columns.types.append(kind)
    columns.times_ms.append(time)
    columns.received_ms.append(received)
    columns.message_ids.append(message_id)
    columns.keys.append(hashlib.md5(message_id.encode(), usedforsecurity=False).hexdigest())
    columns.user_ids.append(user_id)
    columns.anonymous_ids.append(anonymous_id)
    columns.properties.append(properties)
    columns.properties_json.append(properties_json)
    columns.context_json.append(context_json)
    columns.sources.append(record.source)
    columns.identities.append((user_id, anonymous_id, email, phone, external))


Meaning = tuple[str, str, dict[str, Any], tuple[dict[str, Any] | None, str | None] | None]


def _meaning(item: Item, record_kind: str) -> Meaning:
    """Return type, name, properties and, for identify and alias, what is said about the person."""
    if isinstance(item, model.Track):
        return "track", item.event, item.properties or {}, None
    if isinstance(item, model.Identify):
        traits = clean(item.traits) if item.traits else {}
        return "identify", "Identified", traits, (traits, None)
    if isinstance(item, model.Page):
        is_screen = isinstance(item, model.Screen)
        properties = item.properties or {}
        if item.category and "category" not in properties:
            properties = {"category": item.category, **properties}
        default = "Screen viewed" if is_screen else "Page viewed"
        return "screen" if is_screen else "page", item.name or default, properties, None
    if isinstance(item, model.Group):
        return "group", "Grouped", {**(item.traits or {}), "groupId": _id(item.group_id)}, None
    assert isinstance(item, model.Alias), record_kind
    previous = _id(item.previous_id)
    return "alias", "Aliased", {"previousId": previous}, (None, previous)


def true_time_ms(stamp: int | None, sent: int | None, received: int, *, past_ms: int) -> int:
    """Correct a time by the client's own clock: received − (sent − stamp).

    A time that can't be, in the future, before computers had clocks or more than `past_ms` ago,
    becomes the time of receipt.
    """
    if stamp is None:
        return received
    time = stamp if sent is None else received - (sent - stamp)
    return time if max(EARLIEST_MS, received - past_ms) <= time <= received else received


def parse_ms(value: str | int | float | None) -> int | None:
    """Return epoch milliseconds of an ISO 8601 text or of epoch seconds or milliseconds."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            return round(moment.timestamp() * 1000)
        except (ValueError, OverflowError):
            return None
    if value is None or not -1e17 < value < 1e17:
        return None
    # Seconds since 1970 stay below 10¹¹ for three thousand years; milliseconds passed it in 1973.
    return int(value) if abs(value) > 1e11 else int(value * 1000)


def clean(value: Any, level: int = 0) -> Any:
    """Return JSON data that both stores can hold: no NUL, no number beyond 64 bits."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd") if "\0" in value else value
    if isinstance(value, dict) and level <= model.DEPTH_MAX:
        return {clean(k): clean(v, level + 1) for k, v in value.items()}
    if isinstance(value, list) and level <= model.DEPTH_MAX:
        return [clean(v, level + 1) for v in value]
    if isinstance(value, int) and not -_SAFE_INT < value < _SAFE_INT:
        return str(value)
    return value


def _items(columns: Columns, record: Record) -> Sequence[Item]:
    if record.kind != "batch":
        return [_singles[record.kind].decode(record.body)]
    try:
        return _list_decoder.decode(record.body)
    except DECODE_ERRORS:
        # The rules were looser when this was accepted: what they refuse now is put aside visibly.
        good: list[Item] = []
        for raw in _raw_list.decode(record.body):
            reject = judge_item(bytes(raw), kind=None, event_bytes_max=2**30)
            if reject is None:
                good.append(_one.decode(raw))
            else:
                columns.rejects.append((record.received_ms, record.source, reject))
        return good


def _cleaned(item: Item) -> Item:
    return msgspec.structs.replace(
        item, **{name: clean(getattr(item, name)) for name in item.__struct_fields__}
    )


def _known_by(context: dict[str, Any]) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """Return e-mail, phone and external identifiers that a context carries."""
    email = phone = ""
    traits = context.get("traits")
    if isinstance(traits, dict):
        email, phone = _text(traits.get("email")), _text(traits.get("phone"))
    external = context.get("externalIds")
    if not isinstance(external, list):
        return email, phone, ()
    found = []
    for entry in external[:20]:
        if isinstance(entry, dict):
            kind, value = _text(entry.get("type")), _text(entry.get("id"))
            if kind and value:
                found.append((kind.lower(), value))
    return email, phone, tuple(found)


def _id(value: str | int | float | None) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    # 17850 and 17850.0 are one id: a spreadsheet or a float column wrote the second.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= model.ID_CHARS_MAX else ""


def _too_deep(encoded: bytes, value: dict[str, Any] | None) -> bool:
    openers = encoded.count(b"{") + encoded.count(b"[")
    return openers > model.DEPTH_MAX and value is not None and depth(value) >= model.DEPTH_MAX


def _deep_reject(item: Item, kind: str) -> Reject:
    body = _encode(item)[: model.REJECT_BODY_CHARS_MAX].decode("utf-8", "replace")
    return Reject(
        code=RejectCode.TOO_DEEP,
        detail=str(model.DEPTH_MAX),
        type=kind,
        message_id=_id(item.message_id)[:200],
        body=body,
    )
