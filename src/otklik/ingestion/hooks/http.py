"""Incoming webhooks over HTTP: the public address, and sources with their calls."""

import time
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, asgi, delete, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody, Parameter
from litestar.types import Receive, Scope, Send

from otklik.accounts.public import Permission, Who, get_workspace, requires, write_audit
from otklik.ingestion.hooks import operations, queries
from otklik.ingestion.hooks.bodies import decoded
from otklik.ingestion.hooks.errors import CallNotFound
from otklik.ingestion.hooks.maker import PROBLEMS
from otklik.ingestion.hooks.mapping import Made, is_service_check, make, read_call, rows_of
from otklik.ingestion.hooks.model import (
    Check,
    HookCallState,
    HookMapping,
    HookService,
    Reason,
    reason_text,
)
from otklik.ingestion.hooks.queries import CallRow, HookCall, HookEvent, HookSource
from otklik.ingestion.hooks.receive import PREFIX, HookApi, unpack_call
from otklik.ingestion.hooks.suggest import HookField, leaves, suggest
from otklik.kit.i18n import Lang
from otklik.kit.pagination import Page
from otklik.runtime.public import Runtime
from otklik.runtime.web.app import Done
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt

_BODY_SHOWN = 100_000
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"\S")]
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Limit = Annotated[int, Parameter(ge=1, le=200)]


@asgi(PREFIX, is_mount=True, copy_scope=True, opt={"public": True})
async def receive_hook(scope: Scope, receive: Receive, send: Send) -> None:
    """Take a call of another service; answered with 200 after it is committed."""
    state = scope["litestar_app"].state
    api: HookApi | None = getattr(state, "hook_api", None)
    rt: Runtime = state.rt
    if api is None or api.runtime is not rt:
        api = state.hook_api = HookApi(rt, clock=time.monotonic)
    await api(scope, receive, send)  # type: ignore[arg-type]  # its types are those of plain ASGI


class NewHookSource(msgspec.Struct, forbid_unknown_fields=True):
    name: _Name
    service: HookService


class MadeHookSource(msgspec.Struct):
    """A new source; its secret is shown here once and never again."""

    source: HookSource
    secret: str | None


class HookSourceChange(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays. `networks`: who may call, empty for everybody. `id_path`: the field
    that numbers the calls; an empty list for none. `repeat_window_s`: for how long the same body
    counts as a repeat; 0 for never."""

    name: _Name | None = None
    is_on: bool | None = None
    networks: list[str] | None = None
    id_path: Annotated[list[str], msgspec.Meta(max_length=16)] | None = None
    repeat_window_s: Annotated[int, msgspec.Meta(ge=0, le=86_400)] | None = None
    keep_days: Annotated[int, msgspec.Meta(ge=1, le=365)] | None = None


class HookCheckChange(msgspec.Struct, forbid_unknown_fields=True):
    """`secret` left out: a fresh one is made and answered once."""

    check: Check
    secret: Annotated[str, msgspec.Meta(max_length=500)] | None = None


class HookMappingChange(msgspec.Struct, forbid_unknown_fields=True):
    mapping: HookMapping
    replay_caught: bool = True


class HookReplay(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One call, or all of some states, or of a period."""

    call_id: UUID | None = None
    states: list[HookCallState] = []
    since: _Moment | None = None
    until: _Moment | None = None


class HookReplayed(msgspec.Struct):
    """How many calls are mapped once more."""

    calls: int


class HookPreviewRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Without a call: the newest. Without a mapping: the saved one, or else the suggested."""

    call_id: UUID | None = None
    mapping: HookMapping | None = None


class HookProblem(msgspec.Struct):
    path: list[str]
    code: str
    message: str


class HookConsentShown(msgspec.Struct):
    channel: str
    topic_id: UUID | None


class HookPreview(msgspec.Struct, kw_only=True):
    """A call as a tree of fields, and what it becomes by `mapping`.

    `events` are calls of the event API. `reason` says why there are none.
    """

    call_id: UUID
    received_at: datetime
    fields: list[HookField]
    suggested: HookMapping
    mapping: HookMapping
    events: list[dict[str, Any]]
    consents: list[HookConsentShown]
    problems: list[HookProblem]
    reason: str


class HookCallDetail(msgspec.Struct, kw_only=True):
    """A call with what was kept of it. `body` is shown from its beginning."""

    call: HookCall
    ip: str
    content_type: str
    query: str
    headers: dict[str, str]
    body: str
    is_rewritten: bool
    made: list[HookEvent]
    problems: list[HookProblem]


class Sources(Controller):
    path = "/sources"
    tags = ["Sources"]

    @get("/", operation_id="list_sources", guards=[requires(Permission.VIEW)])
    async def list_sources(self, rt: Rt, tx: OpenTx, who: Who, now: Now) -> list[HookSource]:
        """List the addresses that other services call, by name."""
        return await queries.list_sources(
            tx, workspace_id=who.workspace_id, base_url=rt.settings.base_url, now=now
        )

    @post("/", operation_id="create_source", guards=[requires(Permission.EDIT)])
    async def create(
        self, *, rt: Rt, tx: OpenTx, who: Who, now: Now, data: JSONBody[NewHookSource]
    ) -> MadeHookSource:
        """Make an address for a service. Calls are kept from the first on."""
        source_id, secret = await operations.create_source(
            tx,
            vault=rt.vault,
            workspace_id=who.workspace_id,
            name=data.name,
            service=data.service,
            now=now,
        )
        await _audit(tx, who, "source.created", source_id, now)
        return MadeHookSource(await _one(rt, tx, who, source_id, now), secret)

    @get("/{source_id:uuid}", operation_id="get_source", guards=[requires(Permission.VIEW)])
    async def one(
        self, *, rt: Rt, tx: OpenTx, who: Who, now: Now, source_id: FromPath[UUID]
    ) -> HookSource:
        """Return one source with its mapping."""
        return await _one(rt, tx, who, source_id, now)

    @patch("/{source_id:uuid}", operation_id="update_source", guards=[requires(Permission.EDIT)])
    async def update(
        self,
        *,
        rt: Rt,
        tx: OpenTx,
        who: Who,
        now: Now,
        source_id: FromPath[UUID],
        data: JSONBody[HookSourceChange],
    ) -> HookSource:
        """Rename, pause or set up a source. What a paused source is sent is kept."""
        changes = {
            name: value for name, value in msgspec.structs.asdict(data).items() if value is not None
        }
        if "id_path" in changes:
            changes["id_path"] = changes["id_path"] or None
        await operations.change_source(
            tx, workspace_id=who.workspace_id, source_id=source_id, now=now, **changes
        )
        await _audit(tx, who, "source.changed", source_id, now, fields=sorted(changes))
        return await _one(rt, tx, who, source_id, now)

    @delete(
        "/{source_id:uuid}",
        operation_id="delete_source",
        status_code=200,
        guards=[requires(Permission.EDIT)],
    )
    async def remove(self, tx: OpenTx, who: Who, now: Now, source_id: FromPath[UUID]) -> Done:
        """Delete a source with its address and its log; what became of its calls stays."""
        await operations.delete_source(tx, workspace_id=who.workspace_id, source_id=source_id)
        await _audit(tx, who, "source.deleted", source_id, now)
        return Done()

    @put(
        "/{source_id:uuid}/check",
        operation_id="set_source_check",
        guards=[requires(Permission.EDIT)],
    )
    async def set_check(
        self,
        *,
        rt: Rt,
        tx: OpenTx,
        who: Who,
        now: Now,
        source_id: FromPath[UUID],
        data: JSONBody[HookCheckChange],
    ) -> MadeHookSource:
        """Choose how calls prove where they come from; a fresh secret is shown once."""
        secret = await operations.set_check(
            tx,
            vault=rt.vault,
            workspace_id=who.workspace_id,
            source_id=source_id,
            check=data.check,
            secret=data.secret,
            now=now,
        )
        await _audit(tx, who, "source.check_changed", source_id, now)
        return MadeHookSource(await _one(rt, tx, who, source_id, now), secret)

    @put(
        "/{source_id:uuid}/mapping",
        operation_id="set_source_mapping",
        guards=[requires(Permission.EDIT)],
    )
    async def set_mapping(
        self,
        *,
        tx: OpenTx,
        who: Who,
        now: Now,
        source_id: FromPath[UUID],
        data: JSONBody[HookMappingChange],
    ) -> HookReplayed:
        """Save what the fields mean and switch the source on; caught calls follow."""
        calls = await operations.set_mapping(
            tx,
            workspace_id=who.workspace_id,
            source_id=source_id,
            mapping=data.mapping,
            replay_caught=data.replay_caught,
            now=now,
        )
        await _audit(tx, who, "source.mapping_changed", source_id, now)
        return HookReplayed(calls)

    @post(
        "/{source_id:uuid}/preview",
        operation_id="preview_source",
        status_code=200,
        guards=[requires(Permission.VIEW)],
    )
    async def preview(
        self,
        *,
        rt: Rt,
        tx: OpenTx,
        who: Who,
        lang: ReaderLang,
        now: Now,
        source_id: FromPath[UUID],
        data: JSONBody[HookPreviewRequest],
    ) -> HookPreview:
        """Show a call's fields and the events that it will become."""
        source = await _one(rt, tx, who, source_id, now)
        call = await queries.get_call(
            tx,
            workspace_id=who.workspace_id,
            source_id=source_id,
            call_id=data.call_id,
            lang=lang,
        )
        workspace = await get_workspace(tx, workspace_id=who.workspace_id)
        return _preview(
            call,
            source,
            data.mapping,
            currency=workspace.currency,
            timezone=workspace.timezone,
            event_bytes_max=rt.settings.ingestion.event_bytes_max,
            lang=lang,
        )

    @get(
        "/{source_id:uuid}/calls",
        operation_id="list_source_calls",
        guards=[requires(Permission.VIEW)],
    )
    async def list_calls(
        self,
        *,
        tx: OpenTx,
        who: Who,
        lang: ReaderLang,
        source_id: FromPath[UUID],
        status: FromQuery[HookCallState | None] = None,
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
    ) -> Page[HookCall]:
        """List the calls of a source, newest first."""
        return await queries.list_calls(
            tx,
            workspace_id=who.workspace_id,
            source_id=source_id,
            lang=lang,
            state=status,
            cursor=cursor,
            limit=limit,
        )

    @get(
        "/{source_id:uuid}/calls/{call_id:uuid}",
        operation_id="get_source_call",
        guards=[requires(Permission.VIEW)],
    )
    async def one_call(
        self,
        *,
        tx: OpenTx,
        who: Who,
        lang: ReaderLang,
        source_id: FromPath[UUID],
        call_id: FromPath[UUID],
    ) -> HookCallDetail:
        """Return a call as it came, and what became of it."""
        call = await queries.get_call(
            tx, workspace_id=who.workspace_id, source_id=source_id, call_id=call_id, lang=lang
        )
        return _detail(call, lang)

    @post(
        "/{source_id:uuid}/replays",
        operation_id="replay_source_calls",
        status_code=200,
        guards=[requires(Permission.EDIT)],
    )
    async def replay(
        self,
        *,
        tx: OpenTx,
        who: Who,
        now: Now,
        source_id: FromPath[UUID],
        data: JSONBody[HookReplay],
    ) -> HookReplayed:
        """Map calls once more. An event that a call gave before is not given again."""
        calls = await operations.replay(
            tx,
            workspace_id=who.workspace_id,
            source_id=source_id,
            call_id=data.call_id,
            states=data.states,
            since=data.since,
            until=data.until,
        )
        await _audit(tx, who, "source.replayed", source_id, now, calls=calls)
        return HookReplayed(calls)


HANDLERS: list[Any] = [Sources]
PUBLIC_HANDLERS: list[Any] = [receive_hook]


async def _one(rt: Runtime, tx: OpenTx, who: Who, source_id: UUID, now: datetime) -> HookSource:
    return await queries.get_source(
        tx,
        workspace_id=who.workspace_id,
        source_id=source_id,
        base_url=rt.settings.base_url,
        now=now,
    )


async def _audit(
    tx: OpenTx, who: Who, action: str, source_id: UUID, now: datetime, **detail: Any
) -> None:
    await write_audit(
        tx,
        who=who,
        action=action,
        object_kind="source",
        object_id=source_id,
        now=now,
        detail=detail,
    )


def _preview(
    call: CallRow,
    source: HookSource,
    mapping: HookMapping | None,
    *,
    currency: str,
    timezone: str,
    event_bytes_max: int,
    lang: Lang,
) -> HookPreview:
    if call.body is None:
        raise CallNotFound()
    tree = read_call(unpack_call(call.body))
    each = (mapping or source.mapping or HookMapping()).each
    rows = rows_of(tree, each) if each else None
    # Of a list whose rows become events, the first row stands for all.
    shown = rows[0] if rows and isinstance(rows[0], dict) else tree
    suggested = suggest(source.service, shown, currency=currency, timezone=timezone)
    suggested = msgspec.structs.replace(suggested, each=each if rows else None)
    used = mapping or source.mapping or suggested
    if is_service_check(source.service, tree):
        made = Made(reason=Reason.SERVICE_CHECK)
    else:
        made = make(
            used,
            tree,
            call_id=call.view.id,
            received=call.view.received_at,
            source_name=source.name,
            caller_ip=call.ip,
            event_bytes_max=event_bytes_max,
        )
    return HookPreview(
        call_id=call.view.id,
        received_at=call.view.received_at,
        fields=leaves(shown),
        suggested=suggested,
        mapping=used,
        events=made.events,
        consents=[HookConsentShown(one.channel, one.topic_id) for one in made.consents],
        problems=[_problem(one.path, one.code, lang) for one in made.problems],
        reason=reason_text(made.reason or "", made.detail, lang),
    )


def _problem(path: list[str], code: str, lang: Lang) -> HookProblem:
    known = PROBLEMS.get(code)
    return HookProblem(path, code, known.of(lang) if known else code)


def _detail(call: CallRow, lang: Lang) -> HookCallDetail:
    kept = None if call.body is None else unpack_call(call.body)
    return HookCallDetail(
        call=call.view,
        ip=call.ip,
        content_type=kept.content_type if kept else "",
        query=kept.query if kept else "",
        headers=kept.headers if kept else {},
        body=_shown(kept.body, kept.content_type) if kept else "",
        is_rewritten=bool(kept and kept.tree),
        made=call.made,
        problems=[_problem(one["path"], one["code"], lang) for one in call.problems],
    )


def _shown(body: bytes, content_type: str) -> str:
    return decoded(body[:_BODY_SHOWN], content_type).replace("\0", "\ufffd")
