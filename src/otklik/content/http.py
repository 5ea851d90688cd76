"""Letters over HTTP."""

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, Parameter, QueryParameter

from otklik.accounts.public import Permission, Principal, Who, requires
from otklik.content import operations, queries
from otklik.content.amp.examples import AmpExample, amp_examples
from otklik.content.blocks import http as blocks_http
from otklik.content.check_links import LinkStatus, check_links, web_links
from otklik.content.convert import converted
from otklik.content.engine.compiler import compile_letter
from otklik.content.feeds import http as feeds_http
from otklik.content.gaps import TraitGap, bare_traits, trait_gaps
from otklik.content.media import http as media_http
from otklik.content.model import (
    Letter,
    LetterKind,
    LetterProblem,
    LetterSource,
    Level,
    Part,
    Reference,
)
from otklik.content.preview import (
    make_many,
    make_preview,
    make_trial,
    nothing_known,
)
from otklik.content.ready import get_letter, ready_source
from otklik.content.shown import shown_context
from otklik.content.starter import Starter
from otklik.content.starters import shown_starters
from otklik.content.trial import TrialLetter, TrialResult, send_trial
from otklik.content.usage import letters_used_by
from otklik.content.variables import LetterVariable, letter_names, letter_variables
from otklik.kit.i18n import Lang
from otklik.kit.pagination import Page
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


class PreviewRequest(msgspec.Struct, forbid_unknown_fields=True):
    """`profile_ids`: up to six customers to see side by side; `empty`: also somebody of whom
    nothing is known. Both are answered in `people`."""

    source: Source
    kind: LetterKind = LetterKind.MJML
    subject: Line = ""
    preheader: Line = ""
    text: Source = ""
    amp: Source = ""
    profile_id: int | None = None
    profile_ids: Annotated[list[int], msgspec.Meta(max_length=6)] = []
    empty: bool = False


class TestRequest(msgspec.Struct, forbid_unknown_fields=True):
    addresses: Addresses
    profile_id: int | None = None


class ProblemView(msgspec.Struct):
    """`row_id` and `block_id`: the place in a block letter, where `line` is only of raw HTML."""

    level: Level
    code: str
    message: str
    line: int | None
    part: Part
    row_id: str | None = None
    block_id: str | None = None
    column: int | None = None


class PersonPreview(msgspec.Struct):
    """The letter of one person; `profile_id` null: of whom nothing is known. `problem`: why this
    letter can't be made."""

    profile_id: int | None
    html: str
    text: str
    subject: str
    preheader: str
    size_bytes: int
    problem: ProblemView | None


class PreviewView(msgspec.Struct):
    """`html` belongs into a frame with an empty `sandbox`."""

    html: str
    text: str
    subject: str
    preheader: str
    problems: list[ProblemView]
    size_bytes: int
    people: list[PersonPreview] = []


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
        context = await _context(rt, tx, who, now, lang, profile_id=profile_id)
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
        """Make an unsaved letter for customers, by the engine that sends, and check it."""
        written = LetterSource(
            data.kind, data.subject, data.source, data.preheader, data.text, data.amp
        )
        source = await ready_source(tx, workspace_id=who.workspace_id, source=written)

        async def of(profile_id: int | None) -> dict[str, Any]:
            return await _context(rt, tx, who, now, lang, profile_id=profile_id, source=source)

        context = await of(data.profile_id)
        people: list[tuple[int | None, dict[str, Any]]] = [
            (one, await of(one)) for one in dict.fromkeys(data.profile_ids)
        ]
        if data.empty:
            people.append((None, nothing_known(context)))
        known = await letter_names(tx, workspace_id=who.workspace_id)
        # A hostile template may take half a second before its limit ends it: not on the event loop.
        made = await asyncio.to_thread(make_preview, source, context, known)
        others = await asyncio.to_thread(make_many, source, [one for _, one in people])
        return PreviewView(
            html=made.html,
            text=made.text,
            subject=made.subject,
            preheader=made.preheader,
            problems=[_problem_view(found, lang) for found in made.problems],
            size_bytes=made.size_bytes,
            people=[
                PersonPreview(
                    profile_id=profile_id,
                    html=one.html,
                    text=one.text,
                    subject=one.subject,
                    preheader=one.preheader,
                    size_bytes=one.size_bytes,
                    problem=_problem_view(one.problems[0], lang) if one.problems else None,
                )
                for (profile_id, _), one in zip(people, others, strict=False)
            ],
        )

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

    @post(
        "/{letter_id:uuid}/check-links",
        operation_id="check_letter_links",
        status_code=200,
        guards=[requires(Permission.EDIT)],
    )
    async def check_letter_links(
        self, letter_id: FromPath[UUID], who: Who, rt: Rt, lang: ReaderLang
    ) -> list[LinkStatus]:
        """Ask the first 20 addresses of a letter whether they answer; nothing waits for it."""
        async with rt.db.begin() as tx:
            letter = await get_letter(tx, workspace_id=who.workspace_id, letter_id=letter_id)
        urls = await asyncio.to_thread(web_links, letter.as_source)
        return await check_links(rt.outgoing, urls, lang=lang)

    @get(
        "/{letter_id:uuid}/gaps",
        operation_id="list_letter_gaps",
        guards=[requires(Permission.VIEW)],
    )
    async def list_letter_gaps(
        self, letter_id: FromPath[UUID], tx: OpenTx, who: Who, rt: Rt
    ) -> list[TraitGap]:
        """Traits and events that the letter shows without a default, and how many lack each."""
        letter = await get_letter(tx, workspace_id=who.workspace_id, letter_id=letter_id)
        compiled = await asyncio.to_thread(compile_letter, letter.as_source)
        return await trait_gaps(rt, workspace_id=who.workspace_id, traits=bare_traits(compiled))

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
            letter = await get_letter(tx, workspace_id=who.workspace_id, letter_id=letter_id)
            context = await _context(
                rt, tx, who, now, lang, profile_id=data.profile_id, source=letter.as_source
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
                amp=made.amp,
            ),
        )


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
    Starters,
    *blocks_http.HANDLERS,
    *media_http.HANDLERS,
    *feeds_http.HANDLERS,
]
PUBLIC_HANDLERS: list[Any] = [*media_http.PUBLIC_HANDLERS]


def _problem_view(found: LetterProblem, lang: Lang) -> ProblemView:
    return ProblemView(
        level=found.level,
        code=found.code,
        message=found.message(lang),
        line=found.line,
        part=found.part,
        row_id=found.row_id,
        block_id=found.block_id,
        column=found.column,
    )


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


async def _context(
    rt: Runtime,
    tx: Tx,
    who: Principal,
    now: datetime,
    lang: Lang,
    *,
    profile_id: int | None,
    source: LetterSource | None = None,
) -> dict[str, Any]:
    return await shown_context(
        rt,
        tx,
        workspace_id=who.workspace_id,
        profile_id=profile_id,
        now=now,
        lang=lang,
        source=source,
    )
