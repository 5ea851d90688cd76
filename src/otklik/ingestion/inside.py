"""Events that the program itself has of a person, on the usual way into the log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from otklik.ingestion.log import append_in
from otklik.ingestion.model import Record
from otklik.runtime.public import Tx

_encode = msgspec.json.Encoder().encode


class InsideEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event of somebody who is known. `key` tells a repetition apart; of the identifiers at
    least one is not ""."""

    name: str
    properties: dict[str, Any]
    key: str
    at: datetime
    user_id: str = ""
    email: str = ""
    phone: str = ""


async def record_inside(
    tx: Tx, *, workspace_id: int, source: str, event: InsideEvent, now: datetime
) -> None:
    """Write an event into the log as part of `tx`; `source` is where the interface says it came
    from. What is known of the person is taken from the event alone, so nobody is guessed at."""
    known = {"email": event.email, "phone": event.phone}
    body = {
        "type": "track",
        "event": event.name,
        "messageId": event.key,
        "timestamp": event.at.isoformat(),
        "properties": event.properties,
        "context": {"traits": {name: value for name, value in known.items() if value}},
        **({"userId": event.user_id} if event.user_id else {}),
    }
    received = int(now.timestamp() * 1000)
    record = Record("batch", received, source, None, "", None, _encode([body]))
    await append_in(tx, workspace_id=workspace_id, records=[record], events=1)
