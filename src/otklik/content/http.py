"""Letters over HTTP."""

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, Parameter, QueryParameter

from otklik.accounts.public import Permission, Who, requires
from otklik.content import operations, queries
from otklik.content.amp.examples import AmpExample, amp_examples
from otklik.content.blocks import http as blocks_http
from otklik.content.convert import converted
from otklik.content.feeds import http as feeds_http
from otklik.content.media import http as media_http
from otklik.content.model import (
    Letter,
    LetterKind,
    LetterSource,
    Reference,
)
from otklik.content.ready import get_letter
from otklik.content.shown import shown_context
from otklik.content.starter import Starter
from otklik.content.starters import shown_starters
from otklik.content.trial_http import Line, Source, Trials
from otklik.content.usage import letters_used_by
from otklik.content.variables import LetterVariable, letter_variables
from otklik.kit.i18n import Lang
from otklik.kit.pagination import Page
from otklik.runtime.public import Tx
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class LetterView(msgspec.Struct):
    id: UUID
    name: str
    kind: LetterKind
    subject: str
    preheader: str
    source: str
    text: str
    amp: str
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
    amp: Source = ""


class LetterChanges(msgspec.Struct, forbid_unknown_fields=True):
    """`version`: of which the change was made; if the letter has another one by now, nothing is
    changed (409 letter_changed). Without it the last one to save wins."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    kind: LetterKind | msgspec.UnsetType = msgspec.UNSET
    subject: Line | msgspec.UnsetType = msgspec.UNSET
    preheader: Line | msgspec.UnsetType = msgspec.UNSET
    source: Source | msgspec.UnsetType = msgspec.UNSET
    text: Source | msgspec.UnsetType = msgspec.UNSET
    amp: Source | msgspec.UnsetType = msgspec.UNSET
    version: int | None = None


class Conversion(msgspec.Struct, forbid_unknown_fields=True):
    into: Literal["mjml", "html"]


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
        context = await shown_context(
            rt, tx, workspace_id=who.workspace_id, profile_id=profile_id, now=now, lang=lang
        )
        return await letter_variables(
            tx, workspace_id=who.workspace_id, profile_id=profile_id, context=context, lang=lang
        )

    @get("/amp-examples", operation_id="list_amp_examples", guards=[requires(Permission.VIEW)])
    async def list_amp_examples(
        self,
        lang: ReaderLang,
        wanted: Annotated[Lang | None, QueryParameter(name="lang")] = None,
    ) -> list[AmpExample]:
        """AMP parts to begin with, in `lang` or the caller's language."""
        return amp_examples(wanted or lang)

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
            content=LetterSource(
                data.kind, data.subject, data.source, data.preheader, data.text, data.amp
            ),
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
            if name != "version" and (value := getattr(data, name)) is not msgspec.UNSET
        }
        letter = await operations.change_letter(
            tx,
            workspace_id=who.workspace_id,
            letter_id=letter_id,
            changes=changes,
            version=data.version,
            now=now,
        )
        return await _view(tx, letter)

    @delete("/{letter_id:uuid}", operation_id="delete_letter", guards=[requires(Permission.EDIT)])
    async def delete_letter(self, letter_id: FromPath[UUID], tx: OpenTx, who: Who) -> None:
        """Delete a letter that nothing uses."""
        await operations.delete_letter(tx, workspace_id=who.workspace_id, letter_id=letter_id)

    @post(
        "/{letter_id:uuid}/convert",
        operation_id="convert_letter",
        guards=[requires(Permission.EDIT)],
    )
    async def convert_letter(
        self,
        *,
        letter_id: FromPath[UUID],
        data: JSONBody[Conversion],
        tx: OpenTx,
        who: Who,
        now: Now,
    ) -> LetterView:
        """Make a new letter in code of a block letter, or HTML of MJML; the old one stays.

        There is no way back: code says less than blocks.
        """
        letter = await get_letter(tx, workspace_id=who.workspace_id, letter_id=letter_id)
        content = await asyncio.to_thread(converted, letter.as_source, LetterKind(data.into))
        name = f"{letter.name[:190]} ({data.into.upper()})"
        made = await operations.create_letter(
            tx, workspace_id=who.workspace_id, name=name, content=content, now=now
        )
        return await _view(tx, made)


class Starters(Controller):
    path = "/starters"
    tags = ["Letters"]

    @get("/", operation_id="list_starters", guards=[requires(Permission.VIEW)])
    async def list_starters(
        self,
        lang: ReaderLang,
        wanted: Annotated[Lang | None, QueryParameter(name="lang")] = None,
    ) -> list[Starter]:
        """Ready letters to begin with, in `lang` or the caller's language."""
        return list(await asyncio.to_thread(shown_starters, wanted or lang))


HANDLERS: list[Any] = [
    Letters,
    Trials,
    Starters,
    *blocks_http.HANDLERS,
    *media_http.HANDLERS,
    *feeds_http.HANDLERS,
]
PUBLIC_HANDLERS: list[Any] = [*media_http.PUBLIC_HANDLERS]


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
        amp=letter.amp,
        version=letter.version,
        created_at=letter.created_at,
        updated_at=letter.updated_at,
        used_by=users[letter.id],
    )
