"""Forwarding over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody

from otklik.accounts.public import Permission, Principal, Who, requires
from otklik.exports.forwarding import log, operations, queries
from otklik.exports.forwarding.form import ForwardingChoice, NewForwarding
from otklik.exports.forwarding.log import Asked, AttemptView, DeadBody, DeadView
from otklik.exports.forwarding.model import AttemptOutcome, ForwardingState
from otklik.exports.forwarding.queries import ForwardingView
from otklik.exports.forwarding.trial import send_trial
from otklik.exports.http.data import take_out
from otklik.kit.pagination import Page
from otklik.runtime.public import Tx
from otklik.runtime.web.app import Done
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt

_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class MadeForwarding(msgspec.Struct, frozen=True):
    """`secret`: what a webhook's messages are signed with. Shown here and never again."""

    forwarding: ForwardingView
    secret: str | None


class FreshSecret(msgspec.Struct, frozen=True):
    secret: str


class StateChange(msgspec.Struct, forbid_unknown_fields=True):
    state: ForwardingState


class Replay(msgspec.Struct, forbid_unknown_fields=True):
    """Nothing given: all dead letters; `delivery_id`: one; `since`, `until`: by when they died."""

    delivery_id: UUID | None = None
    since: _Moment | None = None
    until: _Moment | None = None


class Replayed(msgspec.Struct, frozen=True):
    deliveries: int


class TrialAnswer(msgspec.Struct, frozen=True, kw_only=True):
    taken: bool
    status: int | None
    took_ms: int
    error: str | None
    answer: str


async def provide_asked(
    *,
    forwarding_id: FromPath[UUID],
    who: Who,
    cursor: FromQuery[str | None] = None,
    limit: FromQuery[int] = 50,
) -> Asked:
    return Asked(
        workspace_id=who.workspace_id, forwarding_id=forwarding_id, cursor=cursor, limit=limit
    )


_ASKED = {"asked": Provide(provide_asked)}


class ForwardingsController(Controller):
    path = "/forwardings"
    tags = ["Forwarding"]

    @get("/", operation_id="list_forwardings", guards=[requires(Permission.VIEW)])
    async def list_forwardings(self, who: Who, tx: OpenTx, now: Now) -> list[ForwardingView]:
        """Forwardings by name, with their health. Of an address only its host is shown to those
        who may not set one up."""
        return await queries.list_forwardings(
            tx, workspace_id=who.workspace_id, now=now, whole=who.may(Permission.MANAGE)
        )

    @post("/", operation_id="create_forwarding", guards=[requires(Permission.MANAGE)])
    async def create(
        self, data: JSONBody[NewForwarding], who: Who, tx: OpenTx, rt: Rt, now: Now
    ) -> MadeForwarding:
        """Send chosen events somewhere as they are stored."""
        forwarding_id, secret = await operations.create_forwarding(
            rt, tx, who=who, data=data, now=now
        )
        return MadeForwarding(await _view(tx, who, forwarding_id, now), secret)

    @get("/{forwarding_id:uuid}", operation_id="get_forwarding", guards=[requires(Permission.VIEW)])
    async def get_forwarding(
        self, forwarding_id: FromPath[UUID], who: Who, tx: OpenTx, now: Now
    ) -> ForwardingView:
        """One forwarding with its health."""
        return await _view(tx, who, forwarding_id, now)

    @put(
        "/{forwarding_id:uuid}",
        operation_id="update_forwarding",
        guards=[requires(Permission.MANAGE)],
    )
    async def change(
        self,
        forwarding_id: FromPath[UUID],
        data: JSONBody[NewForwarding],
        *,
        who: Who,
        tx: OpenTx,
        rt: Rt,
        now: Now,
    ) -> ForwardingView:
        """Change a forwarding. A secret that is left out stays."""
        await operations.change_forwarding(
            rt, tx, who=who, forwarding_id=forwarding_id, data=data, now=now
        )
        return await _view(tx, who, forwarding_id, now)

    @put(
        "/{forwarding_id:uuid}/choice",
        operation_id="choose_forwarded",
        guards=[requires(Permission.EDIT)],
    )
    async def choose(
        self,
        forwarding_id: FromPath[UUID],
        data: JSONBody[ForwardingChoice],
        who: Who,
        tx: OpenTx,
        now: Now,
    ) -> ForwardingView:
        """Change what is forwarded: events, conditions, segments. Not where to, and not whether
        the person's name and addresses go along."""
        await operations.choose(tx, who=who, forwarding_id=forwarding_id, data=data, now=now)
        return await _view(tx, who, forwarding_id, now)

    @put(
        "/{forwarding_id:uuid}/state",
        operation_id="set_forwarding_state",
        guards=[requires(Permission.EDIT)],
    )
    async def set_state(
        self,
        forwarding_id: FromPath[UUID],
        data: JSONBody[StateChange],
        who: Who,
        tx: OpenTx,
        now: Now,
    ) -> ForwardingView:
        """Pause (events wait), stop (events are not collected) or start a forwarding."""
        await operations.set_state(
            tx, who=who, forwarding_id=forwarding_id, state=data.state, now=now
        )
        return await _view(tx, who, forwarding_id, now)

    @post(
        "/{forwarding_id:uuid}/secret",
        operation_id="rotate_forwarding_secret",
        guards=[requires(Permission.MANAGE)],
    )
    async def rotate(
        self, forwarding_id: FromPath[UUID], who: Who, tx: OpenTx, rt: Rt, now: Now
    ) -> FreshSecret:
        """Make a new signing secret; for 24 hours messages carry both signatures."""
        return FreshSecret(
            await operations.rotate_secret(rt, tx, who=who, forwarding_id=forwarding_id, now=now)
        )

    @delete(
        "/{forwarding_id:uuid}",
        operation_id="delete_forwarding",
        status_code=200,
        guards=[requires(Permission.MANAGE)],
    )
    async def remove(self, forwarding_id: FromPath[UUID], who: Who, tx: OpenTx, now: Now) -> Done:
        """Remove a forwarding with its log and everything that waits."""
        await operations.remove_forwarding(tx, who=who, forwarding_id=forwarding_id, now=now)
        return Done()

    @post(
        "/{forwarding_id:uuid}/trial",
        operation_id="try_forwarding",
        guards=[requires(Permission.EDIT)],
    )
    async def trial(
        self, forwarding_id: FromPath[UUID], who: Who, rt: Rt, now: Now, lang: ReaderLang
    ) -> TrialAnswer:
        """Send one made-up event and show what the receiver answered."""
        result = await send_trial(
            rt, workspace_id=who.workspace_id, forwarding_id=forwarding_id, now=now, lang=lang
        )
        return TrialAnswer(
            taken=result.outcome is AttemptOutcome.DELIVERED,
            status=result.status,
            took_ms=result.took_ms,
            error=result.error,
            answer=result.answer,
        )

    @get(
        "/{forwarding_id:uuid}/attempts",
        operation_id="list_forwarding_attempts",
        guards=[requires(Permission.VIEW)],
        dependencies=_ASKED,
    )
    async def list_attempts(self, asked: NamedDependency[Asked], tx: OpenTx) -> Page[AttemptView]:
        """The log: every failed attempt, and a sample of those that went well."""
        return await log.list_attempts(tx, asked)

    @get(
        "/{forwarding_id:uuid}/dead",
        operation_id="list_dead_letters",
        guards=[requires(Permission.VIEW)],
        dependencies=_ASKED,
    )
    async def list_dead(self, asked: NamedDependency[Asked], tx: OpenTx) -> Page[DeadView]:
        """Deliveries that were given up, newest first."""
        return await log.list_dead(tx, asked)

    @get(
        "/{forwarding_id:uuid}/dead/{delivery_id:uuid}",
        operation_id="get_dead_letter",
        guards=[requires(Permission.VIEW)],
    )
    async def get_dead(
        self, forwarding_id: FromPath[UUID], delivery_id: FromPath[UUID], who: Who, tx: OpenTx
    ) -> DeadBody:
        """The events inside a dead letter."""
        take_out(who)
        return await log.dead_body(
            tx,
            workspace_id=who.workspace_id,
            forwarding_id=forwarding_id,
            delivery_id=delivery_id,
        )

    @post(
        "/{forwarding_id:uuid}/replay",
        operation_id="replay_dead_letters",
        guards=[requires(Permission.EDIT)],
    )
    async def replay(
        self,
        forwarding_id: FromPath[UUID],
        data: JSONBody[Replay],
        who: Who,
        tx: OpenTx,
        now: Now,
    ) -> Replayed:
        """Send dead letters again, with the ids they had."""
        count = await operations.replay(
            tx,
            who=who,
            forwarding_id=forwarding_id,
            now=now,
            delivery_id=data.delivery_id,
            since=data.since,
            until=data.until,
        )
        return Replayed(count)


async def _view(tx: Tx, who: Principal, forwarding_id: UUID, now: datetime) -> ForwardingView:
    return await queries.get_forwarding(
        tx,
        workspace_id=who.workspace_id,
        forwarding_id=forwarding_id,
        now=now,
        whole=who.may(Permission.MANAGE),
    )
