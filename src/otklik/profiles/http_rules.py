"""Rules of identity over HTTP: what they are, what they would change, how far they are applied."""

import msgspec
from litestar import Controller, get, patch, post
from litestar.params import JSONBody

from otklik.accounts.public import Permission, Who, requires, write_audit
from otklik.profiles.errors import NothingToApply
from otklik.profiles.model.runs import PeopleRun, PeopleRunKind
from otklik.profiles.model.structs import IdentityRules
from otklik.profiles.operations import rules
from otklik.profiles.queries import consequences, registry
from otklik.profiles.queries.runs import latest_run
from otklik.runtime.public import Runtime, Tx
from otklik.runtime.web.providers import Now, OpenTx, Rt


class OwnKinds(msgspec.Struct, frozen=True, kw_only=True):
    """Kinds of identifiers that the workspace has beside the usual four."""

    kinds: list[str]


class LatestRun(msgspec.Struct, frozen=True, kw_only=True):
    """The last run of its kind; null when there was none."""

    run: PeopleRun | None


class IdentityRulesController(Controller):
    path = "/identity-rules"
    tags = ["Profiles"]

    @get("/", operation_id="get_identity_rules", guards=[requires(Permission.VIEW)])
    async def get_rules(self, who: Who, tx: OpenTx) -> IdentityRules:
        """When two registered people are one: the workspace's rules."""
        return await registry.get_rules(tx, workspace_id=who.workspace_id)

    @get("/kinds", operation_id="list_own_kinds", guards=[requires(Permission.VIEW)])
    async def list_kinds(self, who: Who, tx: OpenTx) -> OwnKinds:
        """The workspace's own kinds of identifiers, such as a CRM's number."""
        return OwnKinds(kinds=await consequences.own_kinds(tx, workspace_id=who.workspace_id))

    @post(
        "/preview",
        operation_id="preview_identity_rules",
        status_code=200,
        guards=[requires(Permission.VIEW)],
    )
    async def preview(
        self, data: JSONBody[IdentityRules], who: Who, tx: OpenTx
    ) -> consequences.Consequences:
        """What these rules would change for people known already. Nothing is written."""
        rules.check_rules(data)
        return await consequences.consequences(tx, workspace_id=who.workspace_id, rules=data)

    @patch("/", operation_id="set_identity_rules", guards=[requires(Permission.MANAGE)])
    async def set_rules(
        self, data: JSONBody[IdentityRules], who: Who, rt: Rt, tx: OpenTx, *, now: Now
    ) -> IdentityRules:
        """Set the rules. Which kinds join people is applied to those known already, too, in the
        background; what is shared, and the order of kinds, holds for what comes from now on."""
        before = await registry.get_rules(tx, workspace_id=who.workspace_id)
        run_id = await rules.set_rules(
            tx, workspace_id=who.workspace_id, rules=data, now=now, requested_by=who.user_id
        )
        await _defer(rt, tx, who.workspace_id, run_id)
        old, new = msgspec.to_builtins(before), msgspec.to_builtins(data)
        await write_audit(
            tx,
            who=who,
            action="identity_rules.changed",
            object_kind="workspace",
            object_id=who.workspace_id,
            now=now,
            detail={name: new[name] for name in new if new[name] != old[name]},
        )
        return data

    @get("/application", operation_id="get_rules_application", guards=[requires(Permission.VIEW)])
    async def get_application(self, who: Who, tx: OpenTx) -> LatestRun:
        """How far the last change of rules is applied to people known already."""
        return LatestRun(
            run=await latest_run(tx, workspace_id=who.workspace_id, kind=PeopleRunKind.RULES)
        )

    @post(
        "/application",
        operation_id="apply_identity_rules",
        status_code=202,
        guards=[requires(Permission.MANAGE)],
    )
    async def apply_again(self, who: Who, rt: Rt, tx: OpenTx, *, now: Now) -> LatestRun:
        """Hold everybody known already to the rules of today once more, after a failure."""
        run_id = await rules.apply_again(
            tx, workspace_id=who.workspace_id, now=now, requested_by=who.user_id
        )
        if run_id is None:
            raise NothingToApply()
        await _defer(rt, tx, who.workspace_id, run_id)
        await write_audit(
            tx,
            who=who,
            action="identity_rules.applied",
            object_kind="workspace",
            object_id=who.workspace_id,
            now=now,
        )
        return LatestRun(
            run=await latest_run(tx, workspace_id=who.workspace_id, kind=PeopleRunKind.RULES)
        )


async def _defer(rt: Runtime, tx: Tx, workspace_id: int, run_id: object | None) -> None:
    if run_id is not None:
        await rt.jobs.defer(
            tx,
            "profiles.apply_rules",
            args={"workspace_id": workspace_id, "run_id": str(run_id)},
            lock=f"people:{workspace_id}",
        )


HANDLERS = [IdentityRulesController]
