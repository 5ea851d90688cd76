"""One made-up event, sent at once, to see what a receiver says."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from otklik.exports.forwarding.deliver import secrets_of
from otklik.exports.forwarding.mixpanel import send_mixpanel
from otklik.exports.forwarding.model import (
    ForwardedEvent,
    MixpanelTarget,
    Result,
    Sending,
    Target,
)
from otklik.exports.forwarding.queries import forwarding_row
from otklik.exports.forwarding.webhook import send_webhook
from otklik.kit.i18n import Lang
from otklik.kit.ids import new_id
from otklik.runtime.public import Runtime


async def send_trial(
    rt: Runtime, *, workspace_id: int, forwarding_id: UUID, now: datetime, lang: Lang
) -> Result:
    """Send an event made up for the purpose, once, and return what the receiver answered.

    Raises: ForwardingNotFound.
    """
    # No transaction stays open while the receiver takes its time.
    async with rt.db.begin() as tx:
        row = await forwarding_row(tx, workspace_id=workspace_id, forwarding_id=forwarding_id)
    target = msgspec.convert(row.target, Target)
    sending = Sending(
        id=new_id(),
        workspace_id=workspace_id,
        forwarding_id=forwarding_id,
        event="Otklik test",
        events=[trial_event(now)],
        attempt=1,
        created_at=now,
    )
    secrets = secrets_of(rt, row, now)
    if isinstance(target, MixpanelTarget):
        return await send_mixpanel(rt, target, secrets[0], sending, now=now, lang=lang)
    return await send_webhook(rt, target, secrets, sending, batch=row.batch > 1, now=now, lang=lang)


def trial_event(now: datetime) -> ForwardedEvent:
    return ForwardedEvent(
        message_id=f"otklik-test-{int(now.timestamp())}",
        name="Otklik test",
        type="track",
        time=now,
        received_at=now,
        profile_id=0,
        user_id="otklik-test",
        anonymous_id="",
        properties={"test": True},
        context={},
        source="otklik",
    )
