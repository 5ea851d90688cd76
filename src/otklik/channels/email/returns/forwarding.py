"""A person's reply, on its way to the colleague whom the sender names for replies.

It goes as a letter of the sender, since one "from" the person would fail DMARC; an answer to it
goes to the person. Programs must not answer it, and if it comes back here it is recognised and not
handed on again (RFC 3834 section 5; `written_by_program`).
"""

from __future__ import annotations

import asyncio
import html
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from otklik.channels.email.errors import BadAddress, KeyUnreadable, SenderNotFound
from otklik.channels.email.frame import build_frame
from otklik.channels.email.model import SendState
from otklik.channels.email.queries import sender_identity
from otklik.channels.email.relays.opening import single_sender
from otklik.channels.email.returns.operations import note_forwarded
from otklik.channels.email.returns.queries import reply_homes, reply_to_forward
from otklik.channels.email.returns.verp import ReplyRef, read_address
from otklik.channels.email.verdicts import readable_text
from otklik.kit.ids import new_token
from otklik.runtime.public import Runtime, Tx, log

_TEXT_CHARS: Final = 100_000
HEADERS: Final = {
    "Auto-Submitted": "auto-generated",
    "X-Auto-Response-Suppress": "All",
    "X-Otklik-Forwarded": "reply",
}


class NotForwarded(Exception):
    """The relay did not take the letter; the job tries again."""


async def forward_reply(rt: Runtime, *, return_id: int, now: datetime) -> None:
    """Hand one reply on, once. Raises: NotForwarded while the relay does not take it."""
    async with rt.db.begin() as tx:
        found = await reply_to_forward(tx, return_id=return_id)
        if found is None:
            return
        row, raw = found
        text = (await asyncio.to_thread(readable_text, raw))[:_TEXT_CHARS]
        try:
            sender = await sender_identity(
                tx,
                workspace_id=row.workspace_id,
                sender_id=await _sender_id(rt, tx, row.workspace_id, row.recipient),
            )
            frame = build_frame(
                sender=msgspec.structs.replace(
                    sender, name=row.sender or sender.name, reply_to=row.sender or None
                ),
                headers=HEADERS,
            )
            data = frame.render(
                to_address=row.forward_to,
                subject=row.subject or "—",
                text=text,
                html=f"<pre style='white-space:pre-wrap;font:inherit'>{html.escape(text)}</pre>",
                message_id=new_token(),
                date=now,
            )
        except (SenderNotFound, KeyUnreadable, BadAddress) as error:
            log.warning("a reply can't be handed on", return_id=return_id, error=error.code)
            return
        relays = await single_sender(rt, tx, workspace_id=row.workspace_id, domain=sender.domain)
        try:
            result = await relays.send(sender.return_path, row.forward_to, data)
        finally:
            await relays.close()
        if result.state is SendState.TEMPORARY:
            raise NotForwarded(result.text)
        if result.state is SendState.PERMANENT:
            log.warning("a reply was refused on its way", return_id=return_id, code=result.code)
            return
        # Also when nobody knows whether it was taken: a colleague gets it once, or not at all.
        await note_forwarded(tx, return_id=return_id, now=now)


async def _sender_id(rt: Runtime, tx: Tx, workspace_id: int, recipient: str) -> UUID | None:
    ref = read_address(rt.signer, recipient)
    if isinstance(ref, ReplyRef):
        return ref.sender_id
    homes = await reply_homes(tx, address=recipient, workspace_id=workspace_id)
    return homes[0].sender_id if homes else None
