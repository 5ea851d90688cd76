"""Delivery over HTTP: the links of letters, open to everybody, and the messages of a person."""

import base64
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, HttpMethod, Request, Response, get, post, route
from litestar.params import FromPath, FromQuery, Parameter

from otklik.accounts.public import Permission, Who, requires
from otklik.delivery import pages, queries
from otklik.delivery.errors import BadTrackingLink, MailingNotFound
from otklik.delivery.model import LeavingReason, ProfileMessage
from otklik.delivery.operations import preferences
from otklik.delivery.operations.company import source_of
from otklik.delivery.operations.tracking import RawHit, accept_hit, unsubscribe_by_message
from otklik.delivery.policy.http import HANDLERS as POLICY_HANDLERS
from otklik.delivery.reader_http import (
    NO_STORE,
    PUBLIC,
    TOKEN_MAX,
    ReaderLetter,
    letter_of,
    page,
    posted_fields,
    reader_lang,
)
from otklik.delivery.reports_http import HANDLERS as REPORTS_HANDLERS
from otklik.delivery.reports_http import PUBLIC_HANDLERS as REPORTS_PUBLIC_HANDLERS
from otklik.delivery.tokens import (
    HONEYPOT,
    OPEN,
    UNSUBSCRIBE,
    MessageRef,
    read_click_token,
    read_message_token,
)
from otklik.kit.i18n import Lang
from otklik.kit.pagination import Page
from otklik.privacy.public import TopicNotFound, get_topic
from otklik.profiles.public import get_profile
from otklik.runtime.public import BadSignature, Runtime, Tx
from otklik.runtime.web.edge import client_ip, lone_client_ip
from otklik.runtime.web.hosts import is_of_host
from otklik.runtime.web.providers import Now, OpenTx, ReaderLang, Rt

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


@route("/t/o/{name:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], **PUBLIC)
async def open_pixel(
    request: Request[Any, Any, Any], name: FromPath[str], rt: Rt, now: Now
) -> Response[bytes]:
    """Note an opening. The picture comes even for a damaged token: a reader shall see no hole."""
    try:
        ref = read_message_token(rt.signer, OPEN, name.removesuffix(".gif")[:TOKEN_MAX])
    except (BadSignature, BadTrackingLink):
        ref = None
    if ref is None or not is_of_host(request, ref.workspace_id):
        return Response(PIXEL, media_type="image/gif", status_code=404, headers=NO_STORE)
    async with rt.db.begin() as tx:
        await accept_hit(tx, ref=ref, hit=_hit(request, rt, ref, "open", now), now=now)
    return Response(PIXEL, media_type="image/gif", headers=NO_STORE)


@route("/t/c/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], **PUBLIC)
async def click(
    request: Request[Any, Any, Any], token: FromPath[str], rt: Rt, now: Now, lang: ReaderLang
) -> Response[Any]:
    """Note a click and send the reader to the address that the letter had, and to no other."""
    try:
        ref = read_click_token(rt.signer, token[:TOKEN_MAX])
    except (BadSignature, BadTrackingLink):
        return page(pages.broken_page(lang=lang), 404)
    if not is_of_host(request, ref.message.workspace_id):
        return page(pages.broken_page(lang=lang), 404)
    async with rt.db.begin() as tx:
        url = ref.url or await queries.link_address(
            tx, mailing_id=ref.message.mailing_id, variant=ref.variant, link=ref.link
        )
        hit = _hit(request, rt, ref.message, "click", now, link=ref.link, url=url or "")
        await accept_hit(tx, ref=ref.message, hit=hit, now=now)
    if ref.link == HONEYPOT:
        return Response(b"", status_code=204, headers=NO_STORE)
    if url is None:
        return page(pages.broken_page(lang=lang, gone=True), 410)
    if not url.lower().startswith(("http://", "https://")) or not url.isprintable():
        return page(pages.broken_page(lang=lang), 404)
    return Response(b"", status_code=302, headers={**NO_STORE, "Location": _header_url(url)})


@get("/u/{token:str}", **PUBLIC)
async def unsubscribe_page(
    request: Request[Any, Any, Any], token: FromPath[str], rt: Rt, tx: OpenTx, lang: ReaderLang
) -> Response[str]:
    """Ask whether to unsubscribe. Mail scanners open every link, so a GET changes nothing."""
    found = await _letter_of(request, rt, tx, token)
    if found is None:
        return page(pages.broken_page(lang=lang), 404)
    return page(
        pages.confirm_page(
            lang=reader_lang(request, lang, found.workspace.lang),
            workspace=found.workspace.name,
            topic=found.topic,
            preferences=f"/p/{token}",
            look=found.look,
        ),
        200,
    )


@post("/u/{token:str}", status_code=200, **PUBLIC)
async def unsubscribe(
    request: Request[Any, Any, Any],
    *,
    token: FromPath[str],
    rt: Rt,
    tx: OpenTx,
    now: Now,
    lang: ReaderLang,
) -> Response[str]:
    """Unsubscribe: by the button of the page, or by a mail program's one click (RFC 8058)."""
    found = await _letter_of(request, rt, tx, token)
    if found is None:
        return page(pages.broken_page(lang=lang), 404)
    form = await _form(request)
    return await _leave(
        request,
        rt,
        tx,
        found,
        everything=form.get("scope") == ["all"],
        one_click=form.get("List-Unsubscribe") == ["One-Click"],
        lang=reader_lang(request, lang, found.workspace.lang),
        preferences=f"/p/{token}",
        now=now,
    )


@get("/p/{token:str}", **PUBLIC)
async def preferences_page(
    request: Request[Any, Any, Any],
    *,
    token: FromPath[str],
    rt: Rt,
    tx: OpenTx,
    now: Now,
    lang: ReaderLang,
) -> Response[str]:
    """Show a reader what he has chosen; a GET changes nothing."""
    found = await _letter_of(request, rt, tx, token)
    if found is None:
        return page(pages.broken_page(lang=lang), 404)
    chosen = await preferences.read_preferences(tx, ref=found.ref, now=now)
    return page(
        pages.preferences_page(
            lang=reader_lang(request, lang, found.workspace.lang),
            workspace=found.workspace.name,
            chosen=chosen,
            zone=found.workspace.timezone,
            look=found.look,
        ),
        200,
    )


@post("/p/{token:str}", status_code=200, **PUBLIC)
async def change_preferences(
    request: Request[Any, Any, Any],
    *,
    token: FromPath[str],
    rt: Rt,
    tx: OpenTx,
    now: Now,
    lang: ReaderLang,
) -> Response[str]:
    """Do what a reader chose: topics, a pause or its end, nothing more at all, or why he leaves."""
    found = await _letter_of(request, rt, tx, token)
    if found is None:
        return page(pages.broken_page(lang=lang), 404)
    lang = reader_lang(request, lang, found.workspace.lang)
    form = await _form(request)
    ip = client_ip(request.scope, rt.settings.trusted_proxies) or None
    ref, here, look = found.ref, f"/p/{token}", found.look
    match form.get("action"):
        case ["save"]:
            wanted = _uuids(form.get("topic", []))
            await preferences.choose_topics(tx, rt.bus, ref=ref, wanted=wanted, ip=ip, now=now)
            return page(pages.saved_page(lang=lang, preferences=here, look=look), 200)
        case ["pause"]:
            until = await preferences.take_pause(tx, ref=ref, now=now)
            paused = pages.paused_page(
                lang=lang,
                workspace=found.workspace.name,
                until=until,
                zone=found.workspace.timezone,
                preferences=here,
                look=look,
            )
            return page(paused, 200)
        case ["resume"]:
            await preferences.end_pause(tx, ref=ref, now=now)
            return page(pages.resumed_page(lang=lang, preferences=here, look=look), 200)
        case ["all"]:
            return await _leave(
                request,
                rt,
                tx,
                found,
                everything=True,
                one_click=False,
                lang=lang,
                preferences=here,
                now=now,
            )
        case ["why"] if (why := form.get("why", [""])[0]) in set(LeavingReason):
            await preferences.tell_why(tx, ref=ref, why=LeavingReason(why), now=now)
            return page(pages.thanks_page(lang=lang, look=look), 200)
        case _:
            return page(pages.broken_page(lang=lang), 400)


class ProfileMessages(Controller):
    path = "/profiles/{profile_id:int}/messages"
    tags = ["Profiles"]
    guards = [requires(Permission.VIEW)]

    @get("/", operation_id="list_profile_messages")
    async def list_messages(
        self,
        *,
        profile_id: FromPath[int],
        tx: OpenTx,
        who: Who,
        lang: ReaderLang,
        cursor: FromQuery[str | None] = None,
        limit: Annotated[int, Parameter(ge=1, le=200)] = 50,
    ) -> Page[ProfileMessage]:
        """Messages of a person with their fate, also those that were held back, and why."""
        card = await get_profile(tx, workspace_id=who.workspace_id, profile_id=profile_id)
        return await queries.profile_messages(
            tx,
            workspace_id=who.workspace_id,
            profile_ids=[card.id, *card.merged_from],
            lang=lang,
            cursor=cursor,
            limit=limit,
        )


PUBLIC_HANDLERS: list[Any] = [
    open_pixel,
    click,
    unsubscribe_page,
    unsubscribe,
    preferences_page,
    change_preferences,
    *REPORTS_PUBLIC_HANDLERS,
]
HANDLERS: list[Any] = [ProfileMessages, *POLICY_HANDLERS, *REPORTS_HANDLERS]


class _Letter(ReaderLetter, frozen=True):
    """`topic`: the name of the mailing's."""

    topic: str | None


async def _letter_of(
    request: Request[Any, Any, Any], rt: Runtime, tx: Tx, token: str
) -> _Letter | None:
    """Return the message of a token with the topic of its mailing; None for a token of nobody."""
    found = await letter_of(request, rt, tx, purpose=UNSUBSCRIBE, token=token)
    if found is None:
        return None
    topic = None
    try:
        mailing = await queries.mailing_by_number(tx, mailing_id=found.ref.mailing_id)
        if mailing.topic_id is not None:
            workspace_id = found.ref.workspace_id
            known = await get_topic(tx, workspace_id=workspace_id, topic_id=mailing.topic_id)
            topic = known.name
    except MailingNotFound:
        return None
    except TopicNotFound:
        topic = None
    return _Letter(found.ref, found.workspace, found.look, topic)


async def _leave(
    request: Request[Any, Any, Any],
    rt: Runtime,
    tx: Tx,
    found: _Letter,
    *,
    everything: bool,
    one_click: bool,
    lang: Lang,
    preferences: str,
    now: datetime,
) -> Response[str]:
    """Unsubscribe the reader of a letter and show him that it is done."""
    await unsubscribe_by_message(
        tx,
        rt.bus,
        ref=found.ref,
        everything=everything,
        one_click=one_click,
        ip=client_ip(request.scope, rt.settings.trusted_proxies) or None,
        now=now,
    )
    done = pages.done_page(
        lang=lang,
        workspace=found.workspace.name,
        topic=None if everything else found.topic,
        preferences=preferences,
        look=found.look,
    )
    return page(done, 200)


async def _form(request: Request[Any, Any, Any]) -> dict[str, list[str]]:
    fields = await posted_fields(request)
    return {name: [value.strip() for value in values] for name, values in fields.items()}


def _uuids(texts: list[str]) -> set[UUID]:
    found = set()
    for text in texts:
        try:
            found.add(UUID(text))
        except ValueError:
            continue
    return found


def _hit(
    request: Request[Any, Any, Any],
    rt: Runtime,
    ref: MessageRef,
    kind: str,
    now: datetime,
    *,
    link: int = 0,
    url: str = "",
) -> RawHit:
    ip = lone_client_ip(request.scope, rt.settings.trusted_proxies)
    return RawHit(
        kind=kind,
        link=link,
        url=url,
        method=request.method,
        user_agent=request.headers.get("user-agent", ""),
        headers=dict(request.headers),
        source=source_of(rt.signer, workspace_id=ref.workspace_id, ip=ip, now=now),
    )


def _header_url(url: str) -> str:
    """Return a URL that may stand in a header: other letters than ASCII are percent-encoded."""
    from urllib.parse import quote

    return quote(url, safe="%/:=&?~#+!$,;'@()*[]")
