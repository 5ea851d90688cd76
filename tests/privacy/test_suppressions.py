"""The stop list: addresses that get nothing, kept as hashes."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.privacy.errors import SuppressionNotFound
from otklik.privacy.public import (
    SuppressionReason,
    UnknownChannel,
    lift_suppression,
    suppress,
    suppressed,
)
from otklik.privacy.queries import list_suppressions
from otklik.runtime.public import Tx


async def test_an_address_is_stopped_once_in_any_spelling(
    tx: Tx, workspace: Workspace, other_workspace: Workspace, now: datetime
) -> None:
    one = {"workspace_id": workspace.id, "channel": "email"}
    bounce = SuppressionReason.HARD_BOUNCE
    assert await suppress(tx, address="Anna@Shop.example", reason=bounce, now=now, **one)
    manual = SuppressionReason.MANUAL
    assert not await suppress(tx, address="anna@shop.example", reason=manual, now=now, **one)
    asked = ["ANNA@shop.example", "ivan@shop.example"]
    assert await suppressed(tx, addresses=asked, **one) == {"ANNA@shop.example": bounce}
    assert await suppressed(tx, addresses=[], **one) == {}
    other = {"workspace_id": other_workspace.id, "channel": "email"}
    assert await suppressed(tx, addresses=asked, **other) == {}


async def test_the_address_itself_is_not_stored(
    tx: Tx, workspace: Workspace, now: datetime
) -> None:
    await suppress(
        tx,
        workspace_id=workspace.id,
        channel="email",
        address="anna.secret@shop.example",
        reason=SuppressionReason.ERASED,
        now=now,
    )
    text = (await tx.execute(sa.text("SELECT suppressions::text FROM suppressions"))).scalars()
    assert not any("secret" in row for row in text)


async def test_the_list_finds_one_address_and_lets_it_go(
    tx: Tx, workspace: Workspace, other_workspace: Workspace, now: datetime
) -> None:
    one = {"workspace_id": workspace.id}
    for i in range(3):
        await suppress(
            tx,
            channel="email",
            address=f"a{i}@b.ru",
            reason=SuppressionReason.COMPLAINT,
            now=now,
            **one,
        )
    first = await list_suppressions(tx, limit=2, **one)
    assert first.next_cursor is not None
    rest = await list_suppressions(tx, limit=2, cursor=first.next_cursor, **one)
    assert len(first.items) + len(rest.items) == 3
    (found,) = (await list_suppressions(tx, address="A1@b.ru", **one)).items
    assert found.hint == "a•••@b.ru"
    with pytest.raises(SuppressionNotFound):
        await lift_suppression(tx, workspace_id=other_workspace.id, suppression_id=found.id)
    await lift_suppression(tx, suppression_id=found.id, **one)
    assert (await list_suppressions(tx, address="a1@b.ru", **one)).items == []


async def test_an_unknown_channel_is_refused(tx: Tx, workspace: Workspace, now: datetime) -> None:
    with pytest.raises(UnknownChannel):
        await suppress(
            tx,
            workspace_id=workspace.id,
            channel="pigeon",
            address="a@b.ru",
            reason=SuppressionReason.MANUAL,
            now=now,
        )
