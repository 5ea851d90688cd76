"""Test sends: one letter to a few addresses, now, with the answer of the server."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from otklik.channels.email.errors import BadAddress
from otklik.channels.email.frame import build_frame
from otklik.channels.email.model import SenderIdentity, SendState
from otklik.channels.email.relays.opening import SingleSender
from otklik.channels.email.smtp import SmtpPool
from otklik.channels.email.smtp.words import told
from otklik.kit.i18n import Lang
from otklik.kit.ids import new_token

ADDRESSES_MAX = 10


class TrialOutcome(msgspec.Struct, frozen=True):
    """What became of a test letter at one address; `text` is the server's answer."""

    address: str
    accepted: bool
    text: str


async def send_test_letter(
    pool: SmtpPool | SingleSender,
    *,
    sender: SenderIdentity,
    addresses: Sequence[str],
    subject: str,
    text: str,
    html: str,
    now: datetime,
    lang: Lang,
    amp: str = "",
) -> list[TrialOutcome]:
    """Send a letter to each address and return the outcomes in order; at most ten addresses.

    Goes past the gate of delivery on purpose: it is the author's own look at the letter. It has no
    tracking and no unsubscribe headers.
    """
    frame = build_frame(sender=sender, headers={"X-Auto-Response-Suppress": "All"})
    outcomes: list[TrialOutcome] = []
    for address in addresses[:ADDRESSES_MAX]:
        try:
            data = frame.render(
                to_address=address,
                subject=subject,
                text=text,
                html=html,
                amp=amp or None,
                message_id=new_token(),
                date=now,
            )
        except BadAddress as wrong:
            outcomes.append(TrialOutcome(address, accepted=False, text=wrong.text(lang)))
            continue
        result = await pool.send(sender.return_path, address.strip(), data)
        accepted = result.state is SendState.ACCEPTED
        outcomes.append(TrialOutcome(address, accepted=accepted, text=told(result, lang)))
    return outcomes
