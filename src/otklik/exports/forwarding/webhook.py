"""Sending to a webhook: the payload, and what its answers mean."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from otklik.exports.forwarding.model import (
    AttemptOutcome,
    ForwardedEvent,
    Result,
    Sending,
    WebhookTarget,
    retry_after,
    webhook_headers,
)
from otklik.kit.i18n import Lang
from otklik.runtime.public import Answer, OutgoingFailed, OutgoingRefused, Runtime

TIMEOUT_S = 15.0
ANSWER_KEPT = 1024


def payload(events: list[ForwardedEvent], *, batch: bool, at: datetime) -> bytes:
    """Return the body: the same bytes at every attempt, since `at` is when the delivery was made.

    One event: {"type": "event", "timestamp": …, "data": {…}}; batches have the type "events" and
    `data.events`.
    """
    made = [event_body(event) for event in events]
    body = {
        "type": "events" if batch else "event",
        "timestamp": at,
        "data": {"events": made} if batch else made[0],
    }
    return msgspec.json.encode(body)


def event_body(event: ForwardedEvent) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": event.message_id,
        "event": event.name,
        "type": event.type,
        "time": event.time,
        "received_at": event.received_at,
        "profile_id": event.profile_id,
        "user_id": event.user_id or None,
        "anonymous_id": event.anonymous_id or None,
        "properties": event.properties,
        "context": event.context,
        "source": event.source,
    }
    if event.customer is not None:
        body["customer"] = event.customer
    return body


async def send_webhook(
    rt: Runtime,
    target: WebhookTarget,
    secrets: list[str],
    sending: Sending,
    *,
    batch: bool,
    now: datetime,
    lang: Lang,
) -> Result:
    """Send one delivery and say what became of it in `lang`; never raises for what the receiver
    does."""
    body = payload(sending.events, batch=batch, at=sending.created_at)
    headers = webhook_headers(secrets, message_id=f"msg_{sending.id}", now=now, body=body)
    try:
        answer = await rt.outgoing.send(
            "POST",
            target.url,
            headers=headers,
            body=body,
            timeout_s=TIMEOUT_S,
            answer_bytes_max=ANSWER_KEPT,
        )
    except (OutgoingFailed, OutgoingRefused) as error:
        return Result(outcome=AttemptOutcome.RETRY, error=error.text(lang))
    return judge(answer, now)


def judge(answer: Answer, now: datetime) -> Result:
    """Read an answer as Standard Webhooks has it: 2xx is taken, 410 is goodbye, the rest again."""
    text = shown(answer.body)
    if 200 <= answer.status < 300:
        return Result(
            outcome=AttemptOutcome.DELIVERED,
            status=answer.status,
            took_ms=answer.took_ms,
            answer=text,
        )
    return Result(
        outcome=AttemptOutcome.RETRY,
        status=answer.status,
        took_ms=answer.took_ms,
        error=f"HTTP {answer.status}",
        answer=text,
        wait=retry_after(answer.headers.get("retry-after"), now),
        gone=answer.status == 410,
    )


def shown(body: bytes) -> str:
    return body[:ANSWER_KEPT].decode("utf-8", "replace").replace("\0", "\ufffd")
