"""Approvals of campaigns over HTTP."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, delete, put
from litestar.params import FromPath, JSONBody

from otklik.accounts.public import (
    Permission,
    Who,
    requires,
)
from otklik.campaigns import operations
from otklik.campaigns.errors import ApprovalByProgram
from otklik.campaigns.http.common import audit, person
from otklik.campaigns.model import (
    Campaign,
)
from otklik.runtime.web.providers import Now, OpenTx

Note = Annotated[str, msgspec.Meta(max_length=1_000)]


class ApprovalRequest(msgspec.Struct, forbid_unknown_fields=True):
    """`note`: what the second person should know."""

    note: Note = ""


class ApprovalDecision(msgspec.Struct, forbid_unknown_fields=True):
    """`note`: why, for who asked."""

    approve: bool
    note: Note = ""


class Approvals(Controller):
    path = "/campaigns"
    tags = ["Campaigns"]

    @put(
        "/{campaign_id:uuid}/approval",
        operation_id="ask_campaign_approval",
        guards=[requires(Permission.EDIT)],
    )
    async def ask_approval(
        self,
        *,
        campaign_id: FromPath[UUID],
        data: JSONBody[ApprovalRequest],
        tx: OpenTx,
        who: Who,
        now: Now,
    ) -> Campaign:
        """Ask a second person to approve the draft as it is now."""
        by, name = await person(tx, who)
        asked = await operations.ask_approval(
            tx,
            workspace_id=who.workspace_id,
            campaign_id=campaign_id,
            by=by,
            by_name=name,
            note=data.note,
            now=now,
        )
        await audit(tx, who, "approval_asked", campaign_id, now)
        return asked

    @delete(
        "/{campaign_id:uuid}/approval",
        operation_id="take_back_campaign_approval",
        guards=[requires(Permission.EDIT)],
        status_code=200,
    )
    async def take_back_approval(
        self, campaign_id: FromPath[UUID], tx: OpenTx, who: Who, now: Now
    ) -> Campaign:
        """Take the request for an approval, or the approval, back."""
        changed = await operations.take_back_approval(
            tx, workspace_id=who.workspace_id, campaign_id=campaign_id, now=now
        )
        await audit(tx, who, "approval_taken_back", campaign_id, now)
        return changed

    @put(
        "/{campaign_id:uuid}/approval/decision",
        operation_id="decide_campaign_approval",
        guards=[requires(Permission.SEND)],
    )
    async def decide_approval(
        self,
        *,
        campaign_id: FromPath[UUID],
        data: JSONBody[ApprovalDecision],
        tx: OpenTx,
        who: Who,
        now: Now,
    ) -> Campaign:
        """Approve or reject; 403 for who asked and for keys, 409 if anything was changed since."""
        if who.user_id is None:
            raise ApprovalByProgram()
        by, name = await person(tx, who)
        decided = await operations.decide_approval(
            tx,
            workspace_id=who.workspace_id,
            campaign_id=campaign_id,
            approve=data.approve,
            by=by,
            by_name=name,
            note=data.note,
            now=now,
        )
        await audit(tx, who, "approved" if data.approve else "rejected", campaign_id, now)
        return decided
