"""Letters over HTTP."""

import asyncio
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, Parameter

from otklik.accounts.public import Permission, Principal, Who, get_workspace, requires
from otklik.content import operations, queries
from otklik.content.model import Letter, LetterKind, LetterSource, Reference
from otklik.content.people import letter_people
from otklik.content.preview import (
    make_preview,
    make_trial,
    preview_context,
    sample_customer,
    sample_orders,
)
from otklik.content.starters import Starter, starters
from otklik.content.trial import TrialLetter, TrialResult, send_trial
from otklik.content.usage import letters_used_by
from otklik.content.variables import LetterVariable, letter_names, letter_variables
from otklik.kit.i18n import Lang
from otklik.kit.pagination import Page
from otklik.profiles.public import ProfileNotFound
from otklik.runtime.public import Runtime, Tx
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Line = Annotated[str, msgspec.Meta(max_length=1_000)]
# Larger texts are refused by the engine with a message that names the limit.
Source = Annotated[str, msgspec.Meta(max_length=1_000_000)]
Addresses = Annotated[list[str], msgspec.Meta(min_length=1, max_length=10)]


class LetterView(msgspec.Struct):
    id: UUID
    name: str
    kind: LetterKind
    subject: str
    preheader: str
    source: str
    text: str
    version: int
    created_at: datetime
    updated_at: datetime
    used_by: list[Reference]


class LetterItem(msgspec.Struct):
    """A line of the list: everything but the texts."""

    id: UUID
    name: str
    kind: LetterKind
    subject: str
    preheader: str
    version: int
    created_at: datetime
    updated_at: datetime
    used_by: list[Reference]


class NewLetter(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    kind: LetterKind = LetterKind.MJML
    subject: Line = ""
    preheader: Line = ""
    source: Source = ""
    text: Source = ""


class LetterChanges(msgspec.Struct, forbid_unknown_fields=True):
    name: Name | msgspec.UnsetType = msgspec.UNSET
    kind: LetterKind | msgspec.UnsetType = msgspec.UNSET
    subject: Line | msgspec.UnsetType = msgspec.UNSET
    preheader: Line | msgspec.UnsetType = msgspec.UNSET
    source: Source | msgspec.UnsetType = msgspec.UNSET
    text: Source | msgspec.UnsetType = msgspec.UNSET


class PreviewRequest(msgspec.Struct, forbid_unknown_fields=True):
    source: Source
    kind: LetterKind = LetterKind.MJML
    subject: Line = ""
    preheader: Line = ""
    text: Source = ""
    profile_id: int | None = None


class TestRequest(msgspec.Struct, forbid_unknown_fields=True):
    addresses: Addresses
    profile_id: int | None = None


class ProblemView(msgspec.Struct):
    level: str
    code: str
    message: str
    line: int | None
    part: str


class PreviewView(msgspec.Struct):
    """`html` belongs into a frame with an empty `sandbox`."""

    html: str
    text: str
    subject: str
    preheader: str
    problems: list[ProblemView]
    size_bytes: int


class Letters(Controller):
    path = "/letters"
    tags = ["Letters"]

    @get("/", operation_id="list_letters", guards=[requires(Permission.VIEW)])
    async def list_letters(
        self,
        *,
        tx: OpenTx,
        who: Who,
        search: FromQuery[str | None] = None,
        cursor: FromQuery[str | None] = None,
        limit: Annotated[int, Parameter(ge=1, le=200)] = 50,
    ) -> Page[LetterItem]:
        """Letters, the last changed first."""
        page = await queries.list_letters(
            tx, workspace_id=who.workspace_id, search=search, cursor=cursor, limit=limit
        )
        users = await letters_used_by(
            tx, workspace_id=who.workspace_id, letter_ids=[letter.id for letter in page.items]
        )
        items = [
            LetterItem(
                id=letter.id,
                name=letter.name,
                kind=letter.kind,
                subject=letter.subject,
                preheader=letter.preheader,
                version=letter.version,
                created_at=letter.created_at,
                updated_at=letter.updated_at,
                used_by=users[letter.id],
            )
            for letter in page.items
        ]
        return Page(items=items, next_cursor=page.next_cursor)

    @get("/starters", operation_id="list_starter_letters", guards=[requires(Permission.VIEW)])
    async def list_starters(self, lang: ReaderLang) -> list[Starter]:
        """Ready letters to begin with, in the caller's language."""
        return [starter for starter in starters() if starter.lang == lang]

    @get("/variables", operation_id="list_letter_variables", guards=[requires(Permission.VIEW)])
    async def list_variables(
        self,
        *,
        tx: OpenTx,
        who: Who,
        rt: Rt,
        now: Now,
        lang: ReaderLang,
        profile_id: FromQuery[int | None] = None,
    ) -> list[LetterVariable]:
        """Everything that a letter can name, with types and values of a customer or of somebody."""
        context = await _context(tx, who=who, rt=rt, now=now, lang=lang, profile_id=profile_id)
        return await letter_variables(
            tx, workspace_id=who.workspace_id, profile_id=profile_id, context=context, lang=lang
        )

    @get("/{letter_id:uuid}", operation_id="get_letter", guards=[requires(Permission.VIEW)])
    async def get_letter(self, letter_id: FromPath[UUID], tx: OpenTx, who: Who) -> LetterView:
        """One letter."""
        letter = await queries.get_letter(tx, workspace_id=who.workspace_id, letter_id=letter_id)
        return await _view(tx, letter)

    @post("/", operation_id="create_letter", guards=[requires(Permission.EDIT)])
    async def create_letter(
        self, data: JSONBody[NewLetter], tx: OpenTx, who: Who, now: Now
    ) -> LetterView:
        """Save a new letter; a draft may be incomplete or wrong."""
        letter = await operations.create_letter(
            tx,
            workspace_id=who.workspace_id,
            name=data.name,
            content=LetterSource(data.kind, data.subject, data.source, data.preheader, data.text),
            now=now,
        )
        return await _view(tx, letter)

    @patch("/{letter_id:uuid}", operation_id="change_letter", guards=[requires(Permission.EDIT)])
    async def change_letter(
        self,
        letter_id: FromPath[UUID],
        data: JSONBody[LetterChanges],
        tx: OpenTx,
        who: Who,
        now: Now,
    ) -> LetterView:
        """Change the fields that are given."""
        changes = {
            name: value
            for name in data.__struct_fields__
            if (value := getattr(data, name)) is not msgspec.UNSET
        }
        letter = await operations.change_letter(
            tx, workspace_id=who.workspace_id, letter_id=letter_id, changes=changes, now=now
        )
        return await _view(tx, letter)

    @delete("/{letter_id:uuid}", operation_id="delete_letter", guards=[requires(Permission.EDIT)])
    async def delete_letter(self, letter_id: FromPath[UUID], tx: OpenTx, who: Who) -> None:
        """Delete a letter that nothing uses."""
        await operations.delete_letter(tx, workspace_id=who.workspace_id, letter_id=letter_id)

    @post(
        "/preview",
        operation_id="preview_letter",
        status_code=200,
        guards=[requires(Permission.VIEW)],
    )
    async def preview_letter(
        self,
        *,
        data: JSONBody[PreviewRequest],
        tx: OpenTx,
        who: Who,
        rt: Rt,
        now: Now,
        lang: ReaderLang,
    ) -> PreviewView:
        """Make an unsaved letter for one customer, by the engine that sends, and check it."""
        source = LetterSource(data.kind, data.subject, data.source, data.preheader, data.text)
        context = await _context(tx, who=who, rt=rt, now=now, lang=lang, profile_id=data.profile_id)
        known = await letter_names(tx, workspace_id=who.workspace_id)
        # A hostile template may take half a second before its limit ends it: not on the event loop.
        made = await asyncio.to_thread(make_preview, source, context, known)
        return PreviewView(
            html=made.html,
            text=made.text,
            subject=made.subject,
            preheader=made.preheader,
            problems=[
                ProblemView(
                    level=found.level,
                    code=found.code,
                    message=found.message(lang),
                    line=found.line,
                    part=found.part,
                )
                for found in made.problems
            ],
            size_bytes=made.size_bytes,
        )

    @post(
        "/{letter_id:uuid}/test",
        operation_id="test_letter",
        status_code=200,
        guards=[requires(Permission.EDIT)],
    )
    async def test_letter(
        self,
        *,
        letter_id: FromPath[UUID],
        data: JSONBody[TestRequest],
        who: Who,
        rt: Rt,
        now: Now,
        lang: ReaderLang,
    ) -> list[TrialResult]:
        """Send the letter to at most ten addresses now; the answer says what became of each."""
        # The transaction ends before the network is used: a slow relay must not hold it open.
        async with rt.db.begin() as tx:
            letter = await queries.get_letter(
                tx, workspace_id=who.workspace_id, letter_id=letter_id
            )
            context = await _context(
                tx, who=who, rt=rt, now=now, lang=lang, profile_id=data.profile_id
            )
        made = await asyncio.to_thread(make_trial, letter.as_source, context)
        return await send_trial(
            rt,
            TrialLetter(
                workspace_id=who.workspace_id,
                addresses=tuple(data.addresses),
                subject=made.subject,
                text=made.text,
                html=made.html,
            ),
        )


HANDLERS: list[Any] = [Letters]


async def _view(tx: Tx, letter: Letter) -> LetterView:
    users = await letters_used_by(tx, workspace_id=letter.workspace_id, letter_ids=[letter.id])
    return LetterView(
        id=letter.id,
        name=letter.name,
        kind=letter.kind,
        subject=letter.subject,
        preheader=letter.preheader,
        source=letter.source,
        text=letter.text,
        version=letter.version,
        created_at=letter.created_at,
        updated_at=letter.updated_at,
        used_by=users[letter.id],
    )


async def _context(
    tx: Tx, *, who: Principal, rt: Runtime, now: datetime, lang: Lang, profile_id: int | None
) -> dict[str, Any]:
    workspace = await get_workspace(tx, workspace_id=who.workspace_id)
    customer, orders = sample_customer(lang), sample_orders(lang, workspace.currency, now)
    if profile_id is not None:
        people = await letter_people(
            tx, workspace_id=who.workspace_id, profile_ids=[profile_id], with_orders=True
        )
        if profile_id not in people:
            raise ProfileNotFound()
        customer, orders = people[profile_id]["customer"], people[profile_id]["orders"]
    return preview_context(
        customer=customer,
        orders=orders,
        workspace={
            "name": workspace.name,
            "timezone": workspace.timezone,
            "currency": workspace.currency,
            "lang": workspace.lang,
        },
        base_url=rt.settings.base_url,
        now=now,
        lang=lang,
    )
