"""What the tests of campaigns share: a workspace in which a campaign can be launched."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from otklik.accounts.public import Workspace
from otklik.content.public import LetterKind, LetterSource, create_letter
from otklik.profiles.public import store_changes
from otklik.runtime.public import Runtime
from otklik.segments.public import SegmentKind, change_members, create_segment
from tests.catalog.shop import local_outgoing, open_shop
from tests.conftest import Cast
from tests.delivery.support import LETTER, make_people, make_sender

if TYPE_CHECKING:
    from tests.campaigns.digest import Digest


@pytest.fixture(autouse=True)
async def only_own_mailings(request: pytest.FixtureRequest) -> None:
    """End what other tests left running: a dispatcher works on this test's mailing alone."""
    if "rt" not in request.fixturenames:
        return
    rt: Runtime = request.getfixturevalue("rt")
    async with rt.db.begin() as tx:
        for table, state in (("mailings", "finished"), ("message_blocks", "done")):
            await tx.execute(
                sa.text(f"UPDATE {table} SET state = :state WHERE state <> :state"),
                {"state": state},
            )


class Shop:
    """A workspace with people, segments, letters and a sender."""

    def __init__(self, rt: Runtime, workspace: Workspace) -> None:
        self.rt, self.workspace = rt, workspace
        self.people: list[int] = []
        self.sender_id: UUID
        self.letter_id: UUID
        self.everybody: UUID

    async def segment(self, name: str, ids: list[int]) -> UUID:
        async with self.rt.db.begin() as tx:
            segment_id = await create_segment(
                tx,
                workspace_id=self.workspace.id,
                name=name,
                kind=SegmentKind.STATIC,
                now=self.rt.clock(),
            )
        async with self.rt.db.begin() as tx:
            await change_members(
                self.rt,
                tx,
                workspace_id=self.workspace.id,
                segment_id=segment_id,
                add=ids,
                now=self.rt.clock(),
            )
        return segment_id

    async def letter(self, subject: str = "Sale", source: str = LETTER) -> UUID:
        async with self.rt.db.begin() as tx:
            made = await create_letter(
                tx,
                workspace_id=self.workspace.id,
                name=f"Letter {subject}",
                content=LetterSource(LetterKind.HTML, subject, source),
                now=self.rt.clock(),
            )
        return made.id

    def draft(self, **changes: Any) -> dict[str, Any]:
        """Return the body of a campaign that can be launched."""
        return {
            "name": "Summer",
            "audience": {"segment_ids": [str(self.everybody)]},
            "sender_id": str(self.sender_id),
            "variants": [{"key": "A", "name": "", "letter_id": str(self.letter_id), "share": 100}],
            **changes,
        }


@pytest.fixture
async def shop(rt: Runtime, workspace: Workspace) -> Shop:
    made = Shop(rt, workspace)
    made.people = await make_people(rt, workspace, [f"p{number}" for number in range(20)])
    while await store_changes(rt):
        pass
    made.sender_id = await make_sender(rt, workspace)
    made.letter_id = await made.letter()
    made.everybody = await made.segment("Everybody", made.people)
    return made


@pytest.fixture
async def digest(
    rt: Runtime, workspace: Workspace, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Digest]:
    """A regular mailing that is not set up yet, with a site whose feed it reads."""
    # It stands on the shop above.
    from tests.campaigns.digest import Digest

    made = local_outgoing()
    monkeypatch.setattr(rt, "outgoing", made)
    async with open_shop() as site:
        yield Digest(rt, workspace, cast, site)
    await made.close()
