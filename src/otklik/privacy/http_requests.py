"""Requests of people over HTTP: the register with its countdown, the calendar, terms of keeping."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from otklik.accounts.public import Permission, Who, requires, write_audit
from otklik.kit.pagination import Page
from otklik.privacy.model import Purpose
from otklik.privacy.operations import requests, retention
from otklik.privacy.operations.retention import RetentionPreview, RetentionRule, RetentionRun
from otklik.privacy.queries.requests import DueRequests, list_requests, own_days, requests_due
from otklik.privacy.requests import TERMS, Law, PersonRequest, RequestKind, RequestState, Unit
from otklik.runtime.web.app import Done
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt

_Note = Annotated[str, msgspec.Meta(max_length=4_000)]
_Reason = Annotated[str, msgspec.Meta(min_length=3, max_length=1_000, pattern=r"\S")]


class NewRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`person`: who asks and how to answer, where he is not found among the customers."""

    kind: RequestKind
    law: Law = Law.RU_152
    received_on: date
    profile_id: int | None = None
    person: Annotated[str, msgspec.Meta(max_length=500)] = ""
    note: _Note = ""


class RequestProfile(msgspec.Struct, forbid_unknown_fields=True):
    profile_id: int


class RequestExtension(msgspec.Struct, forbid_unknown_fields=True):
    reason: _Reason


class RequestAnswer(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`withdraw`: consents that are taken back by the same act, by purpose."""

    refused: bool = False
    answer: Annotated[str, msgspec.Meta(min_length=3, max_length=4_000, pattern=r"\S")]
    withdraw: list[Purpose] = []


class RequestTerm(msgspec.Struct, frozen=True, kw_only=True):
    """What the law gives for one kind of request, and when it would end for one received today."""

    law: Law
    kind: RequestKind
    count: int
    unit: Unit
    extension: int
    article: str


class CalendarDay(msgspec.Struct, forbid_unknown_fields=True):
    day: date
    working: bool


class CalendarDays(msgspec.Struct, forbid_unknown_fields=True):
    """The workspace's own days; they win over the calendar of the law."""

    days: Annotated[list[CalendarDay], msgspec.Meta(max_length=500)]


class RetentionTerm(msgspec.Struct, forbid_unknown_fields=True):
    """`keep_days` null: without a term."""

    keep_days: Annotated[int, msgspec.Meta(ge=1, le=36_500)] | None


class PersonRequestsController(Controller):
    path = "/person-requests"
    tags = ["Privacy"]

    @get("/", operation_id="list_person_requests", guards=[requires(Permission.VIEW)])
    async def list_all(
        self,
        who: Who,
        tx: OpenTx,
        now: Now,
        *,
        request_state: Annotated[RequestState | None, QueryParameter(name="state")] = None,
        profile_id: FromQuery[int | None] = None,
        cursor: FromQuery[str | None] = None,
        limit: FromQuery[int] = 50,
    ) -> Page[PersonRequest]:
        """Requests of people: open ones first, the most urgent at the top."""
        return await list_requests(
            tx,
            workspace_id=who.workspace_id,
            now=now,
            state=request_state,
            profile_id=profile_id,
            cursor=cursor,
            limit=limit,
        )

    @get("/due", operation_id="count_due_requests", guards=[requires(Permission.VIEW)])
    async def due(self, who: Who, tx: OpenTx, now: Now) -> DueRequests:
        """How many open requests are over their term or near it."""
        return await requests_due(tx, workspace_id=who.workspace_id, now=now)

    @get("/terms", operation_id="list_request_terms", guards=[requires(Permission.VIEW)])
    async def terms(self, who: Who) -> list[RequestTerm]:
        """What the laws give for each kind of request."""
        del who
        return [
            RequestTerm(
                law=law,
                kind=kind,
                count=term.count,
                unit=term.unit,
                extension=term.extension,
                article=term.article,
            )
            for (law, kind), term in TERMS.items()
        ]

    @post("/", operation_id="add_person_request", guards=[requires(Permission.EDIT)])
    async def add(
        self, data: JSONBody[NewRequest], who: Who, tx: OpenTx, now: Now
    ) -> PersonRequest:
        """Enter a request; its term is counted from the day after it came."""
        request = await requests.add_request(
            tx,
            workspace_id=who.workspace_id,
            kind=data.kind,
            law=data.law,
            received_on=data.received_on,
            profile_id=data.profile_id,
            person=data.person,
            note=data.note,
            user_id=who.user_id,
            now=now,
        )
        await _audit(tx, who, "person_request.added", request, now)
        return request

    @patch("/{request_id:uuid}", operation_id="attach_request", guards=[requires(Permission.EDIT)])
    async def attach(
        self,
        request_id: FromPath[UUID],
        data: JSONBody[RequestProfile],
        who: Who,
        tx: OpenTx,
        now: Now,
    ) -> PersonRequest:
        """Say which customer asks."""
        request = await requests.attach_profile(
            tx,
            workspace_id=who.workspace_id,
            request_id=request_id,
            profile_id=data.profile_id,
            now=now,
        )
        await _audit(tx, who, "person_request.attached", request, now)
        return request

    @put(
        "/{request_id:uuid}/extension",
        operation_id="extend_request",
        guards=[requires(Permission.EDIT)],
    )
    async def extend(
        self,
        request_id: FromPath[UUID],
        data: JSONBody[RequestExtension],
        who: Who,
        tx: OpenTx,
        now: Now,
    ) -> PersonRequest:
        """Take the longer term that the law allows, once and with a reason."""
        request = await requests.extend_request(
            tx,
            workspace_id=who.workspace_id,
            request_id=request_id,
            reason=data.reason,
            now=now,
        )
        await _audit(tx, who, "person_request.extended", request, now)
        return request

    @put(
        "/{request_id:uuid}/answer",
        operation_id="answer_request",
        guards=[requires(Permission.EDIT)],
    )
    async def answer(
        self,
        request_id: FromPath[UUID],
        data: JSONBody[RequestAnswer],
        who: Who,
        tx: OpenTx,
        now: Now,
    ) -> PersonRequest:
        """Close a request with what was answered; consents may be taken back by the same act."""
        request = await requests.answer_request(
            tx,
            workspace_id=who.workspace_id,
            request_id=request_id,
            state=RequestState.REFUSED if data.refused else RequestState.ANSWERED,
            answer=data.answer,
            user_id=who.user_id,
            withdraw=data.withdraw,
            now=now,
        )
        await _audit(tx, who, f"person_request.{request.state.value}", request, now)
        return request


async def _audit(tx: OpenTx, who: Who, action: str, request: PersonRequest, now: Now) -> None:
    await write_audit(
        tx,
        who=who,
        action=action,
        object_kind="person_request",
        object_id=request.id,
        now=now,
        detail={"number": request.number, "kind": request.kind.value},
    )


class CalendarController(Controller):
    path = "/working-calendar"
    tags = ["Privacy"]

    @get("/", operation_id="get_working_calendar", guards=[requires(Permission.VIEW)])
    async def get_days(self, who: Who, tx: OpenTx) -> CalendarDays:
        """Days that differ from the calendar of the law."""
        days = await own_days(tx, workspace_id=who.workspace_id)
        return CalendarDays([CalendarDay(day, working) for day, working in days.items()])

    @put("/", operation_id="set_working_calendar", guards=[requires(Permission.MANAGE)])
    async def set_days(
        self, data: JSONBody[CalendarDays], who: Who, tx: OpenTx, now: Now
    ) -> CalendarDays:
        """Replace them; the terms of open requests are counted again."""
        days = {one.day: one.working for one in sorted(data.days, key=lambda one: one.day)}
        await requests.set_calendar_days(tx, workspace_id=who.workspace_id, days=days, now=now)
        await write_audit(
            tx,
            who=who,
            action="working_calendar.changed",
            object_kind="workspace",
            object_id=who.workspace_id,
            now=now,
            detail={"days": len(days)},
        )
        return CalendarDays([CalendarDay(day, working) for day, working in days.items()])


class RetentionController(Controller):
    path = "/retention"
    tags = ["Privacy"]

    @get("/", operation_id="list_retention_rules", guards=[requires(Permission.VIEW)])
    async def list_rules(self, who: Who, tx: OpenTx, lang: ReaderLang) -> list[RetentionRule]:
        """What has a term, and which."""
        return await retention.list_rules(tx, workspace_id=who.workspace_id, lang=lang)

    @put("/{kind:str}", operation_id="set_retention_rule", guards=[requires(Permission.MANAGE)])
    async def set_rule(
        self, kind: FromPath[str], data: JSONBody[RetentionTerm], who: Who, tx: OpenTx, now: Now
    ) -> Done:
        """Set a term, or take it away; it works from the next night on."""
        await retention.set_rule(
            tx, workspace_id=who.workspace_id, kind=kind, keep_days=data.keep_days, now=now
        )
        await write_audit(
            tx,
            who=who,
            action="retention.changed",
            object_kind="retention",
            object_id=kind,
            now=now,
            detail={"keep_days": data.keep_days},
        )
        return Done()

    @get(
        "/{kind:str}/preview",
        operation_id="preview_retention",
        guards=[requires(Permission.VIEW)],
    )
    async def preview(
        self,
        kind: FromPath[str],
        keep_days: Annotated[int, QueryParameter(ge=1, le=36_500)],
        who: Who,
        rt: Rt,
        now: Now,
    ) -> RetentionPreview:
        """How much a term would remove tonight."""
        return await retention.preview_rule(
            rt, workspace_id=who.workspace_id, kind=kind, keep_days=keep_days, now=now
        )

    @get("/runs", operation_id="list_retention_runs", guards=[requires(Permission.VIEW)])
    async def list_runs(
        self,
        who: Who,
        tx: OpenTx,
        lang: ReaderLang,
        *,
        cursor: FromQuery[str | None] = None,
        limit: FromQuery[int] = 50,
    ) -> Page[RetentionRun]:
        """What was removed, newest first."""
        return await retention.list_runs(
            tx, workspace_id=who.workspace_id, lang=lang, cursor=cursor, limit=limit
        )


HANDLERS = [PersonRequestsController, CalendarController, RetentionController]
