"""What the gate asks in SQL is the same as what the rules say."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from otklik.accounts.public import Workspace
from otklik.privacy.model import Standing, State, address_hash, sendability
from otklik.privacy.public import (
    SENDABILITIES,
    Policy,
    SuppressionReason,
    create_topic,
    sendability_codes,
    sendable,
    set_policy,
    suppress,
    suppressed,
)
from otklik.privacy.queries.gate import address_hashes
from otklik.privacy.tables import WHOLE_CHANNEL, consent_states
from otklik.runtime.public import Tx


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("needs_consent", [True, False])
async def test_the_verdict_in_sql_is_the_verdict_of_the_rule(
    depth: int, needs_consent: bool, tx: Tx, workspace: Workspace, now: datetime
) -> None:
    one = {"workspace_id": workspace.id}
    await set_policy(tx, policy=Policy(email_needs_consent=needs_consent), **one)
    topic = await create_topic(tx, name="News", now=now, **one)
    inner = await create_topic(tx, name="Sales", parent_id=topic.id, now=now, **one)
    topic_id = [None, topic.id, inner.id][depth - 1]
    levels = [WHOLE_CHANNEL, topic.id, inner.id][:depth]
    # Every state at every level, with every order of the moments.
    standings = [
        None,
        Standing(State.NONE, now),
        *(
            Standing(state, now + timedelta(days=day))
            for state in (State.GRANTED, State.WITHDRAWN)
            for day in range(depth)
        ),
    ]
    people = dict(enumerate(product(standings, repeat=depth), start=1))
    await tx.execute(
        consent_states.insert(),
        [
            {
                **one,
                "profile_id": person,
                "channel": channel,
                "topic_id": level,
                "state": standing.state,
                "at": standing.at,
                "source": "form",
            }
            for person, mine in people.items()
            for level, standing in zip(levels, mine, strict=True)
            if standing is not None
            # What was said of another channel must not matter.
            for channel in ("email", "sms")[: 1 + person % 2]
        ],
    )
    asked = np.array(sorted(people, reverse=True), dtype=np.int64)
    codes = await sendability_codes(
        tx, channel="email", topic_id=topic_id, profile_ids=asked, **one
    )
    expected = {
        person: sendability(mine, needs_consent=needs_consent) for person, mine in people.items()
    }
    assert [SENDABILITIES[code] for code in codes] == [expected[person] for person in asked]
    ids = list(people)
    assert await sendable(tx, channel="email", topic_id=topic_id, profile_ids=ids, **one) == (
        expected
    )


@pytest.mark.parametrize("asked_for", [3, 3_000])
@pytest.mark.parametrize("listed", [0, 2, 2_000])
async def test_stopped_addresses_are_found_on_lists_of_any_length(
    asked_for: int,
    listed: int,
    tx: Tx,
    workspace: Workspace,
    other_workspace: Workspace,
    now: datetime,
) -> None:
    one = {"workspace_id": workspace.id, "channel": "email"}
    reason = SuppressionReason.COMPLAINT
    if listed:
        await suppress(tx, address="P1@shop.example", reason=reason, now=now, **one)
        for channel, space in (("sms", workspace.id), ("email", other_workspace.id)):
            await suppress(
                tx,
                workspace_id=space,
                channel=channel,
                address="p2@shop.example",
                reason=reason,
                now=now,
            )
        await tx.execute(
            sa.text(
                "INSERT INTO suppressions (id, workspace_id, channel, address_hash, hint, reason,"
                " at) SELECT gen_random_uuid(), :workspace_id, 'email', sha256(g::text::bytea), '',"
                " 'manual', now() FROM generate_series(2, :listed) g"
            ),
            {"workspace_id": workspace.id, "listed": listed},
        )
    addresses = [f"p{number}@shop.example" for number in range(asked_for)]
    expected = {"p1@shop.example": reason} if listed else {}
    assert await suppressed(tx, addresses=addresses, **one) == expected
    assert await suppressed(tx, addresses=addresses, salt=workspace.salt, **one) == expected


@given(
    addresses=st.lists(
        st.text(st.sampled_from("aBß@.\n\x1c \tİé\u0301\u00a0"), max_size=6), max_size=5
    ),
    salt=st.binary(min_size=1, max_size=100),
)
def test_many_hashes_are_the_same_as_single_ones(addresses: list[str], salt: bytes) -> None:
    assert address_hashes(salt, "email", addresses) == [
        address_hash(salt, "email", address) for address in addresses
    ]
