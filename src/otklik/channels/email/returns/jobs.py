"""Background work of the way back."""

from __future__ import annotations

from typing import Any

from otklik.channels.email.returns.forwarding import forward_reply
from otklik.runtime.public import Runtime, job


@job("email.forward_reply")
async def forward(rt: Runtime, *, return_id: int, **_: Any) -> None:
    """Hand a person's reply on to the colleague that the sender names."""
    await forward_reply(rt, return_id=return_id, now=rt.clock())
