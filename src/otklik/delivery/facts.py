"""Rows for `message_facts`, the table that reports are made from.

`fact_id` is made of what happened, not of when it was noticed, so the same thing noticed twice has
the same id.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from otklik.delivery.model import Fact, Mailing
from otklik.runtime.public import Tx, put_facts

TABLE = "message_facts"


class FactBatch:
    """Facts about messages of one mailing, put into the outbox together."""

    def __init__(self, mailing: Mailing) -> None:
        self._workspace_id = mailing.workspace_id
        self._common = {
            "channel": mailing.channel,
            "source_kind": mailing.source_kind,
            "source_id": mailing.source_id,
        }
        self._rows: list[dict[str, Any]] = []

    def add(
        self,
        fact: Fact,
        *,
        message_id: int,
        profile_id: int,
        variant: str,
        at: datetime,
        wave: int = 0,
        reason: str = "",
        verdict: str = "",
        link: int = 0,
        url: str = "",
        user_agent: str = "",
        fact_id: str | None = None,
    ) -> None:
        self._rows.append(
            {
                **self._common,
                "message_id": message_id,
                "profile_id": profile_id,
                "variant": variant,
                "wave": wave,
                "fact": fact.value,
                "verdict": verdict,
                "reason": reason,
                "link": link,
                "url": url,
                "user_agent": user_agent,
                "at": at,
                "fact_id": fact_id or f"{message_id}:{fact.value}",
            }
        )

    async def put(self, tx: Tx) -> None:
        """Write what was added into the outbox as part of `tx`, once."""
        rows, self._rows = self._rows, []
        await put_facts(tx, workspace_id=self._workspace_id, table=TABLE, rows=rows)
