"""Linking new lines of the ledger to its chain."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from otklik.privacy import tables as t
from otklik.privacy.chain import START, line_digest, person_digest
from otklik.runtime.public import Tx


async def link_lines(tx: Tx, *, workspace_id: int, rows: Sequence[dict[str, Any]]) -> None:
    """Fill number, nonce and digests into rows in their order; the caller holds the lock."""
    c = t.consent_chains.c
    end = (
        await tx.execute(sa.select(c.length, c.digest).where(c.workspace_id == workspace_id))
    ).one_or_none()
    number, digest = (0, START) if end is None else (int(end.length), bytes(end.digest))
    for row in rows:
        number += 1
        if row["ip"] is not None:
            # In the one spelling in which the database gives it back.
            row["ip"] = str(ipaddress.ip_address(row["ip"]))
        nonce = secrets.token_bytes(16)
        row |= {"number": number, "nonce": nonce, "person_digest": person_digest(nonce, row)}
        digest = line_digest(digest, row)
        row["digest"] = digest
    values = {"length": number, "digest": digest}
    await tx.execute(
        insert(t.consent_chains)
        .values(workspace_id=workspace_id, **values)
        .on_conflict_do_update(index_elements=["workspace_id"], set_=values)
    )
