"""Sending to Mixpanel's import API.

Source: docs.mixpanel.com, "Import Events" and "400 Bad Request" of the ingestion API: up to 2,000
events and 10 MB (uncompressed) a request, an event below 1 MB with fewer than 255 properties,
nested at most three deep, lists and objects below 255 entries, `$insert_id` of at most 36 bytes
(letters, digits, hyphens), `time` in milliseconds, not before 1971 and at most an hour ahead. The
same values that are nobody's `distinct_id` are no `$insert_id` either. "Event Deduplication": a
repeat is told by event, time, distinct_id and $insert_id together, so a retry sends the same four.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from otklik.exports.forwarding.model import (
    AttemptOutcome,
    ForwardedEvent,
    MixpanelTarget,
    Result,
    Sending,
    retry_after,
)
from otklik.exports.forwarding.webhook import shown
from otklik.kit.i18n import Lang, Text
from otklik.runtime.public import Answer, OutgoingFailed, OutgoingRefused, Runtime

HOSTS: dict[str, str] = {
    "us": "https://api.mixpanel.com",
    "eu": "https://api-eu.mixpanel.com",
    "in": "https://api-in.mixpanel.com",
}
EVENTS_MAX: Final = 2_000
BYTES_MAX: Final = 10 * 1000 * 1000
EVENT_BYTES_MAX: Final = 1_000_000
PROPERTIES_MAX: Final = 254
DEPTH_MAX: Final = 3
TEXT_MAX: Final = 255
PERSON_BYTES_MAX: Final = TEXT_MAX - len("$device:")
TIMEOUT_S: Final = 60.0
FIRST_MOMENT: Final = datetime(1971, 1, 1, tzinfo=UTC)
AHEAD_MAX: Final = timedelta(hours=1)
NO_LOCATION: Final = 0
"""As `ip`: without one Mixpanel would take the place of this server for that of the person."""
_INSERT_ID = re.compile(r"[A-Za-z0-9-]{1,36}\Z")
_PLACEHOLDERS: Final = frozenset(
    {
        "00000000-0000-0000-0000-000000000000",
        "-1",
        "0",
        "<nil>",
        "[]",
        "anon",
        "anonymous",
        "false",
        "lmy47d",
        "n/a",
        "na",
        "nil",
        "none",
        "null",
        "true",
        "undefined",
        "unknown",
        "{}",
    }
)
_COMMANDS: Final = frozenset({"$create_alias", "$identify", "$merge"})
"""Names by which Mixpanel joins people instead of counting an event."""
_RESERVED: Final = frozenset({"time", "distinct_id", "token", "ip", "length", "bucket"})


def mixpanel_event(event: ForwardedEvent) -> dict[str, Any]:
    """Return an event in Mixpanel's form.

    The person is `$user_id` and `$device_id`, from which Mixpanel (Simplified ID Merge) makes the
    `distinct_id` that is sent too. The event's own properties keep their names; those that would
    meet a name of Mixpanel's own get `property_` before it.
    """
    own: dict[str, Any] = {}
    for key, value in event.properties.items():
        name = f"property_{key}" if key in _RESERVED or key.startswith(("$", "mp_")) else key
        own[name[:TEXT_MAX]] = _fitting(value, 1)
    ours = {
        "time": int(event.time.timestamp() * 1000),
        "distinct_id": _person(event),
        "$insert_id": insert_id(event.message_id),
        **_device(event),
    }
    room = PROPERTIES_MAX - len(ours)
    name = f"event_{event.name}" if event.name in _COMMANDS else event.name
    return {
        "event": name[:TEXT_MAX],
        "properties": {**dict(list(own.items())[:room]), **ours},
    }


def insert_id(message_id: str) -> str:
    """Return the id by which Mixpanel tells repeats: the event's own, or its hash where it must."""
    if _INSERT_ID.match(message_id) and message_id.lower() not in _PLACEHOLDERS:
        return message_id
    return hashlib.sha256(message_id.encode()).hexdigest()[:36]


def _person(event: ForwardedEvent) -> str:
    if _usable(event.user_id):
        return event.user_id
    if _usable(event.anonymous_id):
        return f"$device:{event.anonymous_id}"
    return f"otklik-{event.profile_id}"


def _usable(value: str) -> bool:
    known = bool(value.strip()) and value.strip().lower() not in _PLACEHOLDERS
    # A longer one would be cut by Mixpanel, and two people might become one.
    return known and len(value.encode()) <= PERSON_BYTES_MAX


def _device(event: ForwardedEvent) -> dict[str, Any]:
    """Return what the event's context says, under Mixpanel's names."""
    context = event.context
    found: dict[str, Any] = {
        "$user_id": event.user_id if _usable(event.user_id) else None,
        "$device_id": event.anonymous_id if _usable(event.anonymous_id) else None,
        "$city": _part(context, "location", "city"),
        "$region": _part(context, "location", "region"),
        "mp_country_code": _part(context, "location", "country"),
        "$current_url": _part(context, "page", "url"),
        "$referrer": _part(context, "page", "referrer"),
        "$os": _part(context, "os", "name"),
        "utm_source": _part(context, "campaign", "source"),
        "utm_medium": _part(context, "campaign", "medium"),
        "utm_campaign": _part(context, "campaign", "name"),
        "utm_term": _part(context, "campaign", "term"),
        "utm_content": _part(context, "campaign", "content"),
    }
    known = {name: value for name, value in found.items() if isinstance(value, str) and value}
    ip = context.get("ip")
    return {"ip": ip if isinstance(ip, str) and ip else NO_LOCATION, **known}


def _part(context: dict[str, Any], *path: str) -> Any:
    value: Any = context
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _fitting(value: Any, depth: int) -> Any:
    """Cut a value to what Mixpanel takes; what is nested deeper becomes its JSON text."""
    if isinstance(value, dict):
        if depth >= DEPTH_MAX:
            return msgspec.json.encode(value).decode()[:TEXT_MAX]
        items = list(value.items())[:PROPERTIES_MAX]
        return {k[:TEXT_MAX]: _fitting(v, depth + 1) for k, v in items}
    if isinstance(value, list):
        if depth >= DEPTH_MAX:
            return msgspec.json.encode(value).decode()[:TEXT_MAX]
        return [_fitting(v, depth + 1) for v in value[:PROPERTIES_MAX]]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return str(value)
    return value


class FailedRecord(msgspec.Struct):
    """The reference names the id `$insert_id`, the page on errors `insert_id`: both are read."""

    index: int | None = None
    insert_id: str | None = None
    marked_id: str | None = msgspec.field(default=None, name="$insert_id")
    field: str = ""
    message: str = ""


class ImportAnswer(msgspec.Struct):
    """The parts of Mixpanel's answer that are used."""

    failed_records: list[FailedRecord] = []
    error: Any = None
    status: Any = None


_TOO_LARGE = Text(en="too large for one request", ru="слишком много для одного запроса")
_LARGE_EVENT = Text(en="the event is larger than 1 MB", ru="событие больше 1 МБ")
_OLD_EVENT = Text(
    en="the event is older than 1971, which Mixpanel refuses",
    ru="событие раньше 1971 года, такие Mixpanel не принимает",
)
_EVENT_AHEAD = Text(
    en="the event is more than an hour in the future, which Mixpanel refuses",
    ru="событие больше чем на час в будущем, такие Mixpanel не принимает",
)
_REFUSED = Text(en="events refused: {refused} of {all}", ru="отклонено событий: {refused} из {all}")


async def send_mixpanel(
    rt: Runtime, target: MixpanelTarget, secret: str, sending: Sending, *, now: datetime, lang: Lang
) -> Result:
    """Send one delivery and say what became of it, in `lang`; what Mixpanel does never raises."""
    made = [msgspec.json.encode(mixpanel_event(event)) for event in sending.events]
    # What would be refused for ever is not sent: it would count against the rate limit.
    hopeless = {
        i: why
        for i, event in enumerate(sending.events)
        if (why := _hopeless(event, len(made[i]), now, lang)) is not None
    }
    places = [i for i in range(len(made)) if i not in hopeless]
    if not places:
        if len(hopeless) == 1:
            return Result(outcome=AttemptOutcome.DEAD, error=hopeless[0])
        return Result(
            outcome=AttemptOutcome.PARTLY, refused=hopeless, error=_count(hopeless, made, lang)
        )
    body = b"[" + b",".join(made[i] for i in places) + b"]"
    if len(body) > BYTES_MAX or len(places) > EVENTS_MAX:
        return Result(outcome=AttemptOutcome.RETRY, split=True, error=_TOO_LARGE.of(lang))
    url = f"{HOSTS[target.region]}/import?strict=1"
    if target.project_id:
        url += f"&project_id={target.project_id}"
    # Without a service account the token or secret of the project is the user of the pair.
    pair = f"{target.user}:{secret}" if target.user else f"{secret}:"
    headers = {
        "content-type": "application/json",
        "content-encoding": "gzip",
        "accept": "application/json",
        "authorization": "Basic " + base64.b64encode(pair.encode()).decode(),
    }
    try:
        answer = await rt.outgoing.send(
            "POST",
            url,
            headers=headers,
            body=gzip.compress(body, 5, mtime=0),
            timeout_s=TIMEOUT_S,
            answer_bytes_max=4 * 1024 * 1024,
        )
    except (OutgoingFailed, OutgoingRefused) as error:
        return Result(outcome=AttemptOutcome.RETRY, error=error.text(lang))
    return _judge(answer, sending, places, hopeless, now, lang)


def _hopeless(event: ForwardedEvent, size: int, now: datetime, lang: Lang) -> str | None:
    """Return why Mixpanel will never take an event, or None."""
    if size >= EVENT_BYTES_MAX:
        return _LARGE_EVENT.of(lang)
    if event.time < FIRST_MOMENT:
        return _OLD_EVENT.of(lang)
    if event.time > now + AHEAD_MAX:
        return _EVENT_AHEAD.of(lang)
    return None


def _judge(
    answer: Answer,
    sending: Sending,
    places: list[int],
    hopeless: dict[int, str],
    now: datetime,
    lang: Lang,
) -> Result:
    base = Result(
        outcome=AttemptOutcome.DELIVERED,
        status=answer.status,
        took_ms=answer.took_ms,
        answer=shown(answer.body),
    )
    if answer.status == 413:
        alone = len(sending.events) == 1
        return replace(
            base,
            outcome=AttemptOutcome.DEAD if alone else AttemptOutcome.RETRY,
            split=not alone,
            error="HTTP 413",
        )
    refused = dict(hopeless)
    if answer.status == 400:
        by_record = _failed(answer, sending, places)
        if not by_record:
            # The request as a whole is wrong: a retry would be wrong as well.
            return replace(base, outcome=AttemptOutcome.DEAD, error="HTTP 400")
        refused |= by_record
    elif not 200 <= answer.status < 300:
        return replace(
            base,
            outcome=AttemptOutcome.RETRY,
            error=f"HTTP {answer.status}",
            wait=retry_after(answer.headers.get("retry-after"), now),
        )
    if refused:
        return replace(
            base,
            outcome=AttemptOutcome.PARTLY,
            refused=refused,
            error=_count(refused, sending.events, lang),
        )
    return base


def _count(refused: Mapping[int, str], events: Sequence[object], lang: Lang) -> str:
    return _REFUSED.of(lang, {"refused": len(refused), "all": len(events)})


def _failed(answer: Answer, sending: Sending, places: list[int]) -> dict[int, str]:
    """Return which events of the delivery Mixpanel refused, and why."""
    try:
        read = msgspec.json.decode(answer.body, type=ImportAnswer, strict=False)
    except msgspec.MsgspecError:
        return {}
    by_id = {insert_id(e.message_id): i for i, e in enumerate(sending.events)}
    found: dict[int, str] = {}
    for record in read.failed_records:
        place = by_id.get(record.insert_id or record.marked_id or "")
        if place is None and record.index is not None and 0 <= record.index < len(places):
            place = places[record.index]
        if place is not None:
            found[place] = f"{record.field}: {record.message}"[:500]
    return found
