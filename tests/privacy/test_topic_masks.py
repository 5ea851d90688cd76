"""Which of many topics a person may be written about: the same answer as topic by topic."""

from __future__ import annotations

import random
from datetime import timedelta

import numpy as np

from otklik.accounts.public import Workspace
from otklik.privacy.public import (
    SENDABILITIES,
    Action,
    ConsentEntry,
    Policy,
    Purpose,
    Sendability,
    Source,
    create_topic,
    record_consents,
    sendability_codes,
    set_policy,
    topic_masks,
)
from otklik.runtime.public import Runtime
from tests.conftest import NOW
from tests.delivery.support import make_people


async def test_a_mask_says_of_each_topic_what_the_gate_says(
    rt: Runtime, workspace: Workspace
) -> None:
    people = await make_people(rt, workspace, [f"m{n}" for n in range(40)], consent=False)
    dice = random.Random(7)
    async with rt.db.begin() as tx:
        parent = await create_topic(tx, workspace_id=workspace.id, name="News", now=NOW)
        topics = [
            await create_topic(
                tx, workspace_id=workspace.id, name=name, parent_id=parent.id, now=NOW
            )
            for name in ("Servers", "DNS", "Mail")
        ]
        topics.append(parent)
        await record_consents(
            tx,
            workspace_id=workspace.id,
            entries=[
                ConsentEntry(
                    profile_id=one,
                    purpose=Purpose.PROCESSING if kind == "processing" else Purpose.ADVERTISING,
                    channel="" if kind == "processing" else "email",
                    topic_id=None
                    if kind != "topic"
                    else dice.choice([topic.id for topic in topics]),
                    action=dice.choice([Action.GRANTED, Action.GRANTED, Action.WITHDRAWN]),
                    source=Source.FORM,
                    at=NOW - timedelta(minutes=dice.randrange(1000)),
                )
                for one in people[:-3]
                for kind in dice.choices(["channel", "topic", "processing"], [2, 6, 1], k=4)
            ],
            now=NOW,
        )
    ids = np.array(people, dtype=np.int64)
    allowed = SENDABILITIES.index(Sendability.ALLOWED)
    for needs in (True, False):
        async with rt.db.begin() as tx:
            await set_policy(
                tx, workspace_id=workspace.id, policy=Policy(email_needs_consent=needs)
            )
            masks = await topic_masks(
                tx,
                workspace_id=workspace.id,
                channel="email",
                topic_ids=[topic.id for topic in topics],
                profile_ids=ids,
            )
            for bit, topic in enumerate(topics):
                codes = await sendability_codes(
                    tx,
                    workspace_id=workspace.id,
                    channel="email",
                    topic_id=topic.id,
                    profile_ids=ids,
                )
                assert ((masks >> bit & 1).astype(bool) == (codes == allowed)).all()
