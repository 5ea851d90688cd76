"""Trying a letter before it goes: a preview, its links, what people lack, a test to oneself."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody

from otklik.accounts.public import Permission, Who, requires
from otklik.content.check_links import LinkStatus, check_links, web_links
from otklik.content.engine.compiler import compile_letter
from otklik.content.gaps import TraitGap, bare_traits, trait_gaps
from otklik.content.model import LetterKind, LetterProblem, LetterSource, Level, Part
from otklik.content.preview import make_many, make_preview, make_trial, nothing_known
from otklik.content.ready import get_letter, ready_source
from otklik.content.shown import shown_context
from otklik.content.trial import TrialLetter, TrialResult, send_trial
from otklik.content.variables import letter_names
from otklik.kit.i18n import Lang
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt

Line = Annotated[str, msgspec.Meta(max_length=1_000)]
# Larger texts are refused by the engine with a message that names the limit.
Source = Annotated[str, msgspec.Meta(max_length=1_000_000)]
Addresses = Annotated[list[str], msgspec.Meta(min_length=1, max_length=10)]


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


class Trials(Controller):
    path = "/letters"
    tags = ["Letters"]

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
            return await shown_context(
                rt,
                tx,
                workspace_id=who.workspace_id,
                profile_id=profile_id,
                now=now,
                lang=lang,
                source=source,
            )

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
            context = await shown_context(
                rt,
                tx,
                workspace_id=who.workspace_id,
                profile_id=data.profile_id,
                now=now,
                lang=lang,
                source=letter.as_source,
            )
        made = await asyncio.to_thread(make_trial, letter.as_source, context)
        return await send_trial(
            rt,
            TrialLetter(
                workspace_id=who.workspace_id,
                lang=lang,
                addresses=tuple(data.addresses),
                subject=made.subject,
                text=made.text,
                html=made.html,
                amp=made.amp,
            ),
        )


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
