"""The sending policy over HTTP."""

from typing import Any

import msgspec
from litestar import Controller, get, put
from litestar.params import FromPath, JSONBody

from otklik.accounts.public import Permission, Who, get_workspace, requires, write_audit
from otklik.delivery.policy.filling import FILL_JOB
from otklik.delivery.policy.model import NO_POLICY, Holiday, SendingPolicy, ready_holidays
from otklik.delivery.policy.operations import set_sending_policy
from otklik.delivery.policy.person import PersonSending, person_sending
from otklik.delivery.policy.queries import policy_row, read_policy
from otklik.delivery.policy.waking import SECOND_LOOK, WAKE_JOB, frees
from otklik.profiles.public import get_profile
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt


class PolicyView(msgspec.Struct, frozen=True, kw_only=True):
    """The rules with their version; `timezone` is the workspace's, for people without their own."""

    policy: SendingPolicy
    version: int
    timezone: str


class PolicyChange(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """All rules at once; `version`: the one that the editor has seen."""

    policy: SendingPolicy
    version: int


class SendingPolicies(Controller):
    path = "/sending-policy"
    tags = ["Sending policy"]

    @get("/", operation_id="get_sending_policy", guards=[requires(Permission.VIEW)])
    async def get_sending_policy(self, tx: OpenTx, who: Who) -> PolicyView:
        """When and how often people may hear from the workspace; version 0 before any rule."""
        row = await policy_row(tx, workspace_id=who.workspace_id)
        workspace = await get_workspace(tx, workspace_id=who.workspace_id)
        return PolicyView(
            policy=NO_POLICY if row is None else read_policy(row.policy),
            version=0 if row is None else row.version,
            timezone=workspace.timezone,
        )

    @put("/", operation_id="set_sending_policy", guards=[requires(Permission.MANAGE)])
    async def set_sending_policy(
        self, data: JSONBody[PolicyChange], rt: Rt, tx: OpenTx, who: Who, now: Now
    ) -> PolicyView:
        """Put all rules in place; mailings on their way follow them within seconds."""
        row = await policy_row(tx, workspace_id=who.workspace_id)
        before = NO_POLICY if row is None else read_policy(row.policy)
        version = await set_sending_policy(
            tx,
            workspace_id=who.workspace_id,
            policy=data.policy,
            version=data.version,
            now=now,
        )
        if data.policy.counts and not before.counts:
            args = {"workspace_id": who.workspace_id}
            await rt.jobs.defer(tx, FILL_JOB, args=args, lock=f"ledger:{who.workspace_id}")
        if frees(before, data.policy):
            args, at = {"workspace_id": who.workspace_id}, now + SECOND_LOOK
            await rt.jobs.defer(tx, WAKE_JOB, args=args, at=at)
        await write_audit(
            tx,
            who=who,
            action="changed",
            object_kind="sending_policy",
            object_id=who.workspace_id,
            now=now,
            detail={
                "fields": [
                    name
                    for name in SendingPolicy.__struct_fields__
                    if getattr(before, name) != getattr(data.policy, name)
                ]
            },
        )
        workspace = await get_workspace(tx, workspace_id=who.workspace_id)
        return PolicyView(policy=data.policy, version=version, timezone=workspace.timezone)

    @get(
        "/holidays/russia",
        operation_id="list_russian_holidays",
        guards=[requires(Permission.VIEW)],
        sync_to_thread=False,
    )
    def list_russian_holidays(self, lang: ReaderLang) -> list[Holiday]:
        """The public holidays of Russia by fixed dates, ready to be added."""
        return [Holiday(day, name.of(lang)) for day, name in ready_holidays()]


class PersonSendings(Controller):
    path = "/profiles/{profile_id:int}/sending"
    tags = ["Profiles"]
    guards = [requires(Permission.VIEW)]

    @get("/", operation_id="get_profile_sending")
    async def get_sending(
        self, profile_id: FromPath[int], tx: OpenTx, who: Who, now: Now
    ) -> PersonSending:
        """What the sending policy means for a person at this moment."""
        card = await get_profile(tx, workspace_id=who.workspace_id, profile_id=profile_id)
        workspace = await get_workspace(tx, workspace_id=who.workspace_id)
        return await person_sending(
            tx,
            workspace=workspace,
            profile_id=card.id,
            own_zone=card.traits.get("timezone"),
            now=now,
        )


HANDLERS: list[Any] = [SendingPolicies, PersonSendings]
