"""Judging what a client sent: which events of a request are good, and why the others are not.

The common case, a batch without a fault, is decided by one typed decode. Only when that fails
is each event looked at with care, to give every bad one its own reason.
"""

from __future__ import annotations

from typing import Any, cast

import msgspec

from otklik.ingestion import model
from otklik.ingestion.errors import BadBody, BadEvent, NotJson, TooLarge, TooMany
from otklik.ingestion.model import REASONS, Reject, RejectCode

_BOM = b"\xef\xbb\xbf"
_Scalar = str | int | float | None

# What a decoder may raise on hostile input: damaged JSON, bytes that are not UTF-8, a number with
# more digits than Python converts, nesting beyond the stack.
DECODE_ERRORS = (msgspec.MsgspecError, ValueError, RecursionError)

_envelope = msgspec.json.Decoder(model.Envelope)
_items = msgspec.json.Decoder(list[model.AnyItem])
_any = msgspec.json.Decoder()
_singles = {kind: msgspec.json.Decoder(cls) for kind, cls in model.SINGLES.items()}


class Judged(msgspec.Struct, frozen=True, gc=False):
    """The good part of a request, ready for the log, and the events put aside."""

    body: bytes
    events: int
    sent_at: _Scalar
    write_key: str | None
    context: dict[str, Any] | None
    rejects: list[Reject]


def judge_batch(body: bytes, *, event_bytes_max: int) -> Judged:
    """Judge the body of a batch.

    Raises: NotJson, TooMany, BadBody when the request as a whole can't be read.
    """
    try:
        envelope = _envelope.decode(body.removeprefix(_BOM))
    except DECODE_ERRORS as error:
        raise _why_no_envelope(body, error) from error
    raws = envelope.batch
    if len(raws) > model.BATCH_ITEMS_MAX:
        raise TooMany(limit=model.BATCH_ITEMS_MAX, count=len(raws))
    array = b"[" + b",".join(raws) + b"]"
    rejects: list[Reject] = []
    # No event can be too large when all of them together are not.
    may_be_large = len(body) > event_bytes_max
    if (
        may_be_large and any(memoryview(raw).nbytes > event_bytes_max for raw in raws)
    ) or not _all_good(array):
        good = []
        for raw in raws:
            reject = judge_item(bytes(raw), kind=None, event_bytes_max=event_bytes_max)
            if reject is None:
                good.append(raw)
            else:
                rejects.append(reject)
        raws, array = good, b"[" + b",".join(good) + b"]"
    return Judged(
        array,
        len(raws),
        envelope.sent_at,
        envelope.write_key,
        envelope.context,
        rejects,
    )


def judge_single(body: bytes, *, kind: str, event_bytes_max: int) -> tuple[Judged, BadBody | None]:
    """Judge the body of a request with one event; the second part is the error to answer with.

    Raises: TooLarge, NotJson when the body can't be read at all.
    """
    body = body.removeprefix(_BOM)
    if len(body) > event_bytes_max:
        raise TooLarge(limit=event_bytes_max)
    try:
        item = _singles[kind].decode(body)
    except DECODE_ERRORS:
        pass
    else:
        if _complete(item) and _shallow(body):
            return Judged(body, 1, item.sent_at, item.write_key, None, []), None
    reject = judge_item(body, kind=kind, event_bytes_max=event_bytes_max)
    if reject is None:
        item = _singles[kind].decode(body)
        return Judged(body, 1, item.sent_at, item.write_key, None, []), None
    if reject.code is RejectCode.NOT_JSON:
        raise NotJson(why=reject.detail)
    what = REASONS[reject.code].of("en", {"detail": reject.detail})
    key = _loose_key(body)
    return Judged(b"", 0, None, key, None, [reject]), BadEvent(reject_code=reject.code, what=what)


def judge_item(raw: bytes, *, kind: str | None, event_bytes_max: int) -> Reject | None:
    """Say why one event is refused, or None when it is good.

    `kind`: the type that the address of the request gives; None = the event's own `type`.
    """
    if len(raw) > event_bytes_max:
        return _reject(RejectCode.TOO_LARGE, str(event_bytes_max), raw, None)
    try:
        value = _any.decode(raw)
    except RecursionError:
        return _reject(RejectCode.TOO_DEEP, str(model.DEPTH_MAX), raw, None)
    except DECODE_ERRORS as error:
        return _reject(RejectCode.NOT_JSON, _short(str(error)), raw, None)
    if not isinstance(value, dict):
        return _reject(RejectCode.NOT_AN_OBJECT, "", raw, None)
    given = kind or value.get("type")
    if not isinstance(given, str) or given not in model.SINGLES:
        return _reject(RejectCode.UNKNOWN_TYPE, _short(str(given)), raw, value)
    if not _shallow(raw) and depth(value) > model.DEPTH_MAX:
        return _reject(RejectCode.TOO_DEEP, str(model.DEPTH_MAX), raw, value)
    if given == "track" and not (isinstance(value.get("event"), str) and value["event"].strip()):
        return _reject(RejectCode.NO_EVENT_NAME, "", raw, value)
    try:
        item = _singles[given].decode(raw)
    except DECODE_ERRORS as error:
        code = RejectCode.TOO_LONG if "length <=" in str(error) else RejectCode.BAD_FIELD
        return _reject(code, _short(str(error)), raw, value)
    if item.user_id in {None, ""} and item.anonymous_id in {None, ""}:
        return _reject(RejectCode.NO_IDENTITY, "", raw, value)
    if isinstance(item, model.Alias) and (
        item.previous_id in {None, ""} or item.user_id in {None, ""}
    ):
        return _reject(RejectCode.NO_PREVIOUS_ID, "", raw, value)
    if isinstance(item, model.Group) and item.group_id in {None, ""}:
        return _reject(RejectCode.NO_GROUP_ID, "", raw, value)
    return None


def depth(value: Any) -> int:
    """Return how many objects and arrays lie inside each other at the deepest place."""
    level, layer = 0, [value]
    while layer := [v for v in layer if isinstance(v, dict | list)]:
        level += 1
        layer = [child for v in layer for child in (v.values() if isinstance(v, dict) else v)]
    return level


def _all_good(array: bytes) -> bool:
    """Quick answer about all events of a JSON array; False means "look with care", not "bad"."""
    try:
        return all(map(_complete, _items.decode(array)))
    except DECODE_ERRORS:
        return False


def _complete(item: model.Item) -> bool:
    """Quick answer; False means "look with care", not "bad"."""
    if not (item.user_id or item.anonymous_id):
        return False
    # A comparison of classes is a third of isinstance, and this runs for every event.
    kind = type(item)
    if kind is model.TrackItem or kind is model.Track:
        return not cast("model.Track", item).event.isspace()
    if isinstance(item, model.Alias):
        return bool(item.previous_id and item.user_id)
    if isinstance(item, model.Group):
        return bool(item.group_id)
    return True


def _shallow(raw: bytes) -> bool:
    return raw.count(b"{") + raw.count(b"[") <= model.DEPTH_MAX


def _why_no_envelope(body: bytes, error: BaseException) -> BadBody:
    if isinstance(error, msgspec.ValidationError):
        return BadBody(what=f"The batch can't be read: {_short(str(error))}.")
    if isinstance(error, RecursionError):
        return NotJson(why="it is nested too deep")
    return NotJson(why=_short(str(error)) if body else "it is empty")


def _loose_key(body: bytes) -> str | None:
    try:
        value = _any.decode(body)
    except DECODE_ERRORS:
        return None
    key = value.get("writeKey") if isinstance(value, dict) else None
    return key if isinstance(key, str) else None


def _reject(code: RejectCode, detail: str, raw: bytes, value: dict[str, Any] | None) -> Reject:
    body = raw[: model.REJECT_BODY_CHARS_MAX].decode("utf-8", "replace").replace("\0", "\ufffd")
    return Reject(
        code=code,
        detail=detail.replace("\0", "\ufffd"),
        type=_text(value, "type", 40),
        message_id=_text(value, "messageId", 200),
        body=body,
    )


def _text(value: dict[str, Any] | None, key: str, limit: int) -> str:
    found = (value or {}).get(key)
    return found[:limit].replace("\0", "\ufffd") if isinstance(found, str) else ""


def _short(text: str) -> str:
    text = text.rstrip(".")
    return text if len(text) <= 200 else text[:200] + "…"
