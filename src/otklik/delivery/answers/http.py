"""Answers over HTTP: from inside a letter (AMP), and from a page with the same form.

A mail service sends what its reader answered and wants to hear that the sender agrees. Both
versions of its protocol are spoken (amp.dev, “CORS in AMP for Email”):

    version 2: AMP-Email-Sender: news@shop.ru → AMP-Email-Allow-Sender: news@shop.ru
    version 1: Origin and ?__amp_source_origin=news@shop.ru → Access-Control-Allow-Origin,
               AMP-Access-Control-Allow-Source-Origin, Access-Control-Expose-Headers
"""

from datetime import datetime
from typing import Any

import msgspec
from litestar import HttpMethod, Request, Response, get, post, route
from litestar.params import FromPath

from otklik.channels.email.public import list_senders
from otklik.delivery import pages as reader_pages
from otklik.delivery.answers import pages
from otklik.delivery.answers.errors import AnswerIncomplete, NothingToAnswer, TooManyAnswers
from otklik.delivery.answers.limits import may_answer
from otklik.delivery.answers.operations import take_answer, what_is_asked
from otklik.delivery.operations import preferences
from otklik.delivery.reader_http import (
    NO_STORE,
    PUBLIC,
    ReaderLetter,
    letter_of,
    page,
    posted_fields,
    reader_lang,
)
from otklik.delivery.tokens import ANSWER
from otklik.kit.errors import OtklikError
from otklik.kit.i18n import Lang
from otklik.privacy.public import Topic
from otklik.runtime.public import Runtime, Tx
from otklik.runtime.web.edge import client_ip
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt

TRIAL_TOKEN = "preview"  # noqa: S105 (the address in test letters; it opens nothing)
BODY_BYTES_MAX = 30 * 1024
"""What an event may hold, about."""
_SENDER_MAX = 320
_SAMPLE_TOPICS: dict[Lang, tuple[str, ...]] = {
    "en": ("News", "Sales"),
    "ru": ("Новости", "Скидки"),
}


class _TopicItem(msgspec.Struct):
    id: str
    name: str
    wanted: bool


class _Said(msgspec.Struct):
    """What amp-mustache of a form shows."""

    message: str


class _Topics(msgspec.Struct):
    items: list[_TopicItem]


@get("/a/{token:str}", **PUBLIC)
async def answer_page(
    request: Request[Any, Any, Any],
    *,
    token: FromPath[str],
    rt: Rt,
    tx: OpenTx,
    now: Now,
    lang: ReaderLang,
) -> Response[str]:
    """Show the form of a letter as a page; a GET changes nothing."""
    if token == TRIAL_TOKEN:
        return page(pages.trial_page(lang=lang), 200)
    found = await letter_of(request, rt, tx, purpose=ANSWER, token=token)
    if found is None:
        return page(reader_pages.broken_page(lang=lang), 404)
    try:
        asked = await what_is_asked(rt, tx, ref=found.ref, now=now)
    except NothingToAnswer:
        return page(reader_pages.broken_page(lang=lang, gone=True), 410)
    lang = reader_lang(request, lang, found.workspace.lang)
    return page(pages.form_page(lang=lang, forms=asked.forms, look=found.look), 200)


@post("/a/{token:str}", status_code=200, request_max_body_size=BODY_BYTES_MAX, **PUBLIC)
async def answer(
    request: Request[Any, Any, Any],
    *,
    token: FromPath[str],
    rt: Rt,
    tx: OpenTx,
    now: Now,
    lang: ReaderLang,
) -> Response[Any]:
    """Take an answer: from a mail service as AMP, from the page as a form."""
    is_amp = _is_amp(request)
    if token == TRIAL_TOKEN:
        if is_amp:
            return _json(_Said(pages.TRIAL.of(lang)), 200, _agreed(request))
        return page(pages.trial_page(lang=lang), 200)
    found = await letter_of(request, rt, tx, purpose=ANSWER, token=token)
    if found is None:
        return _gone(lang) if is_amp else page(reader_pages.broken_page(lang=lang), 404)
    own = found.workspace.lang if is_amp else reader_lang(request, lang, found.workspace.lang)
    headers = await _agreement(request, tx, found) if is_amp else {}
    if headers is None:
        return _refused(own)
    posted: dict[str, list[str]] = {}
    try:
        if not await _may_answer(tx, found, now):
            raise TooManyAnswers()
        posted = await posted_fields(request)
        await take_answer(rt, tx, ref=found.ref, posted=posted, now=now)
    except (AnswerIncomplete, NothingToAnswer, TooManyAnswers) as error:
        if is_amp:
            return _json(_Said(error.text(own)), error.status, headers)
        return await _told(rt, tx, found, error, own, posted, now)
    if is_amp:
        return _json(_Said(pages.THANKS.of(own)), 200, headers)
    return page(pages.thanks_page(lang=own, look=found.look), 200)


@get("/a/{token:str}/topics", **PUBLIC)
async def reader_topics(
    request: Request[Any, Any, Any],
    *,
    token: FromPath[str],
    rt: Rt,
    tx: OpenTx,
    now: Now,
    lang: ReaderLang,
) -> Response[Any]:
    """Tell a letter which topics there are and which of them its reader hears of."""
    if token == TRIAL_TOKEN:
        items = [_TopicItem(str(n), name, True) for n, name in enumerate(_SAMPLE_TOPICS[lang])]
        return _json(_Topics(items), 200, _agreed(request))
    found = await letter_of(request, rt, tx, purpose=ANSWER, token=token)
    if found is None:
        return _gone(lang)
    headers = await _agreement(request, tx, found) if _is_amp(request) else {}
    if headers is None:
        return _refused(found.workspace.lang)
    chosen = await preferences.read_preferences(tx, ref=found.ref, now=now)
    names = {choice.topic.id: choice.topic.name for choice in chosen.topics}
    items = [
        _TopicItem(str(one.topic.id), _full_name(one.topic, names), one.wanted)
        for one in chosen.topics
    ]
    return _json(_Topics(items), 200, headers)


@post("/a/{token:str}/topics", status_code=200, request_max_body_size=BODY_BYTES_MAX, **PUBLIC)
async def choose_topics(
    request: Request[Any, Any, Any],
    *,
    token: FromPath[str],
    rt: Rt,
    tx: OpenTx,
    now: Now,
    lang: ReaderLang,
) -> Response[Any]:
    """Let the topics come that a reader ticked inside his letter, and no others."""
    if token == TRIAL_TOKEN:
        return _json(_Said(pages.TRIAL.of(lang)), 200, _agreed(request))
    found = await letter_of(request, rt, tx, purpose=ANSWER, token=token)
    if found is None:
        return _gone(lang)
    own = found.workspace.lang
    headers = await _agreement(request, tx, found) if _is_amp(request) else None
    if headers is None:
        return _refused(own)
    if not await _may_answer(tx, found, now):
        too_many = TooManyAnswers()
        return _json(_Said(too_many.text(own)), too_many.status, headers)
    known = await preferences.read_preferences(tx, ref=found.ref, now=now)
    ticked = set((await posted_fields(request)).get("topic", []))
    await preferences.choose_topics(
        tx,
        rt.bus,
        ref=found.ref,
        wanted={one.topic.id for one in known.topics if str(one.topic.id) in ticked},
        ip=client_ip(request.scope, rt.settings.trusted_proxies) or None,
        now=now,
    )
    return _json(_Said(pages.SAVED.of(own)), 200, headers)


@route(["/a/{token:str}", "/a/{token:str}/topics"], http_method=HttpMethod.OPTIONS, **PUBLIC)
async def answer_preflight(request: Request[Any, Any, Any]) -> Response[None]:
    """Let a mail client in a browser send the header of version 2."""
    headers = {
        **NO_STORE,
        "Access-Control-Allow-Origin": request.headers.get("origin", "*"),
        "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
        "Access-Control-Allow-Headers": "AMP-Email-Sender, Content-Type",
        "Access-Control-Max-Age": "86400",
        "Vary": "Origin",
    }
    return Response(None, status_code=204, headers=headers)


# The first of an address decides who answers OPTIONS there.
PUBLIC_HANDLERS: list[Any] = [
    answer_preflight,
    answer_page,
    answer,
    reader_topics,
    choose_topics,
]


def _sender_of(request: Request[Any, Any, Any]) -> str:
    """Return the sender that the mail service names, by either version; "" for none."""
    second = request.headers.get("amp-email-sender", "").strip()
    if second:
        return second[:_SENDER_MAX]
    first = request.query_params.get("__amp_source_origin", "")
    return str(first).strip()[:_SENDER_MAX] if request.headers.get("origin") else ""


def _is_amp(request: Request[Any, Any, Any]) -> bool:
    return bool(_sender_of(request))


def _agreed(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Return the headers that say yes to the sender of the request."""
    sender = _sender_of(request)
    if not sender or not sender.isascii() or not sender.isprintable():
        return {}
    headers = {"AMP-Email-Allow-Sender": sender, "Vary": "Origin, AMP-Email-Sender"}
    origin = request.headers.get("origin", "")
    if origin:
        exposed = ["AMP-Email-Allow-Sender"]
        headers["Access-Control-Allow-Origin"] = origin
        if request.query_params.get("__amp_source_origin"):
            headers["AMP-Access-Control-Allow-Source-Origin"] = sender
            exposed.append("AMP-Access-Control-Allow-Source-Origin")
        headers["Access-Control-Expose-Headers"] = ", ".join(exposed)
    return headers


async def _agreement(
    request: Request[Any, Any, Any], tx: Tx, found: ReaderLetter
) -> dict[str, str] | None:
    """Return the headers for a sender of the workspace, None for anybody else."""
    senders = await list_senders(tx, workspace_id=found.workspace.id)
    known = {sender.address.casefold() for sender in senders}
    return _agreed(request) if _sender_of(request).casefold() in known else None


async def _may_answer(tx: Tx, found: ReaderLetter, now: datetime) -> bool:
    ref = found.ref
    return await may_answer(tx, workspace_id=ref.workspace_id, message_id=ref.message_id, now=now)


async def _told(
    rt: Runtime,
    tx: Tx,
    found: ReaderLetter,
    error: OtklikError,
    lang: Lang,
    posted: dict[str, list[str]],
    now: datetime,
) -> Response[Any]:
    """Say on the page what is wrong with an answer."""
    if isinstance(error, NothingToAnswer):
        return page(reader_pages.broken_page(lang=lang, gone=True), 410)
    asked = await what_is_asked(rt, tx, ref=found.ref, now=now)
    shown = pages.form_page(
        lang=lang,
        forms=asked.forms,
        look=found.look,
        problem=error.text(lang),
        posted=posted,
    )
    return page(shown, error.status)


def _full_name(topic: Topic, names: dict[Any, str]) -> str:
    parent = names.get(topic.parent_id)
    return f"{parent} / {topic.name}" if parent else topic.name


def _gone(lang: Lang) -> Response[Any]:
    return _json(_Said(NothingToAnswer().text(lang)), 404, {})


def _refused(lang: Lang) -> Response[Any]:
    """Without the headers a mail service shows its own words; these are for who looks closer."""
    said = {
        "en": "This sender may not ask here.",
        "ru": "Этому отправителю здесь не отвечают.",
    }
    return _json(_Said(said[lang]), 403, {})


def _json(body: _Said | _Topics, status: int, headers: dict[str, str]) -> Response[Any]:
    return Response(
        msgspec.json.encode(body),
        status_code=status,
        media_type="application/json",
        headers={**NO_STORE, **headers},
    )
